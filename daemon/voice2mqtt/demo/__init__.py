"""`voice2mqtt demo`: every part on this machine, with or without a microphone."""
