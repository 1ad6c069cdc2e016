"""Keyword spotting: the reference model of MLPerf Tiny, and a small one trained here on spoken digits."""
