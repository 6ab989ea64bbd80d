"""Alerts: what an Alertmanager says is firing, and silences."""
