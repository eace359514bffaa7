"""From utterances to outcomes, by the Azure Speech SDK."""
