"""A small transformer over bytes that tells languages apart, compressed and judged."""
