"""The sentences of a table that sound most like what was heard."""
