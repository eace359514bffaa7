"""`voice2mqtt console` and the page beside the daemon."""
