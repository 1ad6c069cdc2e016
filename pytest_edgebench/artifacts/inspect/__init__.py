"""What is counted in a model file, one file per format and subject."""

COUNTER_VERSION = 2
"""Raised whenever a rule of counting changes: numbers of different versions are never compared.

1 counted at batch 1 with unknown operators as 0 multiply-accumulates; 2 counts at the lengths of the samples,
loops by their trips, names by graph, and says "at least" where something is not known.
"""
