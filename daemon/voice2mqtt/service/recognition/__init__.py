"""The Speech services of the settings: made, watched and metered."""
