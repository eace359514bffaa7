"""Text to decision. Pure: no I/O, no clock, no threads, no logging; time is an argument."""
