"""Recipes tried until one meets its budgets."""
