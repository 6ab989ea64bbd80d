"""Which scenario shows the situation that a shipped playbook is for."""

from __future__ import annotations

from collections.abc import Mapping

SITUATIONS: Mapping[str, str] = {
    "bad-flag": "bad-flag",
    "canary-high-error-rate": "error-spike",
    "canary-slow": "latency-regression",
    "database-migration": "database-migration",
    "generic-triage": "harm-conversion",
    "metrics-lost": "metrics-lost",
    "preview-exposure": "preview-exposure",
    "production-down": "production-down",
    "upstream-outage": "upstream-outage",
}
"""Playbook → scenario."""
