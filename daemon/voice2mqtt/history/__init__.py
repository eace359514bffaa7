"""What was heard and decided, kept on disk for some days: written by the daemon, read by others."""
