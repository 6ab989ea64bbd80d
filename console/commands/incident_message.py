"""``coalmine incident message|messages|card``: telling people, and what there was to tell."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from console.commands.acting import as_answer, tell_plainly
from console.commands.incident_options import ID, JSON
from console.commands.ledger import local
from console.commands.shared import DONE, HOLD, NO_DATA, USAGE, answer, explain, run, say, words
from console.outcome import End, Outcome

if TYPE_CHECKING:
    from console.commands.messages_here import MessagesHere
    from console.envelope import Actor
    from console.incidents.incident import Incident
    from console.messages.filled import Filled
    from console.messages.message import Message
    from console.messages.outbox import Draft
    from console.messages.template import Template


@dataclass(frozen=True, slots=True)
class Said:
    """What the command line says."""

    incident_id: str
    fields: tuple[str, ...]
    channels: tuple[str, ...]
    copy: bool
    print: bool
    dry_run: bool
    as_json: bool
    sha256: str
    reason: str


@click.command("message")
@ID
@click.option("--template", metavar="NAME", callback=words, help="Write one: `coalmine template list`.")
@click.option("--field", "fields", metavar="NAME=TEXT", multiple=True, help="Fill a field of it.")
@click.option(
    "--channel", "channels", metavar="NAME", multiple=True, help="Where to; else all of its audience."
)
@click.option("--copy", is_flag=True, help="To the clipboard, to send it by hand.")
@click.option("--print", "printed", is_flag=True, help="Only print the words; nothing is recorded.")
@click.option(
    "--confirm", metavar="MSG", callback=words, help="Read a message, and with --sha256 confirm it."
)
@click.option("--sha256", metavar="DIGEST", callback=words, help="Of the words that you confirm.")
@click.option("--send", metavar="MSG", callback=words, help="Send one that is written, as far as nobody has.")
@click.option("--again", metavar="MSG", callback=words, help="Say one again that did not surely go out.")
@click.option("--reason", callback=words, help="With --again: why.")
@click.option("--dry-run", is_flag=True, help="Show the words, where they would go and who confirms them.")
@JSON
def message(
    incident_id: str,
    template: str | None,
    fields: tuple[str, ...],
    channels: tuple[str, ...],
    copy: bool,
    printed: bool,
    confirm: str | None,
    sha256: str | None,
    send: str | None,
    again: str | None,
    reason: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Tell people: fill in a template and send it, each message to each channel at most once.

    What the incident knows is filled in by itself; --field goes before it. A message to customers waits until
    the incident commander has confirmed its words. What did not surely go out is never sent again by itself.
    """
    if sum(one is not None for one in (template, confirm, send, again)) != 1:
        raise click.UsageError("One of --template NAME, --confirm MSG, --send MSG, --again MSG.")
    if copy and channels:
        raise click.UsageError("Either --copy or --channel.")
    if again is not None and not reason:
        raise click.UsageError("--again needs a reason: --reason TEXT.")
    said = Said(incident_id, fields, channels, copy, printed, dry_run, as_json, sha256 or "", reason or "")
    if template is not None:
        sys.exit(run(_written(template, said)))
    if confirm is not None:
        sys.exit(run(_confirmed(_key(incident_id, confirm), said)))
    if send is not None:
        sys.exit(run(_ready(_key(incident_id, send), said)))
    sys.exit(run(_again(_key(incident_id, again or ""), said)))


def _key(incident_id: str, typed: str) -> str:
    return f"{incident_id}/{typed}" if typed.isdecimal() else typed


async def _written(name: str, said: Said) -> int:
    from console.commands.messages_here import messages_here
    from console.messages.filled import Unfilled, fill
    from console.messages.known import known_of

    template, given = _template(name), _given(said.fields)
    if template is None:
        return USAGE
    with messages_here() as here:
        incident = await here.at.desk.get(said.incident_id)
        if incident is None:
            explain(f"There is no incident {said.incident_id} in this ledger.")
            return NO_DATA
        now = here.at.now
        filled = fill(template, given, known_of(incident, template.audience, now), now)
        if isinstance(filled, Unfilled):
            return _unfilled(template, filled, said)
        if said.print:
            say(f"{filled.subject}\n\n{filled.text}")
            return DONE
        return await _drafted(here, incident, template, filled, said)


def _template(name: str) -> Template | None:
    from console.commands.messages_here import templates_here
    from console.playbooks.fault import meant

    found = templates_here()
    one = found.get(name)
    if one is None:
        explain(f"There is no template {name}{meant(name, found) or '.'} `coalmine template list` names all.")
        return None
    for fault in one.checked.errors:
        explain(fault.words(one.file))
    return one.checked.template


