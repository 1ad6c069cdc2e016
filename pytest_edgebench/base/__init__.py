"""What every room may use: the exceptions, git, names, files that are written."""
