"""Playbooks: Markdown that a person can follow, and that the console understands step by step."""
