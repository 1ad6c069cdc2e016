"""Labelled data and scores."""
