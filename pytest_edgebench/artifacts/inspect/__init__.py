"""What is counted in a model file, one file per format and subject."""

COUNTER_VERSION = 3
"""Raised whenever a rule of counting changes: numbers of different versions are never compared.

1 counted at batch 1 with unknown operators as 0 multiply-accumulates; 2 counts at the lengths of the samples,
loops by their trips, names by graph, and says "at least" where something is not known;
3 goes through a graph in the order in which it runs, counts at the flags and numbers that each call is given,
and takes no scale of integers for a parameter.
"""
