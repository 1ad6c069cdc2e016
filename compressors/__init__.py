"""Compression steps, and the builder that applies them."""
