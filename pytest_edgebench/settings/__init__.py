"""Options, ini keys and settings files as one frozen `Settings`."""
