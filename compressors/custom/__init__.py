"""A user's own steps."""
