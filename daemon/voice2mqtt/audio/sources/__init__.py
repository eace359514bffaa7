"""Where audio comes from: an ALSA device, a WAV file, a pipe."""
