"""Pure functions: numbers in, verdict out."""
