"""Text to decision: templates, numbers, sounds, scoring and policy. Pure."""
