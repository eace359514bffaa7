"""What the samples alone tell: level, speech, faults of the microphone."""
