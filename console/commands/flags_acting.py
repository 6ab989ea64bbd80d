"""``coalmine flags kill|set|undo|restore|history``: changes of flags, through the gate."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from console.commands.acting import ARM_MINUTES, ASK_FOR_S, as_answer, tell_plainly
from console.commands.flags_read import provider_of, reading_options
from console.commands.logfile import log_to
from console.commands.shared import DONE, USAGE, answer, explain, run, say, visible, words
from console.envelope import Json
from console.outcome import End, Outcome
from console.ports import SourceError
from console.readings import Millis

if TYPE_CHECKING:
    from console.flags.desk import FlagDesk
    from console.flags.gate import FlagOutcome, Offer, Wish
    from console.session import Session

ENVIRONMENT = click.option("--environment", default="production", show_default=True, help="Where.")
PERCENT, WEIGHT = click.FloatRange(0, 100), click.FloatRange(0)
FOR = click.option(
    "--for",
    "minutes",
    type=click.FloatRange(1, 7 * 24 * 60),
    metavar="MINUTES",
    help="Take it back by itself after so long, if nobody has changed the flag since and a console runs.",
)
ACTING = (
    click.option("--arm", metavar="REASON", callback=words, help="Arm this one command; say why."),
    click.option("--reason", callback=words, help="Why, if not for the reason given to --arm."),
    click.option("--incident", metavar="ID", callback=words, help="The incident that it belongs to."),
    click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing."),
)


def acting(verb: Any) -> Any:
    """The options of every verb that changes a flag."""
    for option in reversed(ACTING):
        verb = option(verb)
    return reading_options(verb)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says about a change."""

    reason: str | None
    arm: str | None
    incident: str | None
    dry_run: bool
    store: str | None
    item: str
    as_json: bool
    minutes: float | None = None


@click.command("kill", short_help="Turn flags off for everyone; rules are kept.")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@ENVIRONMENT
@FOR
@acting
def kill(keys: tuple[str, ...], environment: str, minutes: float | None, **asked: Any) -> None:
    """Serve the safe variant to everyone, keep rules and targets, and have `flags undo` as the way back.

    Several flags are one action with an outcome each; the exit code is the worst of them: 0 done, 5 refused
    here, 1 refused by the host, 4 not sent or not known.
    """

    def wishes(desk: FlagDesk) -> list[Wish]:
        return [desk.kill(key, environment) for key in dict.fromkeys(keys)]

    sys.exit(run(act(Asked(minutes=minutes, **asked), wishes)))


@click.command("undo", short_help="Take back the newest change made here.")
@click.argument("key")
@acting
def undo(key: str, **asked: Any) -> None:
    """Take back the newest change of KEY made by a console on this ledger, if nobody changed it since."""

    async def wishes(desk: FlagDesk) -> list[Wish]:
        return [await desk.take_back(key)]

    sys.exit(run(act(Asked(**asked), wishes)))


@click.command("restore", short_help="Bring an old version back, as a new change.")
@click.argument("key")
@click.argument("version", type=int)
@click.option("--environment", multiple=True, help="Only of these environments; all of the flag without it.")
@acting
def restore(key: str, version: int, environment: tuple[str, ...], **asked: Any) -> None:
    """Bring VERSION of KEY back (see `flags history`): previewed with everything that has drifted since."""

    async def wishes(desk: FlagDesk) -> list[Wish]:
        from console.flags.edits import Unfit

        found = await desk.provider.history(key, limit=100)
        old = next((one for one in found if one.number == version), None)
        if old is None:
            there = ", ".join(str(one.number) for one in found[:10]) or "none"
            raise Unfit(f"{visible(key)} has no version {version}. The newest: {there}.")
        return [desk.change(key, old.restored(environment))]

    sys.exit(run(act(Asked(**asked), wishes)))


@click.command("history", short_help="What was changed of a flag, by whom and why.")
@click.argument("key")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="Versions.")
@reading_options
def history(key: str, limit: int, store: str | None, item: str, as_json: bool) -> None:
    """The versions of KEY that the back-end keeps, newest first, each with what it changed."""
    sys.exit(run(_history(key, limit, (store, item), as_json)))


async def _history(key: str, limit: int, place: tuple[str | None, str], as_json: bool) -> int:
    from console.flags.differing import difference_lines
    from console.flags.model import Flag

    async with provider_of(*place) as (provider, _):
        held = await provider.get(key)
        found = await provider.history(key, limit=limit + 1)
    flags = [Flag({**held.flag.raw, **one.data}) for one in found]
    rows: list[Json] = []
    for place_, one in enumerate(found[:limit]):
        before = flags[place_ + 1] if place_ + 1 < len(flags) else None
        rows.append(
            {
                "version": one.number,
                "at": one.at,
                "by": one.by,
                "message": one.message,
                "origin": one.origin,
                "environments": list(one.environments),
                "changes": [] if before is None else list(difference_lines(before, flags[place_])),
            }
        )
    if as_json:
        answer({"provider": provider.name, "key": key, "versions": rows})
        return DONE
    for row in rows:
        say(_version_line(row))
        for line in row["changes"]:
            say(f"      {visible(line)}")
    if not rows:
        explain(f"{provider.name} keeps no history of {visible(key)}.")
    return DONE


def _version_line(row: Json) -> str:
    when = datetime.fromtimestamp(row["at"] / 1000).astimezone()
    why = f"  {visible(row['message'])}" if row["message"] else ""
    return f"{row['version']:>4}  {when:%Y-%m-%d %H:%M}  {visible(row['by'] or 'somebody')}{why}"


