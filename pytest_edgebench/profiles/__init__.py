"""Hardware targets as data."""
