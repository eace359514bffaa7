"""The host on its port: connections, admission, scheduling."""