# --- doing it ----------------------------------------------------------------------------------------


@asynccontextmanager
async def _session(asked: Asked) -> AsyncIterator[Session]:
    from console.target import looking_at
    from console.wiring import build_session, open_stores

    aim = looking_at()
    log_to(aim.loaded.state_dir)
    stores = open_stores(aim.ledger_path, aim.clock)
    session = build_session(aim, stores, via="command", flags_at=(asked.store, asked.item))
    try:
        yield session
    finally:
        await session.close()


async def act(asked: Asked, wishes: Any) -> int:
    """From the preview of each flag to its outcome; the exit code is the worst."""
    from console.flags.edits import Unfit

    if asked.minutes is not None and asked.store is not None:
        raise click.UsageError("--for needs Vercel Flags: no console watches the flags of a store.")
    async with _session(asked) as session:
        await session.identify()
        desk = session.flags()
        offers: list[Offer] = []
        try:
            found = wishes(desk)
            for wish in await found if asyncio.iscoroutine(found) else found:
                offers.append(await desk.gate.offer(wish))
        except Unfit as error:
            return _tell(asked, offers, [("", Outcome(End.REFUSED_HERE, str(error), "Nothing was sent."))])
        except SourceError as error:
            return _tell(asked, offers, [("", Outcome(End.NOT_SENT, error.problem.what, error.problem.next))])
        back_at = None
        if asked.minutes is not None:
            back_at = session.world().now + round(asked.minutes * 60_000)
        if not asked.as_json:
            for offer in offers:
                _explain(offer, back_at)
        if asked.dry_run:
            return _tell(asked, offers, [(one.plan.key, _rehearsed(session, one, asked)) for one in offers])
        if asked.reason is None and asked.arm is None:
            explain("Say why it is done: --reason TEXT. It is recorded.")
            return USAGE
        made = await _perform(session, desk, offers, asked, back_at)
        if isinstance(made, Outcome):
            return _tell(asked, offers, [("", made)])
        if back_at is not None and any(one.outcome.end is End.DONE for one in made):
            explain(WHO_FIRES)
        return _tell(asked, offers, [(one.key, one.outcome) for one in made])


WHO_FIRES = (
    "A console or `coalmine watch` on this ledger takes it back when the time is up; while none runs, nobody "
    "does, and the next one that starts does it then."
)


async def _perform(
    session: Session, desk: FlagDesk, offers: Sequence[Offer], asked: Asked, back_at: Millis | None
) -> tuple[FlagOutcome, ...] | Outcome:
    from console.flags.gate import Order

    if asked.arm is not None:
        armed = await session.arm(asked.arm, ARM_MINUTES)
        if armed.end is not End.DONE:
            return armed
    order = Order(tuple(offers), asked.reason or asked.arm or "", "", back_at, asked.incident)
    order = Order(order.offers, order.reason, order.word or "", back_at, asked.incident)
    made = await desk.perform(order)
    if not any(one.outcome.end is End.UNKNOWN for one in made):
        return made
    explain("No answer came for one of them: the host is being asked what became of it.")
    settled = {one.key: one for one in await desk.settle_own(ASK_FOR_S)}
    return tuple(settled.get(one.key, one) for one in made)


def _rehearsed(session: Session, offer: Offer, asked: Asked) -> Outcome:
    """What the gate would say, arming included; nothing is recorded and nothing is sent."""
    refused = session.flag_refusal(offer, as_if_armed=asked.arm)
    if refused is not None:
        return Outcome(End.REFUSED_HERE, f"Dry run: it would be refused. {refused.says}", refused.next)
    return Outcome(End.DONE, "Dry run: it would be let through; nothing was sent.")


def _explain(offer: Offer, back_at: Millis | None) -> None:
    """The preview, on stderr."""
    plan = offer.plan
    explain(f"{visible(plan.key)} ({plan.provider}): {visible(plan.change.words)}")
    for line in offer.lines:
        explain(f"  {visible(line)}")
    for hit in offer.preview.hits:
        if hit.pinned:
            explain(f"  by name: {visible(', '.join(hit.pinned[:10]))}")
    if back_at is not None:
        until = datetime.fromtimestamp(back_at / 1000).astimezone()
        explain(f"  taken back by itself at {until:%H:%M:%S}, if nobody changes the flag until then")
    if offer.what in ("off", "change"):
        explain(f"  undo: coalmine flags undo {visible(plan.key)}")


def _plan(offer: Offer) -> Json:
    return {
        "words": offer.plan.change.words,
        "sha256": offer.plan.digest,
        "preview": list(offer.lines),
    }


def _tell(asked: Asked, offers: Sequence[Offer], ends: Sequence[tuple[str, Outcome]]) -> int:
    """The outcomes; the exit code is the worst: 5, 4, 1, 3, 0 in this order."""
    codes = [outcome.end.exit_code for _, outcome in ends]
    worst = next((code for code in (5, 4, 1, 3, 0) if code in codes), DONE)
    if asked.as_json:
        plans = {
            one.plan.key: {
                "words": one.plan.change.words,
                "sha256": one.plan.digest,
                "preview": list(one.lines),
            }
            for one in offers
        }
        answer(
            {
                "dry_run": asked.dry_run,
                "flags": [
                    {"key": key, **as_answer(outcome), "plan": plans.get(key)} for key, outcome in ends
                ],
            }
        )
        return worst
    for _, outcome in ends:
        tell_plainly(outcome)
    return worst


COMMANDS = (kill, undo, restore, history)
