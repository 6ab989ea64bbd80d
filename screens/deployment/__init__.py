"""One deployment: its state, its checks, its build with the live log."""
