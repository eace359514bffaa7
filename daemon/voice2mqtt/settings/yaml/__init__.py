"""YAML documents whose values know their place, and their faults."""
