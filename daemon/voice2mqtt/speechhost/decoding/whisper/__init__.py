"""Whisper: speech of some hundred languages, and which sentences of a table it may be."""
