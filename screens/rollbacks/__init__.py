"""The screen of requests: what waits for other people's approval, and what became of it."""
