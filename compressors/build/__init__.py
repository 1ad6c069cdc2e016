"""From a recipe to a file: the order of work, export, keys."""
