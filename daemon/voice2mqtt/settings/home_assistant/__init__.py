"""Home Assistant's custom sentences as a command table."""
