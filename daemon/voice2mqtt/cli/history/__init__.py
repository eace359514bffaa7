"""Commands about what was heard: show it, review it, train with it."""
