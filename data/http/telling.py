"""What is told of a request to whoever keeps the calls: everything that helps, and no secret. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from console.calls import Call
from console.readings import Millis, Problem
from data.http.secret import HIDDEN
from data.http.service import Answer, Request, Service

LONGEST = 300
"""Characters of a path or query that are told."""

EFFECT = 0
"""In place of an attempt's number: what leaves once and never again."""

_SECRET_NAME = re.compile(
    r"(?i)token|secret|passw|passphrase|key|auth|credential|signature|sig$|bypass|cookie|session|code$"
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How one attempt ended. ``ms`` is ``None`` for what was held back."""

    at: Millis
    ms: float | None
    answer: Answer | None
    problem: Problem | None


def call_of(service: Service, origin: str, request: Request, attempt: int, ended: Ended) -> Call:
    """The attempt as it may be shown."""
    answer = ended.answer
    return Call(
        ended.at,
        service.name,
        request.method,
        service.clean(request.path, LONGEST),
        None if answer is None else answer.status,
        ended.problem,
        ended.ms or 0.0,
        host=service.clean(urlsplit(origin).netloc),
        query=shown_query(service, request.params),
        attempt=max(attempt, 1),
        size=0 if answer is None else len(answer.body),
        effect=attempt == EFFECT,
        held=ended.ms is None,
    )


def shown_query(service: Service, params: Iterable[tuple[str, str]]) -> str:
    """The query as one line: values under a name that may be a secret's are ``***``, and so is every
    secret of the service wherever it stands."""
    parts = (f"{name}={HIDDEN if _SECRET_NAME.search(name) else value}" for name, value in params)
    return service.clean("&".join(parts), LONGEST)
