"""Audio to text: the engines, their decoders and their scores."""
