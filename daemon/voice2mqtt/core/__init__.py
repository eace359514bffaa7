"""The words everybody shares, as values and ports. No I/O, no clock, no threads."""
