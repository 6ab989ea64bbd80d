"""What an Alertmanager has: alerts, their groups, silences, and the matchers that pick alerts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from console.readings import Millis

AlertState = Literal["active", "suppressed", "unprocessed"]
SilenceState = Literal["active", "pending", "expired"]

NAME = "alertname"
_MATCHER = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*(?P<how>=~|!~|!=|=)\s*(?P<value>.*)", re.DOTALL)
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")


class BadMatcher(ValueError):
    """A matcher that cannot be meant; the text is for a person."""


@dataclass(frozen=True, slots=True, order=True)
class Matcher:
    """One condition on a label."""

    name: str
    value: str
    regex: bool = False
    equal: bool = True

    @property
    def text(self) -> str:
        """As Alertmanager reads it: ``severity=~"warn.*"``."""
        how = {(False, True): "=", (False, False): "!=", (True, True): "=~", (True, False): "!~"}
        quoted = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{how[self.regex, self.equal]}"{quoted}"'


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert that fires. ``fingerprint`` stands for its labels, and stays the same."""

    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: Millis
    ends_at: Millis
    """In the future while it fires: from then on it counts as resolved, unless it is renewed."""
    state: AlertState
    silenced_by: tuple[str, ...] = ()
    """Ids of silences."""
    inhibited_by: tuple[str, ...] = ()
    """Fingerprints of alerts."""

    @property
    def name(self) -> str:
        return self.labels.get(NAME, "(without a name)")

    @property
    def severity(self) -> str:
        """Its label, as whoever wrote the rule has it; empty without one."""
        return self.labels.get("severity", "")

    @property
    def words(self) -> str:
        """``HighErrors{route="/", severity="page"}``."""
        others = ", ".join(f'{key}="{value}"' for key, value in sorted(self.labels.items()) if key != NAME)
        return f"{self.name}{{{others}}}" if others else self.name

    @property
    def summary(self) -> str:
        """Its own words, if it has any."""
        return self.annotations.get("summary") or self.annotations.get("description") or ""


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts that are told of together."""

    labels: Mapping[str, str]
    receiver: str
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts that nobody is told of for a while. They go on firing."""

    id: str
    state: SilenceState
    matchers: tuple[Matcher, ...]
    starts_at: Millis
    ends_at: Millis
    by: str
    comment: str


@dataclass(frozen=True, slots=True)
class Status:
    """Who answers."""

    version: str
    cluster: str
    """``disabled``, ``settling`` or ``ready``."""


@dataclass(frozen=True, slots=True)
class Alerting:
    """One look at an Alertmanager."""

    alerts: tuple[Alert, ...]
    groups: tuple[Group, ...] = ()


def matcher_of(text: str) -> Matcher:
    """Read ``name=value``, ``name!=value``, ``name=~regex`` or ``name!~regex``, the value quoted or not.

    Raises :class:`BadMatcher`. Whether a regular expression is one, the Alertmanager says itself.
    """
    found = _MATCHER.fullmatch(text.strip())
    if found is None:
        raise BadMatcher(f"{text!r} is no matcher: write alertname=Name, severity=~warn.*, or != or !~.")
    value = found["value"].strip()
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", lambda escaped: {"n": "\n"}.get(escaped[1], escaped[1]), value[1:-1])
    elif value.startswith("=") or '"' in value:  # a slip such as a==b would silently match nothing
        raise BadMatcher(f"{text!r} is no matcher: put its value into quotes if it is meant like that.")
    return Matcher(found["name"], value, "~" in found["how"], not found["how"].startswith("!"))


def is_fingerprint(text: str) -> bool:
    """Whether it looks like an alert's fingerprint."""
    return _FINGERPRINT.fullmatch(text) is not None


def matchers_of(alert: Alert) -> tuple[Matcher, ...]:
    """Exactly this alert and no other: every one of its labels."""
    return tuple(Matcher(name, value) for name, value in sorted(alert.labels.items()))


def picks_something(matchers: Iterable[Matcher]) -> bool:
    """Whether one of them asks for a label to be there: without that nearly everything would be meant."""
    return any(one.equal and one.value not in ("", ".*") for one in matchers)


def words_of(matchers: Iterable[Matcher]) -> str:
    """``alertname="A", severity=~"warn.*"``."""
    return ", ".join(one.text for one in matchers)
