"""The pages of the documentation; ``edgebench docs PAGE`` prints one."""
