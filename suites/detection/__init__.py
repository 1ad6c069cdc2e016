"""A small detector of digits on a canvas, compressed and judged."""
