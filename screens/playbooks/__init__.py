"""The screen of playbooks: look for one, and read what it says and does."""
