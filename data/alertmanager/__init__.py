"""The client of an Alertmanager (API v2)."""
