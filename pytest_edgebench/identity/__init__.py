"""What a value is made of: digests of data, code, files."""
