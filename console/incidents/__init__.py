"""Incidents: severity, roles, lifecycle, times, timeline."""
