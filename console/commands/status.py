"""``coalmine status``: how it is now, in a few lines."""

from __future__ import annotations

import sys

import click

from console.commands.logfile import log_to
from console.commands.report import metric_lines, release_lines, status_report
from console.commands.shared import DONE, FAILED, HOLD, NO_DATA, answer, explain, run, say
from console.commands.status_line import status_line
from console.target import looking_at
from console.wiring import build_session, open_stores
from console.world import SourceState, World

EXIT_OF = {"promote": DONE, "hold": HOLD, "rollback": FAILED, "no_data": NO_DATA}


@click.command("status")
@click.option("--line", "as_line", is_flag=True, help="In one line without colour, for a status bar.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(as_line: bool, as_json: bool) -> None:
    """How it is now, as the host and the metrics say.

    The exit code is the verdict's: 0 promote, 3 hold, 1 rollback, 4 no data (or the host could not be
    asked). Without a running release it is 0, or 1 where production has been worse than its own past since
    it serves something else.
    """
    if as_line and as_json:
        raise click.UsageError("Either --line or --json.")
    sys.exit(run(_status(as_line, as_json)))


async def _status(as_line: bool, as_json: bool) -> int:
    aim = looking_at()
    log_to(aim.loaded.state_dir)
    session = build_session(aim, open_stores(aim.ledger_path, aim.clock), via="command")
    try:
        await session.look_once()
        world = session.world()
    finally:
        await session.close()
    if as_line:
        say(status_line(world, sound=exit_code(world) != NO_DATA))
    elif as_json:
        answer(status_report(world))
    else:
        for line in (*release_lines(world), *metric_lines(world)):
            say(line)
        for line in aim.loaded.unused:
            explain(line)
        for banner in world.banners:
            explain(banner.outside)
        for source in world.sources:
            if source.state not in (SourceState.OK, SourceState.OFF) and source.problem is not None:
                explain(f"{source.title}: {source.problem.what} {source.problem.next}")
    return exit_code(world)


def exit_code(world: World) -> int:
    """The verdict's exit code while a release runs; without one 0, or 1 where production is worse than its
    own past; 4 when the host is not reached.

    A ``promote`` of a moment ago does not count if a source failed just now: 0 lets scripts go on.
    """
    if world.release.problem is not None or world.release.at is None:
        return NO_DATA
    if world.release.value is None or not world.release.value.active:
        return FAILED if world.bake is not None and world.bake.worse else DONE
    code = EXIT_OF[world.verdict.word.value] if world.verdict is not None else NO_DATA
    healthy = all(source.state in (SourceState.OK, SourceState.OFF) for source in world.sources)
    return code if healthy or code != DONE else NO_DATA
