"""Values and interfaces that all rooms share. No I/O, no clock, no threads."""
