"""What is wrong with a command table although it parses."""
