"""What may be done with a message as it stands: the event that says so, or why not. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.event import Event
from console.incidents.incident import Incident
from console.incidents.rules import refused
from console.incidents.terms import ROLE_WORDS, Role
from console.messages import happened as h
from console.messages.message import Confirmed, Message
from console.messages.sender import Channel
from console.messages.template import Template
from console.messages.terms import ROLE_OF, SAYABLE, Audience, Phase, may_hear
from console.outcome import Outcome
from console.policy import Rulebook


def confirming(template: Template, asked: str = "") -> tuple[Role, ...]:
    """The roles that have to confirm it: the commander what the public reads, and who a playbook asks for."""
    found: tuple[Role, ...] = ("commander",) if template.audience == "customer" else ()
    role = ROLE_OF.get(asked)
    return found if role is None or role in found else (*found, role)


def not_sayable(incident: Incident | None, phase: Phase) -> str:
    """Why a message of this phase would say that it is better than it is; empty where it would not."""
    if incident is None or incident.state in SAYABLE[phase]:
        return ""
    states = " or ".join(sorted(one.value for one in SAYABLE[phase]))
    return f"{incident.id} is {incident.state.value}: “{phase}” is said of one that is {states}."


def unwritten(
    template: Template, incident: Incident | None, confirm: Sequence[Role], *, run: bool
) -> Outcome | None:
    """Why no such message is written now. In a run it may be written before its time, and waits."""
    if confirm and incident is None:
        says = f"A message that {ROLE_WORDS[confirm[0]]} confirms belongs to an incident."
        return refused(says, "Open one: coalmine incident open TITLE")
    if incident is not None and incident.merged_into:
        return refused(f"{incident.id} goes on in {incident.merged_into}: tell people of that one.")
    early = not_sayable(incident, template.phase)
    if early and not run:
        return refused(early, "Say first how it stands: coalmine incident status, or take another template.")
    return None


def unfit(names: Sequence[str], channels: Mapping[str, Channel], audience: Audience) -> Outcome | None:
    """Why it cannot go to these channels."""
    for name in names:
        channel = channels.get(name)
        if channel is None:
            known = f"There are: {', '.join(channels)}." if channels else "None is set up."
            return refused(
                f"There is no channel {name}.", f"{known} They stand in coalmine.toml: [channels.NAME]"
            )
        if not may_hear(channel.audience, audience):
            says = f"{name} is a channel for {channel.audience}s, and this is an {audience} message."
            if audience == "stakeholder":
                says = f"{name} is a channel for customers, and this is a message for stakeholders."
            return refused(says, "Take a template for them, or another channel.")
    return None


def meant(channels: Mapping[str, Channel], audience: Audience) -> tuple[str, ...]:
    """The channels of an audience, where none was named."""
    return tuple(one.name for one in channels.values() if one.audience == audience)


def confirmed(
    message: Message, incident: Incident | None, person: str, sha256: str, book: Rulebook
) -> Event | Outcome:
    """Say that these words may go out: who has the role, and nobody for them."""
    if not message.unconfirmed:
        done = ", ".join(one.person for one in message.confirmed)
        return refused(
            f"{message.key} needs no {'more ' if done else ''}confirmation.", f"By {done}." if done else ""
        )
    if sha256 != message.drafted.sha256:
        return refused(
            f"{message.key} has other words than those of {sha256[:12]}.",
            f"Read it again: coalmine incident message {message.drafted.incident_id} --confirm {message.key}",
        )
    if incident is None:
        return refused(f"{message.key} belongs to no incident of this ledger: nobody can confirm it.")
    if message.blocked:
        return refused(f"{message.key} cannot be understood here: {message.blocked}", "Update Coalmine.")
    role = next((one for one in message.unconfirmed if person in incident.roles.holders(one)), None)
    if role is None:
        wanted = message.unconfirmed[0]
        holders = " or ".join(incident.roles.holders(wanted))
        says = (
            f"{holders or 'Nobody'} is {ROLE_WORDS[wanted]} of {incident.id}: {holders or 'they'} confirm it."
        )
        if holders:
            says = f"{holders} is {ROLE_WORDS[wanted]} of {incident.id}, and confirms it."
            return refused(says, "Tell them.")
        return refused(
            f"Nobody is {ROLE_WORDS[wanted]} of {incident.id}, who has to confirm it.",
            f"Be it: coalmine incident role {incident.id} {wanted} --take",
        )
    return h.MessageConfirmed(key=message.key, person=person, role=role, sha256=sha256)


def forged(message: Message, incident: Incident | None) -> Confirmed | None:
    """A confirmation by somebody who did not have the role when it was recorded."""
    for one in message.confirmed:
        held = incident is not None and any(
            (two.role, two.person) == (one.role, one.person)
            and two.since <= one.at
            and (two.until is None or one.at <= two.until)
            for two in incident.roles.held
        )
        if not held:
            return one
    return None


def unsendable(message: Message, incident: Incident | None) -> Outcome | None:
    """Why its words may not go out as it stands, whether they are sent or copied."""
    if message.blocked:
        return refused(f"{message.key} cannot be understood here: {message.blocked}", "Update Coalmine.")
    if message.unconfirmed:
        who = ROLE_WORDS[message.unconfirmed[0]]
        return refused(
            f"{message.key} waits until the {who} has confirmed it.",
            f"coalmine incident message {message.drafted.incident_id} --confirm {message.key}",
        )
    wrong = forged(message, incident)
    if wrong is not None:
        return refused(f"{wrong.person} was not {ROLE_WORDS[wrong.role]} when {message.key} was confirmed.")
    early = not_sayable(incident, message.drafted.phase)
    return refused(early, "Say first how it stands, or write another message.") if early else None
