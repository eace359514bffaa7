"""MQTT discovery, by which Home Assistant finds a node."""
