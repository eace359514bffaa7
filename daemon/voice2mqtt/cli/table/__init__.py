"""`voice2mqtt table` and its subcommands."""
