"""Telling people: templates, what is filled into them, and messages that go out at most once."""
