"""From the n-best list to the command that was meant: exactly, by sound, or none."""
