"""Alerts and silences in plain lines and as JSON: the same words on the command line and the screen. Pure."""

from __future__ import annotations

from console.alerts.model import Alert, Group, Matcher, Silence
from console.alerts.silencing import Offer
from console.envelope import Json
from console.readings import Millis
from console.rollback.telling import left_words


def line_of(alert: Alert, now: Millis) -> str:
    """``active      HighErrors{…}, for 12:03: summary``."""
    summary = f": {alert.summary}" if alert.summary else ""
    return f"{state_words(alert):<11} {alert.words}, for {_long(now - alert.starts_at)}{summary}"


def state_words(alert: Alert) -> str:
    """Whether anybody is told of it."""
    if alert.silenced_by:
        return "silenced"
    return "inhibited" if alert.inhibited_by else alert.state


def group_line(group: Group) -> str:
    """``alertname="A" → pager: 3 alerts, 1 of them silenced``."""
    about = ", ".join(f'{key}="{value}"' for key, value in sorted(group.labels.items())) or "everything"
    quiet = sum(one.state == "suppressed" for one in group.alerts)
    count = len(group.alerts)
    more = f", {quiet} of them silenced or inhibited" if quiet else ""
    return f"{about} → {group.receiver}: {count} alert{'' if count == 1 else 's'}{more}"


def silence_line(silence: Silence, now: Millis) -> str:
    """``active   … (8:00 left) by ana: why``."""
    left = f"{_long(silence.ends_at - now)} left" if silence.state == "active" else silence.state
    about = ", ".join(one.text for one in silence.matchers)
    return f"{silence.id}  {about} ({left}) by {silence.by or 'nobody named'}: {silence.comment}"


def alert_json(alert: Alert) -> Json:
    """For programs."""
    return {
        "fingerprint": alert.fingerprint,
        "name": alert.name,
        "severity": alert.severity,
        "state": alert.state,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": alert.starts_at,
        "ends_at": alert.ends_at,
        "silenced_by": list(alert.silenced_by),
        "inhibited_by": list(alert.inhibited_by),
    }


def group_json(group: Group) -> Json:
    """For programs."""
    return {
        "labels": dict(group.labels),
        "receiver": group.receiver,
        "alerts": [alert_json(one) for one in group.alerts],
    }


def silence_json(silence: Silence) -> Json:
    """For programs."""
    return {
        "id": silence.id,
        "state": silence.state,
        "matchers": [matcher_json(one) for one in silence.matchers],
        "starts_at": silence.starts_at,
        "ends_at": silence.ends_at,
        "by": silence.by,
        "comment": silence.comment,
    }


def matcher_json(matcher: Matcher) -> Json:
    """For programs."""
    return {"name": matcher.name, "value": matcher.value, "regex": matcher.regex, "equal": matcher.equal}


def offer_json(offer: Offer) -> Json:
    """The preview, for programs."""
    return {
        "what": offer.what,
        "matchers": [matcher_json(one) for one in offer.matchers],
        "covers": [alert_json(one) for one in offer.covers],
        "for_ms": offer.for_ms,
        "silence_id": None if offer.ends is None else offer.ends.id,
    }


def _long(ms: Millis) -> str:
    return "0:00" if ms < 1000 else left_words(ms)
