"""Messages to the broker: link, outbox, control topics, Home Assistant discovery."""
