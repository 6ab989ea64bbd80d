"""The screen of one run: its current step large, what comes next, one key to do it."""
