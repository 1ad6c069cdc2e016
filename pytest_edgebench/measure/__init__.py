"""Making observations: the worker, its client, the locks."""
