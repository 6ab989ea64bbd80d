"""``coalmine release freeze|thaw``: let nothing widen exposure, and end that."""

from __future__ import annotations

import sys

import click

from console.canary.stages import Release
from console.commands.acting import ARM_MINUTES, as_answer, session_of_command, tell_plainly
from console.commands.shared import USAGE, answer, explain, run, words
from console.outcome import End, Outcome
from console.ports import SourceError


def _verb(name: str, text: str) -> click.Command:
    @click.command(name, help=text)
    @click.option("--arm", metavar="REASON", callback=words, help="Arm this one command; say why.")
    @click.option("--reason", callback=words, help="Why, if not for the reason given to --arm.")
    @click.option("--json", "as_json", is_flag=True, help="As JSON.")
    def verb(arm: str | None, reason: str | None, as_json: bool) -> None:
        sys.exit(run(_change(name, arm, reason, as_json)))

    return verb


async def _change(name: str, arm: str | None, reason: str | None, as_json: bool) -> int:
    why = reason or arm
    if why is None:
        explain("Say why it is done: --reason TEXT. It is recorded.")
        return USAGE
    async with session_of_command() as (session, _):
        await session.identify()
        outcome = Outcome(End.DONE, "") if arm is None else await session.arm(arm, ARM_MINUTES)
        if outcome.end is End.DONE:
            change = session.production.freeze if name == "freeze" else session.production.thaw
            outcome = await change(why)
        beyond = ""
        if name == "freeze" and outcome.end is End.DONE:
            try:
                beyond = beyond_us((await session.production.situation("abort")).release)
            except SourceError as error:
                beyond = f"Whether a release advances by itself is not known: {error.problem.what}"
    if as_json:
        answer({**as_answer(outcome), "beyond": beyond or None})
    else:
        tell_plainly(outcome)
        if beyond:
            explain(beyond)
    return outcome.end.exit_code


def beyond_us(release: Release | None) -> str:
    """What a freeze cannot stop: a release that the host advances by itself; empty if there is none."""
    stage = release.stage if release is not None else None
    if release is None or stage is None or stage.duration_s is None or stage.requires_approval:
        return ""
    if release.paused:
        return "The release is paused by the host; once it goes on it advances by itself, frozen or not."
    following = release.next_stage
    to = f" to {following.percentage} %" if following is not None else ""
    return (
        f"Vercel advances this release by itself{to}, and a freeze cannot stop that. "
        "To stop it: coalmine release abort --arm REASON"
    )


freeze = _verb(
    "freeze",
    "Let nothing widen exposure: start, advance, complete and promote are refused until `release thaw`. "
    "Abort and rollback stay possible. Refused unless armed.",
)
thaw = _verb("thaw", "End the freeze. Refused unless armed.")
