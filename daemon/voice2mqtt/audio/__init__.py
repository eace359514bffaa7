"""From a microphone or a WAV file to utterances: capture, ring buffer, endpointer."""
