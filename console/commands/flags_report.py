"""What ``flags list`` and ``flags show`` answer: for programs, and for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from console.commands.report import ago
from console.commands.shared import visible

if TYPE_CHECKING:
    from console.flags.edits import Raw
    from console.flags.model import Flag
    from console.flags.provider import Held, Version
    from console.readings import Millis

PEOPLE = 6
"""People listed by name that are named in a line; the rest are counted."""


def list_report(
    provider: str, flags: Sequence[Flag], unreadable: Sequence[str], now: Millis
) -> dict[str, Any]:
    """What ``flags list --json`` answers."""
    return {
        "now": now,
        "provider": provider,
        "flags": [_summary(one, now) for one in flags],
        "unreadable": list(unreadable),
    }


def _summary(flag: Flag, now: Millis) -> dict[str, Any]:
    from console.flags.telling import standing

    raw = flag.raw
    places = [standing(flag, environment, now) for environment in raw["environments"]]
    return {
        "key": flag.key,
        "kind": raw.get("kind"),
        "archived": flag.archived,
        "revision": raw.get("revision"),
        "description": raw.get("description"),
        "tags": raw.get("tags") or [],
        "permanent": bool(raw.get("permanent")),
        "updated_at": raw.get("updatedAt"),
        "updated_by": raw.get("updatedBy"),
        "environments": [
            {
                "name": one.environment,
                "state": one.state,
                "words": one.words,
                "variant": one.variant,
                "copies": one.copies,
            }
            for one in places
        ],
    }


def list_lines(
    provider: str, flags: Sequence[Flag], environment: str, archived: bool, now: Millis
) -> list[str]:
    """The same for a person: a flag a line."""
    from console.flags.words import shown_text

    what = f"{'archived ' if archived else ''}flag{'' if len(flags) == 1 else 's'}"
    where = "" if environment == "production" else f" in {environment}"
    lines = [f"{len(flags)} {what}{where}, as {provider} has them at {_clock(now)}"]
    width = max((len(shown_text(one.key)) for one in flags), default=0)
    for one in flags:
        tags = ", ".join(map(shown_text, one.raw.get("tags") or ()))
        changed = one.raw.get("updatedAt")
        about = "; ".join(filter(None, (f"changed {ago(changed, now)}" if changed else "", tags)))
        words = f"  {shown_text(one.key):<{width}}  {_words(one, environment, now)}"
        lines.append(f"{words}  ({about})" if about else words)
    return [_line(line) for line in lines]


def _words(flag: Flag, environment: str, now: Millis) -> str:
    """How it stands in the environment, or in the only one there is."""
    from console.flags.telling import standing

    there = list(flag.raw["environments"])
    if environment not in there and len(there) != 1:
        return f"has no environment {environment}"
    return standing(flag, environment if environment in there else there[0], now).words


def show_report(
    provider: str,
    held: Held,
    versions: Sequence[Version] | None,
    segments: Sequence[Raw] | None,
    now: Millis,
) -> dict[str, Any]:
    """What ``flags show --json`` answers. ``None``: could not be read."""
    from console.flags.telling import fallthrough, people, rules

    flag = held.flag
    called = {one["id"]: one["slug"] for one in segments or ()}
    document = {"now": now, "provider": provider, "token": held.token, **_summary(flag, now)}
    for one in document["environments"]:
        entry = flag.raw["environments"][one["name"]]
        one["people"] = [{"who": who, "variant": variant} for who, variant in people(entry)]
        one["rules"] = [
            {"id": rule.id, "conditions": rule.conditions, "outcome": rule.outcome}
            for rule in rules(flag, one["name"], called)
        ]
        one["everyone_else"] = fallthrough(flag, one["name"])
    document["seed"] = flag.raw.get("seed")
    document["variants"] = [
        {"id": one["id"], "value": one.get("value"), "label": one.get("label")}
        for one in flag.raw["variants"]
    ]
    document["history"] = None if versions is None else [_version(one) for one in versions]
    document["notes"] = _notes(flag, segments)
    return document


def _version(one: Version) -> dict[str, Any]:
    return {
        "number": one.number,
        "name": one.called,
        "at": one.at,
        "by": one.by,
        "message": one.message,
        "environments": list(one.environments),
        "origin": one.origin,
    }


def _notes(flag: Flag, segments: Sequence[Raw] | None) -> list[str]:
    """What is to be known of the flag that its own history does not show."""
    from console.flags.cautions import segment_cautions

    if segments is None:
        return []
    return list(dict.fromkeys(segment_cautions(flag.raw["environments"], flag, segments)))


def show_lines(flag: Flag, document: dict[str, Any], follows: str) -> list[str]:
    """The same for a person. ``follows``: how soon applications serve a change."""
    from console.flags.telling import variant_text
    from console.flags.words import shown_text

    now = document["now"]
    number = "" if document["revision"] is None else f", revision {document['revision']}"
    kept = ", permanent" if document["permanent"] else ""
    lines = [
        f"{shown_text(document['key'])}  {document['kind']}{number}{kept}",
        f"  as {document['provider']} has it at {_clock(now)}; applications follow {follows}",
    ]
    if document["description"]:
        lines.append(f"  about        {document['description']}")
    if document["updated_at"] is not None:
        by = f" by {document['updated_by']}" if document["updated_by"] else ""
        lines.append(f"  changed      {ago(document['updated_at'], now)}{by}")
    if document["tags"]:
        lines.append(f"  tags         {', '.join(document['tags'])}")
    lines.append(f"  variants     {', '.join(variant_text(flag, one['id']) for one in document['variants'])}")
    for one in document["environments"]:
        lines += _environment_lines(flag, one)
    for one in document["history"] or ():
        lines.append(_history_line(one, now))
    lines += [f"  note         {one}" for one in document["notes"]]
    return [_line(line) for line in lines]


def _environment_lines(flag: Flag, one: dict[str, Any]) -> list[str]:
    from console.flags.telling import variant_text

    lines = [f"  {one['name']:<12} {one['words']}"]
    if one["state"] not in ("rules", "static") or not (one["people"] or one["rules"]):
        return lines
    resting = "  (rests while static)" if one["state"] == "static" else ""
    by_variant: dict[str, list[str]] = {}
    for person in one["people"]:
        by_variant.setdefault(person["variant"], []).append(person["who"])
    for variant, named in by_variant.items():
        more = f" and {len(named) - PEOPLE} more" if len(named) > PEOPLE else ""
        lines.append(
            f"    by name    {', '.join(named[:PEOPLE])}{more}: {variant_text(flag, variant)}{resting}"
        )
    for place, rule in enumerate(one["rules"], start=1):
        lines.append(f"    rule {place:<5} {rule['conditions']}: {rule['outcome']}{resting}")
    lines.append(f"    else       {one['everyone_else']}{resting}")
    return lines


def _history_line(one: dict[str, Any], now: Millis) -> str:
    where = f" in {', '.join(one['environments'])}" if one["environments"] else ""
    why = f": {one['message']}" if one["message"] else ", no reason given"
    return f"  {one['name']:<12} {ago(one['at'], now)} by {one['by'] or 'not said'}{where}{why}"


def _line(text: str) -> str:
    """On one line, and nothing in it that a terminal obeys."""
    return visible(" ".join(text.split("\n"))).rstrip()


def _clock(now: Millis) -> str:
    return f"{datetime.fromtimestamp(now / 1000, UTC).astimezone():%H:%M:%S}"
