"""Text normalisation: words, numbers, amounts and times, as a token lattice."""
