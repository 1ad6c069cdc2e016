"""Benchmark suites on real data, runnable by pytest."""
