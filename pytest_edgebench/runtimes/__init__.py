"""One file for each runtime, loaded by path in the worker; they import only numpy and their runtime."""
