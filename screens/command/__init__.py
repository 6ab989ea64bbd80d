"""The command line: `:` and what may be typed after it."""
