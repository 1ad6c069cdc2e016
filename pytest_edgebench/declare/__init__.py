"""What a user writes: models, recipes, budgets, and the matrix they span."""
