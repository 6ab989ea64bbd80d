"""A message in plain lines and as JSON: the same words on the command line and the screen. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console.envelope import Json
from console.incidents.terms import ROLE_WORDS, Role
from console.messages.filled import Filled
from console.messages.message import Message
from console.messages.sender import Channel
from console.messages.template import Template
from console.messages.terms import Standing
from console.readings import Millis

Local = Callable[[Millis], str]
"""A moment as it is shown here."""
SHORT = 12
"""Characters of a digest that a person types."""

STANDING_WORDS: dict[Standing, str] = {
    "unconfirmed": "waits to be confirmed",
    "ready": "has gone nowhere yet",
    "sending": "is being sent, or its sender is gone",
    "sent": "went out",
    "partly": "went out in part",
    "failed": "did not go out",
    "unknown": "UNKNOWN whether it went out",
    "copied": "was copied",
}


def words_of(filled: Filled) -> list[str]:
    """Subject and text, as they go out."""
    return [filled.subject, "", *filled.text.split("\n")]


def preview(
    template: Template, filled: Filled, channels: Sequence[Channel], confirm: Sequence[Role], copied: bool
) -> list[str]:
    """What would go out to the byte, where to, and who has to agree."""
    where = [f"{one.name} ({one.audience}: {', '.join(one.services)})" for one in channels]
    lines = [
        *words_of(filled),
        "",
        f"  template   {template.name} {template.version}, {template.audience}, {template.phase}",
        f"  goes to    {'the clipboard' if copied else ', '.join(where) or 'nowhere'}",
        f"  digest     {filled.sha256[:SHORT]}",
    ]
    if confirm:
        lines.append(
            f"  confirmed  by the {' and the '.join(ROLE_WORDS[one] for one in confirm)}, before it goes"
        )
    return lines


def page(message: Message, local: Local) -> list[str]:
    """Everything about one message."""
    drafted = message.drafted
    lines = [
        drafted.subject,
        "",
        *drafted.text.split("\n"),
        "",
        f"  message    {message.key}, by {drafted.person} at {local(message.at)}",
        f"  template   {drafted.template} {drafted.template_version}, {drafted.audience}, {drafted.phase}",
        f"  digest     {drafted.sha256[:SHORT]}",
        f"  stands     {STANDING_WORDS[message.standing]}",
    ]
    if drafted.again_of:
        lines.append(f"  again      of {drafted.again_of}: {drafted.why}")
    lines += [
        f"  confirmed  by {one.person}, {ROLE_WORDS[one.role]}, at {local(one.at)}"
        for one in message.confirmed
    ]
    lines += [
        f"  {one.fate:<9}  {one.channel}, at {local(one.at)}{f': {one.says}' if one.says else ''}"
        for one in message.deliveries.values()
    ]
    lines += [f"  not begun  {one}" for one in message.unclaimed]
    lines += [f"  copied     by {one}" for one in message.copied_by]
    if message.blocked:
        lines.append(f"  !          not understood here: {message.blocked}")
    return lines


def line_of(message: Message, local: Local) -> list[str]:
    """One message of a list, in two lines."""
    drafted = message.drafted
    where = ", ".join(f"{one.channel} {one.fate}" for one in message.deliveries.values())
    left = ", ".join(message.unclaimed)
    more = "; ".join(one for one in (where, f"not begun: {left}" if left else "") if one)
    return [
        f"{message.key:<9} {local(message.at)}  {drafted.audience:<11} {drafted.subject}",
        f"          {STANDING_WORDS[message.standing]}{f' ({more})' if more else ''}; by {drafted.person}",
    ]


def as_json(message: Message) -> Json:
    """For programs."""
    drafted = message.drafted
    return {
        "key": message.key,
        "incident_id": drafted.incident_id or None,
        "run_id": drafted.run_id or None,
        "at": message.at,
        "person": drafted.person,
        "template": drafted.template,
        "template_version": drafted.template_version,
        "audience": drafted.audience,
        "phase": drafted.phase,
        "subject": drafted.subject,
        "text": drafted.text,
        "sha256": drafted.sha256,
        "next_at": drafted.next_at,
        "again_of": drafted.again_of or None,
        "why": drafted.why or None,
        "standing": message.standing,
        "unconfirmed": list(message.unconfirmed),
        "confirmed": [{"person": one.person, "role": one.role, "at": one.at} for one in message.confirmed],
        "channels": list(drafted.channels),
        "deliveries": [
            {"channel": one.channel, "outcome": one.fate, "at": one.at, "says": one.says}
            for one in message.deliveries.values()
        ],
        "copied_by": list(message.copied_by),
    }


def template_as_json(template: Template) -> Json:
    """A template for programs."""
    return {
        "name": template.name,
        "version": template.version,
        "title": template.title,
        "audience": template.audience,
        "phase": template.phase,
        "subject": template.subject,
        "fields": [
            {
                "name": one.name,
                "type": one.type,
                "required": one.required,
                "default": one.default or None,
                "about": one.about or None,
            }
            for one in template.fields
        ],
        "body": template.body,
    }


def template_page(template: Template) -> list[str]:
    """A template for a person: what it says, and what has to be filled in."""
    lines = [f"{template.name}  {template.title}", f"  for {template.audience}, {template.phase}", ""]
    lines += [template.subject, "", *template.body.split("\n"), ""]
    for one in template.fields:
        needed = "required" if one.required else f"“{one.default}”" if one.default else "may be left out"
        lines.append(f"  {one.name:<12} {one.type}, {needed}{f': {one.about}' if one.about else ''}")
    return lines
