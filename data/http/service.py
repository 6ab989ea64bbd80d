"""What the transport is asked and what it answers: services, requests, answers, errors."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from console.calls import Call as Call
from console.readings import Millis, Problem
from data.http.secret import Secret, plain, scrub


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A host the console talks to, with what it needs to be let in. Build it with :meth:`at`."""

    name: str
    """For sentences: ``Vercel``, ``Prometheus``."""
    base_url: str
    """Without credentials; its path is kept in front of every request's path."""
    headers: Mapping[str, str | Secret]
    secrets: tuple[str, ...] = field(repr=False)
    renew: str = "Check the credentials in the settings."
    """What a person does when the credentials are refused."""
    setting: str = "the address in the settings"
    """Where its address is configured."""

    @classmethod
    def at(
        cls,
        name: str,
        url: str,
        *,
        bearer: Secret | None = None,
        basic: tuple[str, Secret] | None = None,
        headers: Mapping[str, str | Secret] | None = None,
        renew: str = "Check the credentials in the settings.",
        setting: str = "the address in the settings",
    ) -> Service:
        """A service at ``url``; a user and password inside the URL are taken out of it and kept secret."""
        url, inside = _without_credentials(url.strip())
        all_headers: dict[str, str | Secret] = dict(headers or {})
        basic = basic or inside
        if bearer:
            all_headers["Authorization"] = Secret(f"Bearer {bearer.reveal()}")
        elif basic:
            pair = f"{basic[0]}:{basic[1].reveal()}"
            all_headers["Authorization"] = Secret("Basic " + base64.b64encode(pair.encode()).decode())
        secrets = [value.reveal() for value in all_headers.values() if isinstance(value, Secret)]
        secrets += [part.reveal() for part in (bearer, basic[1] if basic else None) if part]
        return cls(name, url, all_headers, tuple(secrets), renew, setting)

    def clean(self, text: str, limit: int = 200) -> str:
        """Text from outside for an error: without secrets, on one line, bounded."""
        return plain(scrub(text, self.secrets), limit)


def _without_credentials(url: str) -> tuple[str, tuple[str, Secret] | None]:
    try:
        parts = urlsplit(url)
        user, password = parts.username, parts.password
    except ValueError:
        return url, None
    if user is None and password is None:
        return url, None
    netloc = parts.netloc.rpartition("@")[2]
    clean = urlunsplit((parts.scheme, netloc, parts.path, parts.query, parts.fragment))
    return clean, (unquote(user or ""), Secret(unquote(password or "")))


@dataclass(frozen=True, slots=True)
class Request:
    """One request below a service's base URL. ``body`` goes out as it is, ``content_type`` beside it."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str | None = None
    safe: bool = False
    """Says of a method other than GET and HEAD that repeating it changes nothing."""
    bucket: str | None = None
    """Which of the host's rate limits it falls under; its path, if not said."""
    retries: int | None = None
    """How often it may be repeated, where that is less often than the transport would."""
    headers: tuple[tuple[str, str], ...] = ()
    """Beside the service's own; never a secret."""

    @property
    def repeatable(self) -> bool:
        return self.safe or self.method in ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``fault`` says that the body is not whole (cut off, too large, undecodable)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ms: float
    at: Millis
    retry_at: Millis | None = None
    """Until when the host asked us to stay away."""
    fault: Problem | None = None


class TransportError(Exception):
    """No answer. ``sent`` says whether the host may have seen the request."""

    def __init__(
        self, problem: Problem, *, sent: bool, transient: bool = False, timeout: bool = False
    ) -> None:
        super().__init__(f"{problem.what} {problem.next}")
        self.problem, self.sent, self.transient, self.timeout = problem, sent, transient, timeout


OnCall = Callable[[Call], None]
