"""The libraries that do the work of a step, one file each."""