def _given(fields: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in fields:
        name, sign, value = one.partition("=")
        if not sign or not name:
            raise click.UsageError(f"--field {one}: write NAME=TEXT.")
        if name in found:
            raise click.UsageError(f"--field {name}: it is there twice.")
        found[name] = value
    return found


def _unfilled(template: Template, unfilled: object, said: Said) -> int:
    from console.messages.filled import Unfilled

    assert isinstance(unfilled, Unfilled)
    if said.as_json:
        wrong = [{"field": name, "says": why} for name, why in unfilled.wrong]
        answer({"outcome": "unfilled", "template": template.name, "fields": wrong})
        return USAGE
    for name, why in unfilled.wrong:
        explain(f"{template.name}: `{name}` {why}")
    explain(f"Say it with --field NAME=TEXT. `coalmine template show {template.name}` has all of them.")
    return USAGE


async def _drafted(
    here: MessagesHere, incident: Incident, template: Template, filled: Filled, said: Said
) -> int:
    from console.messages.outbox import Draft
    from console.messages.rules import confirming, meant

    names = () if said.copy else said.channels or meant(here.outbox.channels, template.audience)
    if not names and not said.copy:
        outcome = Outcome(
            End.REFUSED_HERE,
            f"No channel is set up for a message to {template.audience}.",
            "Set one up ([channels.NAME] in coalmine.toml), or: --copy, --print",
        )
        return _answered(outcome, None, said)
    draft = Draft(template, filled, incident.id, names, confirming(template))
    if not said.as_json:
        _preview(here, draft, said)
    if said.dry_run:
        return _answered(_rehearsed(here, incident, draft), None, said, draft)
    return await _sent(here, draft, said)


def _preview(here: MessagesHere, draft: Draft, said: Said) -> None:
    from console.messages.telling import preview

    known = [here.outbox.channels[name] for name in draft.channels if name in here.outbox.channels]
    for line in preview(draft.template, draft.filled, known, draft.confirm, said.copy):
        explain(line)


def _rehearsed(here: MessagesHere, incident: Incident, draft: Draft) -> Outcome:
    from console.messages.rules import unfit, unwritten

    wrong = unwritten(draft.template, incident, draft.confirm, run=False) or unfit(
        draft.channels, here.outbox.channels, draft.template.audience
    )
    if wrong is not None:
        return wrong
    refusals = [
        f"{name}: {why}"
        for name in draft.channels
        for why in here.outbox.refusals(here.outbox.channels[name])
    ]
    if refusals:
        return Outcome(
            End.REFUSED_HERE, "; ".join(refusals), "Mend it in the settings, or take another channel."
        )
    return Outcome(End.DONE, "Dry run: nothing was recorded and nothing was sent.")


async def _sent(here: MessagesHere, draft: Draft, said: Said) -> int:
    actor = await here.at.actor()
    if isinstance(actor, Outcome):
        return _answered(actor, None, said)
    if said.copy and (wrong := _uncopyable()) is not None:
        return _answered(wrong, None, said)
    written = await here.outbox.draft(draft, actor)
    if written.end is not End.DONE:
        return _answered(written, None, said)
    return await _on(here, written.next, actor, said)


async def _on(here: MessagesHere, key: str, actor: Actor, said: Said) -> int:
    """A message that stands in the ledger: out it goes, as far as it may."""
    found = await here.outbox.get(key)
    if found is None or found.unconfirmed:
        return _answered(await here.outbox.standing(key), found, said)
    if not found.drafted.channels or said.copy:
        outcome = await _copied(here, found, actor)
    else:
        outcome = await here.outbox.deliver(key, actor)
    return _answered(outcome, await here.outbox.get(key), said)


async def _confirmed(key: str, said: Said) -> int:
    from console.commands.messages_here import messages_here
    from console.messages.telling import SHORT, page

    with messages_here() as here:
        found = await here.outbox.get(key)
        if found is None:
            return _answered(await here.outbox.standing(key), None, said)
        if not said.sha256:
            digest = found.drafted.sha256[:SHORT]
            if said.as_json:
                return _answered(await here.outbox.standing(key), found, said)
            for line in page(found, local):
                say(line)
            explain(
                "If these are the words: "
                f"coalmine incident message {said.incident_id} --confirm {key} --sha256 {digest}"
            )
            return HOLD
        actor = await here.at.actor()
        if isinstance(actor, Outcome):
            return _answered(actor, found, said)
        whole = found.drafted.sha256
        typed = said.sha256.lower()
        meant = whole if len(typed) >= SHORT and whole.startswith(typed) else typed
        outcome = await here.outbox.confirm(key, actor, meant)
        if outcome.end is not End.DONE:
            return _answered(outcome, found, said)
        if found.drafted.run_id:
            more = Outcome(End.DONE, outcome.says, "The run that it belongs to sends it.", seq=outcome.seq)
            return _answered(more, await here.outbox.get(key), said)
        explain(outcome.says)
        return await _on(here, key, actor, said)


async def _ready(key: str, said: Said) -> int:
    from console.commands.messages_here import messages_here

    with messages_here() as here:
        actor = await here.at.actor()
        if isinstance(actor, Outcome):
            return _answered(actor, None, said)
        return await _on(here, key, actor, said)


async def _again(key: str, said: Said) -> int:
    from console.commands.messages_here import messages_here

    with messages_here() as here:
        actor = await here.at.actor()
        if isinstance(actor, Outcome):
            return _answered(actor, None, said)
        draft = await here.outbox.again(key, said.reason, said.channels, actor)
        if isinstance(draft, Outcome):
            return _answered(draft, await here.outbox.get(key), said)
        if not said.as_json:
            _preview(here, draft, said)
        if said.dry_run:
            return _answered(Outcome(End.DONE, "Dry run: nothing was recorded."), None, said, draft)
        return await _sent(here, draft, said)


def _uncopyable() -> Outcome | None:
    """Why nothing can be copied from here."""
    from console.commands.shared import at_terminal

    if at_terminal():
        return None
    return Outcome(
        End.REFUSED_HERE, "Copying goes through the terminal, and this is none.", "--print writes it out."
    )


async def _copied(here: MessagesHere, found: Message, actor: Actor) -> Outcome:
    import base64
    import os

    from console.commands.homes import cache_dir
    from data.copied import keep
    from screens.copying import surely_takes

    wrong = _uncopyable()
    if wrong is not None:
        return wrong
    outcome = await here.outbox.copied(found.key, actor)
    if outcome.end is not End.DONE:
        return outcome
    await here.outbox.told(found, actor)
    text = f"{found.drafted.subject}\n\n{found.drafted.text}"
    sys.stdout.write(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07")
    sys.stdout.flush()
    if surely_takes(os.environ):
        return outcome
    folder = cache_dir()
    place = None if folder is None else keep(folder, text)
    also = "" if place is None else f" It is also in {place}."
    return Outcome(End.DONE, f"{outcome.says} The terminal may not have taken it.{also}", seq=outcome.seq)


def _answered(outcome: Outcome, found: Message | None, said: Said, draft: Draft | None = None) -> int:
    from console.messages.telling import as_json

    if not said.as_json:
        tell_plainly(outcome)
        return outcome.end.exit_code
    words = None
    if draft is not None:
        filled = draft.filled
        words = {"subject": filled.subject, "text": filled.text, "sha256": filled.sha256}
    answer(
        {
            **as_answer(outcome),
            "dry_run": said.dry_run,
            "preview": words,
            "message": None if found is None else as_json(found),
        }
    )
    return outcome.end.exit_code


@click.command("messages")
@ID
@JSON
def messages(incident_id: str, as_json: bool) -> None:
    """What people were told of an incident, oldest first, and what became of each message."""
    from console.commands.messages_here import messages_here
    from console.messages.telling import as_json as telling
    from console.messages.telling import line_of

    async def listed() -> int:
        with messages_here() as here:
            if await here.at.desk.get(incident_id) is None:
                explain(f"There is no incident {incident_id} in this ledger.")
                return NO_DATA
            found = await here.outbox.of_incident(incident_id)
            if as_json:
                answer({"id": incident_id, "messages": [telling(one) for one in found]})
                return DONE
            for one in found:
                for line in line_of(one, local):
                    say(line)
            if not found:
                say("Nobody was told anything yet.")
            return DONE

    sys.exit(run(listed()))


@click.command("card")
@click.argument("name", required=False)
def card(name: str | None) -> None:
    """What to do in the first five minutes: of a severity (SEV1) or a role (commander)."""
    from console.playbooks.fault import meant
    from data.template_files import cards

    found = {path.stem.casefold(): path for path in cards()}
    if name is None:
        say(" ".join(path.stem for path in found.values()))
        return
    path = found.get(name.casefold())
    if path is None:
        names = [one.stem for one in found.values()]
        explain(f"There is no card {name}{meant(name, names) or '.'} There are: {', '.join(names)}.")
        sys.exit(USAGE)
    say(path.read_text(encoding="utf-8").rstrip("\n"))


VERBS = (message, messages, card)
