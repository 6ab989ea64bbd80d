"""``coalmine alert``: what an Alertmanager says is firing, and silences, through the gate."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from console.actions import Impossible
from console.authorise import Refused
from console.commands.acting import (
    ARM_MINUTES,
    ASK_FOR_S,
    acting_options,
    as_answer,
    session_of_command,
    tell_plainly,
)
from console.commands.shared import DONE, NO_DATA, USAGE, answer, explain, run, say
from console.outcome import End, Outcome
from console.ports import SourceError
from console.readings import Millis, Problem
from console.world import Armed

if TYPE_CHECKING:
    from console.alerts.desk import AlertDesk
    from console.alerts.gate import SilenceGate
    from console.alerts.model import Matcher
    from console.alerts.port import Alertmanager
    from console.alerts.silencing import Offer
    from console.session import Session

JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
MATCHERS = click.argument("matchers", nargs=-1, metavar="[MATCHER]...")
NOWHERE = Problem(
    "unconfigured",
    "No Alertmanager is named.",
    "Set COALMINE_ALERTMANAGER__URL, or url under [alertmanager] in coalmine.toml.",
)


@click.group("alert")
def command() -> None:
    """Alerts of an Alertmanager: what fires, in which groups, and silences."""


@command.command("list")
@MATCHERS
@JSON
def list_(matchers: tuple[str, ...], as_json: bool) -> None:
    """What fires now; silenced and inhibited alerts are in it, and say so.

    MATCHER is as the Alertmanager's own: alertname=Name, severity=~warn.*, track!=canary; all of them count.
    """

    async def listed(at: Alertmanager, now: Millis) -> int:
        from console.alerts.telling import alert_json, line_of

        found = await at.alerts(_matchers(matchers))
        if as_json:
            answer({"alerts": [alert_json(one) for one in found]})
            return DONE
        for one in sorted(found, key=lambda alert: (alert.state, -alert.starts_at)):
            say(line_of(one, now))
            say(f"            {one.fingerprint}")
        if not found:
            say("No alert fires." if not matchers else "No alert that fires is like that.")
        return DONE

    sys.exit(run(_looked(listed)))


@command.command("groups")
@JSON
def groups(as_json: bool) -> None:
    """The groups in which the Alertmanager tells of alerts, with whom it tells."""

    async def listed(at: Alertmanager, now: Millis) -> int:
        from console.alerts.telling import group_json, group_line, line_of

        found = await at.groups()
        if as_json:
            answer({"groups": [group_json(one) for one in found]})
            return DONE
        for one in found:
            say(group_line(one))
            for alert in one.alerts:
                say(f"  {line_of(alert, now)}")
        if not found:
            say("No alert fires.")
        return DONE

    sys.exit(run(_looked(listed)))


@command.command("silences")
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@JSON
def silences(everything: bool, as_json: bool) -> None:
    """The silences, with their ids."""

    async def listed(at: Alertmanager, now: Millis) -> int:
        from console.alerts.telling import silence_json, silence_line

        found = [one for one in await at.silences() if everything or one.state != "expired"]
        if as_json:
            answer({"silences": [silence_json(one) for one in found]})
            return DONE
        for one in found:
            say(silence_line(one, now))
        if not found:
            say("Nothing was ever silenced." if everything else "Nothing is silenced.")
        return DONE

    sys.exit(run(_looked(listed)))


@command.command("silence")
@click.argument("matchers", nargs=-1, required=True, metavar="FINGERPRINT|MATCHER...")
@click.option(
    "--for",
    "minutes",
    type=click.IntRange(1, 1440),
    default=60,
    show_default=True,
    metavar="MINUTES",
    help="How long; a day at most.",
)
@acting_options
def silence(
    matchers: tuple[str, ...],
    minutes: int,
    arm: str | None,
    reason: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Tell nobody of some alerts for a while: one by its FINGERPRINT (all its labels), or all that fit.

    Said before: exactly which alerts it covers. They go on firing, and are shown. Sent once; where no answer
    comes, the Alertmanager is asked whether it has the silence.
    """

    async def offered(gate: SilenceGate, at: Alertmanager) -> Offer:
        return await gate.offer(await _meant(matchers, at), minutes * 60_000)

    sys.exit(run(_acted(offered, arm, reason, dry_run, as_json)))


