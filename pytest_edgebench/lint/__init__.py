"""What is known to go wrong with a recipe on a target."""
