"""Playbooks that run: what happens to a run, who drives it, and what each kind of step does."""
