"""What a target needs and this environment cannot hold: how it is made."""
