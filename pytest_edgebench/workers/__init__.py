"""The program that runs a model file, and how it is asked."""
