"""pytest fails when a model change breaks a promise made to a device."""
