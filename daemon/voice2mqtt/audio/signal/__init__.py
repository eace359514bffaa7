"""What can be told from the samples alone: level, speech, faults of a microphone."""
