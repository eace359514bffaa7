"""YAML to frozen settings and command table; every fault with its place and a hint."""
