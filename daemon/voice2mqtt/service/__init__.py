"""A running daemon: composition, the loop, signals, systemd, the journal."""
