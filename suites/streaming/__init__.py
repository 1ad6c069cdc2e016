"""A small denoiser of speech that carries its state from call to call, compressed and judged."""
