"""Small models of motion and of heartbeats, compressed and judged."""
