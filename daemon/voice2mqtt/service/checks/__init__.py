"""What is wrong with machine, settings, sound, host, broker and service, and how to fix it."""
