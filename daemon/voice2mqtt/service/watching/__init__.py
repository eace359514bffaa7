"""What is told to a person who watches the daemon, by the page."""
