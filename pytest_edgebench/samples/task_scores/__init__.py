"""Scores of tasks other than classification, one file each."""
