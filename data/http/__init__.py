"""The transport under every HTTP client: see :mod:`data.http.transport`."""

from __future__ import annotations

from data.http.host import TransportHealth
from data.http.secret import Secret
from data.http.service import Answer, Call, Request, Service, TransportError
from data.http.transport import Limits, Transport, user_agent

__all__ = [
    "Answer",
    "Call",
    "Limits",
    "Request",
    "Secret",
    "Service",
    "Transport",
    "TransportError",
    "TransportHealth",
    "user_agent",
]
