"""What systemd is told and keeps: notifications, watchdog, journal."""
