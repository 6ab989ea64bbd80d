"""``coalmine flags list|show``: how the flags stand, as the back-end has them now. Nothing is changed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from console.commands.flags_report import list_lines, list_report, show_lines, show_report
from console.commands.shared import DONE, NO_DATA, answer, explain, run, say
from console.ports import SourceError

if TYPE_CHECKING:
    from console.flags.provider import FlagProvider
    from console.target import Target

F = TypeVar("F", bound=Callable[..., object])
HISTORY = 5
"""Versions that ``show`` tells."""

OPTIONS = (
    click.option("--store", metavar="STORE", help="Read an Edge Config store instead, by its id or slug."),
    click.option("--item", default="flags", show_default=True, help="The item of the store with the flags."),
    click.option("--json", "as_json", is_flag=True, help="As JSON."),
)


def reading_options(verb: F) -> F:
    """The options of both verbs: ``store``, ``item`` and ``as_json``."""
    for option in reversed(OPTIONS):
        verb = option(verb)
    return verb


@click.command("list", short_help="Every flag and how it stands.")
@click.option("--archived", is_flag=True, help="The archived ones instead.")
@click.option(
    "--tag", "tags", multiple=True, metavar="TAG", help="Only those with this tag; all, if several."
)
@click.option("--environment", default="production", show_default=True, help="Whose state is shown.")
@click.option(
    "--suspects", is_flag=True, help="Those that may be behind a harm, with reasons, the likeliest first."
)
@reading_options
def list_(
    archived: bool,
    tags: tuple[str, ...],
    environment: str,
    suspects: bool,
    store: str | None,
    item: str,
    as_json: bool,
) -> None:
    """Every flag, how it stands in an environment, and when it was changed last; the newest change first.

    The back-end is asked now: nothing of earlier is shown. Exit code: 0 all told, 4 the back-end does not
    answer or a flag cannot be read (the others are told).
    """
    if suspects:
        from console.commands.flags_suspects import tell_suspects

        if archived or tags:
            raise click.UsageError("--suspects looks at all flags: leave --archived and --tag out.")
        sys.exit(run(tell_suspects((store, item), as_json)))
    sys.exit(run(_list(archived, tags, environment, (store, item), as_json)))


@click.command("show", short_help="One flag: variants, rules, people, history.")
@click.argument("key")
@reading_options
def show(key: str, store: str | None, item: str, as_json: bool) -> None:
    """The flag KEY: its variants, who gets what in each environment, what changed last, what is odd.

    Exit code: 0 told, 4 the back-end does not answer or has no such flag.
    """
    sys.exit(run(_show(key, (store, item), as_json)))


@asynccontextmanager
async def provider_of(store: str | None, item: str) -> AsyncIterator[tuple[FlagProvider, Target]]:
    """The back-end that is asked, and what the settings look at; closed at the end."""
    from console.clients import flag_provider, host_client
    from console.target import looking_at

    aim = looking_at()
    host = host_client(aim)
    try:
        yield flag_provider(aim, host, store, item), aim
    finally:
        await host.transport.aclose()


async def _list(
    archived: bool, tags: Sequence[str], environment: str, place: tuple[str | None, str], as_json: bool
) -> int:
    async with provider_of(*place) as (provider, aim):
        found = await provider.list(archived=archived)
        now = aim.clock.now()
    kept = [one for one in found.flags if set(tags) <= set(one.raw.get("tags") or ())]
    kept.sort(key=lambda one: (-(one.raw.get("updatedAt") or 0), one.key))
    if as_json:
        answer(list_report(provider.name, kept, found.unreadable, now))
    else:
        for line in list_lines(provider.name, kept, environment, archived, now):
            say(line)
    for one in found.unreadable:
        explain(f"A flag cannot be read and is left out: {one}.")
    return NO_DATA if found.unreadable else DONE


async def _show(key: str, place: tuple[str | None, str], as_json: bool) -> int:
    async with provider_of(*place) as (provider, aim):
        held = await provider.get(key)
        history, segments = await asyncio.gather(
            provider.history(key, limit=HISTORY), provider.segments(), return_exceptions=True
        )
        now = aim.clock.now()
    versions, segments = _known(history, "history is"), _known(segments, "segments are")
    document = show_report(provider.name, held, versions, segments, now)
    if as_json:
        answer(document)
    else:
        for line in show_lines(held.flag, document, provider.capabilities.follows):
            say(line)
    return DONE


def _known(found: Any, what: str) -> Any:
    """What was answered; ``None``, and said so, where only this part of the answer is missing."""
    if isinstance(found, SourceError):
        explain(f"The {what} not known: {found.problem.what} {found.problem.next}")
        return None
    if isinstance(found, BaseException):
        raise found
    return found
