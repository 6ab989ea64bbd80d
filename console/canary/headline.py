"""The metrics that have a place of their own, by their ids."""

from __future__ import annotations

HEADLINE = ("error_rate", "latency_p95", "request_rate")
"""What the release screen draws and the judge of limits judges."""

PROBED = "probe_failures"
"""What our own probes measure, where they are set up: no metrics source is asked for it."""
