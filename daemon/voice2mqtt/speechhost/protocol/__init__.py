"""The websocket protocol of the Speech service, host side. Pure."""
