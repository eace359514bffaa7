"""Utterances to outcomes, through the Azure Speech SDK."""
