"""What was not understood becomes a command: suggestions, edits of the table, undo."""
