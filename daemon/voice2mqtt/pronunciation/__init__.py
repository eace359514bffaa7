"""Words to phonemes, cached."""
