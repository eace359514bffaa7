"""What the house hears back: tones and spoken questions."""
