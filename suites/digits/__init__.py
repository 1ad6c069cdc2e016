"""Small models of handwritten digits, compressed and judged."""
