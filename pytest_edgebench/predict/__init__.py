"""Predicted latency: what a target that is not here would need, with an interval or a stated refusal."""
