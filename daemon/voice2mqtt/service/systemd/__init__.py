"""What concerns systemd: notifications, watchdog, journal."""
