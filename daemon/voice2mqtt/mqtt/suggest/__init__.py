"""A first command table for the devices that are on the broker."""
