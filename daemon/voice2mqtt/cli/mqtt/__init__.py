"""`voice2mqtt mqtt`."""
