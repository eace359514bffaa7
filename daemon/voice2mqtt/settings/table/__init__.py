"""`commands.yaml` as a command table."""
