"""Commands that guide a person: set-up, doctor, completion."""
