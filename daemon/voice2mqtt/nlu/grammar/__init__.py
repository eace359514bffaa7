"""The command table as values, its templates, and the automaton compiled from them."""
