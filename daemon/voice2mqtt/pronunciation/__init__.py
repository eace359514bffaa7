"""Words to phonemes, by espeak-ng or by letters."""
