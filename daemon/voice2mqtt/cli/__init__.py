"""A person at a prompt: one file per command; the only place that prints or exits."""
