"""One case, from its recipe to its verdict."""
