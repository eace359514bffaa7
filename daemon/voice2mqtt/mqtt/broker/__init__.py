"""The connection to the broker, and the messages that wait for it."""
