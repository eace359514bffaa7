"""What the software reaches, measured. `script/bench NAME` runs the module of that name."""
