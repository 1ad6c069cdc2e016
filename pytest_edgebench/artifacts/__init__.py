"""Built model files: identity, cache, and what is in them."""
