"""What a conversation adds: wake phrase, open questions, consent, policy."""
