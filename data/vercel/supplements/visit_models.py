"""What Web Analytics answers (``/v1/query/web-analytics``): numbers, and the span that they really are of."""

# ruff: noqa: N815 - the fields are named as Vercel names them

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from console.canary.measures import Window
from console.readings import Millis
from data.vercel.models import Wire

Number = Annotated[float, Field(ge=0)]


def _millis(text: str) -> Millis:
    at = datetime.fromisoformat(text)
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


class Answered(Wire):
    """What was asked, as Vercel understood it: it may widen a span to its own grain."""

    since: str
    until: str

    def window(self) -> Window:
        """Raises ``ValueError`` for what are no moments, or none in their order."""
        start, end = (_millis(one) for one in (self.since, self.until))
        if end <= start:
            raise ValueError("the span that it answers for has no length")
        return Window(start, end)


class Visits(Wire):
    pageviews: Number
    visitors: Number


class VisitsAnswer(Wire):
    query: Answered
    data: Visits


class Event(Wire):
    """All custom events of one name; of the smallest groups together the name is ``Others``."""

    eventName: str | None = None
    count: Number
    visitors: Number


class EventsAnswer(Wire):
    query: Answered
    data: list[Event]