@command.command("unsilence")
@click.argument("silence_id", metavar="ID")
@acting_options
def unsilence(silence_id: str, arm: str | None, reason: str | None, dry_run: bool, as_json: bool) -> None:
    """End a silence now. `alert silences` has the ids."""

    async def offered(gate: SilenceGate, at: Alertmanager) -> Offer:
        return await gate.offer_end(silence_id)

    sys.exit(run(_acted(offered, arm, reason, dry_run, as_json)))


def _matchers(texts: tuple[str, ...]) -> tuple[Matcher, ...]:
    from console.alerts.model import BadMatcher, matcher_of

    try:
        return tuple(matcher_of(one) for one in texts)
    except BadMatcher as error:
        raise click.UsageError(str(error)) from None


async def _meant(texts: tuple[str, ...], at: Alertmanager) -> tuple[Matcher, ...]:
    from console.alerts.gate import Unfit
    from console.alerts.model import is_fingerprint, matchers_of

    if len(texts) != 1 or not is_fingerprint(texts[0]):
        return _matchers(texts)
    found = next((one for one in await at.alerts() if one.fingerprint == texts[0]), None)
    if found is None:
        raise Unfit(f"No alert with the fingerprint {texts[0]} fires.")
    return matchers_of(found)


@asynccontextmanager
async def _alertmanager() -> AsyncIterator[tuple[Alertmanager, Millis]]:
    """The Alertmanager of the settings, and the time. Raises :class:`SourceError` where there is none."""
    from console.clients import alertmanager
    from console.target import load_settings, target
    from data.http.transport import Transport

    aim = target(load_settings())
    transport = Transport(aim.clock)
    try:
        found = alertmanager(aim, transport)
        if found is None:
            raise SourceError(NOWHERE)
        yield found, aim.clock.now()
    finally:
        await transport.aclose()


async def _looked(look: Callable[[Alertmanager, Millis], Awaitable[int]]) -> int:
    try:
        async with _alertmanager() as (at, now):
            return await look(at, now)
    except SourceError as error:
        explain(error.problem.what)
        explain(error.problem.next)
        return NO_DATA


async def _acted(
    offered: Callable[[SilenceGate, Alertmanager], Awaitable[Offer]],
    arm: str | None,
    reason: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Preview, arm and perform; the exit code."""
    from console.alerts.gate import Unfit
    from console.alerts.telling import offer_json

    offer: Offer | None = None
    async with session_of_command() as (session, _):
        await session.identify()
        try:
            desk = session.desks.alerts()
            offer = await offered(desk.gate, desk.alertmanager)
        except (Impossible, Unfit) as error:
            outcome = Outcome(End.REFUSED_HERE, str(error))
        except SourceError as error:
            outcome = Outcome(End.NOT_SENT, error.problem.what, error.problem.next)
        else:
            if not as_json:
                _explain(offer)
            if not dry_run and reason is None and arm is None:
                explain("Say why it is done: --reason TEXT. It is recorded.")
                return USAGE
            outcome = (
                _rehearsed(session, desk.gate, offer, arm)
                if dry_run
                else await _done(session, desk, offer, arm, reason)
            )
    if as_json:
        plan = None if offer is None else offer_json(offer)
        answer({**as_answer(outcome), "dry_run": dry_run, "plan": plan})
    else:
        tell_plainly(outcome)
    return outcome.end.exit_code


def _explain(offer: Offer) -> None:
    for line in offer.lines:
        explain(line)
    for warning in offer.warnings:
        explain(f"  ! {warning}")


def _rehearsed(session: Session, gate: SilenceGate, offer: Offer, arm: str | None) -> Outcome:
    standing = session.standing()
    if arm is not None and standing.person is not None:
        armed = Armed(standing.person, standing.now + ARM_MINUTES * 60_000, arm)
        standing = replace(standing, armed=armed)
    decided = gate.decided(offer, standing)
    if isinstance(decided, Refused):
        says = f"Dry run: it would be refused. {decided.says}"
        return Outcome(End.REFUSED_HERE, says, decided.next, decided.rule)
    return Outcome(End.DONE, f"Dry run: rule {decided.rule} allows it; nothing was sent.", rule=decided.rule)


async def _done(
    session: Session, desk: AlertDesk, offer: Offer, arm: str | None, reason: str | None
) -> Outcome:
    if arm is not None:
        armed = await session.arm(arm, ARM_MINUTES)
        if armed.end is not End.DONE:
            return armed
    outcome = await desk.perform(offer, reason or arm or "")
    if outcome.end is End.UNKNOWN:
        explain(f"{outcome.says} {outcome.next}")
        outcome = await desk.settle(ASK_FOR_S) or outcome
    return outcome
