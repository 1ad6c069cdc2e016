"""What the cache is made of: staging, files by digest, index cards with their seal, small results."""
