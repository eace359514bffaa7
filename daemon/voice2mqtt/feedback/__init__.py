"""Acoustic feedback: tones and spoken questions."""
