"""A small language model over bytes, whole windows and token by token, compressed and judged."""
