"""Dialogue state: wake phrase, open questions, consent and policy."""
