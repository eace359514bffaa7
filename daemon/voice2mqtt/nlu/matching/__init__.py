"""Which commands a list of hypotheses may mean: exactly, by sound, or none."""
