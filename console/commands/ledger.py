"""``coalmine ledger tail|verify|export``: the ledger, read, proven and handed over; its other verbs stand
in ``ledger_checkpoint`` and ``ledger_keeping``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from console.commands.ledger_checkpoint import FILE, Beside, all_beside, checkpoint, holds
from console.commands.ledger_keeping import accept, backup, redact, restore
from console.commands.ledger_place import open_ledger
from console.commands.shared import DONE, FAILED, USAGE, answer, explain, run, visible
from console.commands.streams import harmless
from console.envelope import Recorded, VerifyReport
from console.export import export_line
from console.narrate import narrate
from console.ports import StoreUnusable
from console.readings import Millis
from console.target import load_settings
from data.atomic import replacing
from data.clock import SystemClock
from data.sqlite.follow import follow
from data.sqlite.ledger import SqliteLedger

PAGE = 1000


@click.group("ledger")
def command() -> None:
    """The record of all that people and the console decided: read, verify, export, keep."""


for verb in (checkpoint, redact, backup, restore, accept):
    command.add_command(verb)


@command.command("tail")
@click.option("-n", "count", type=click.IntRange(min=0), default=20, show_default=True, help="How many.")
@click.option("-f", "--follow", "following", is_flag=True, help="Go on with new events until stopped.")
@click.option("--stream", help="Of this stream only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, as in an export.")
def tail(count: int, following: bool, stream: str | None, as_json: bool) -> None:
    """The newest events, oldest first."""
    with closing(open_ledger()) as ledger:
        head = ledger.head().seq
        for event in reversed(
            ledger.read(stream=stream, before_seq=head + 1, limit=count, newest_first=True)
        ):
            _tell(event, as_json)
        if following:
            run(_follow(ledger, head, stream, as_json))


async def _follow(ledger: SqliteLedger, head: int, stream: str | None, as_json: bool) -> None:
    async for page in follow(ledger, SystemClock(), after_seq=head, stream=stream):
        for event in page:
            _tell(event, as_json)


def _tell(event: Recorded, as_json: bool) -> None:
    print(harmless(export_line(event)) if as_json else line(event), flush=True)


def line(event: Recorded) -> str:
    """Number, local time, kind, who, and what in a sentence; safe on a terminal."""
    who = event.actor.person
    return visible(f"{event.seq:>6}  {local(event.at)}  {event.kind:<16}  {who:<10}  {narrate(event)}")


def local(at: Millis) -> str:
    """The moment in local time, to the second; the bare number if it is no date."""
    try:
        return datetime.fromtimestamp(at / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(at)


@command.command("verify")
@click.option(
    "--checkpoint", "files", type=FILE, multiple=True, metavar="FILE", help="Beside this checkpoint, too."
)
@click.option(
    "--signers",
    type=FILE,
    metavar="FILE",
    help="Whose keys count; the default is allowed_signers by the ledger.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def verify(files: tuple[Path, ...], signers: Path | None, as_json: bool) -> None:
    """Prove that nothing was changed, removed or reordered. Exit code 1 names where it was.

    That its end was cut off, or all of it written anew, only a checkpoint shows: one that was kept elsewhere,
    and what this user's consoles saw last.
    """
    loaded = load_settings()
    try:
        with closing(open_ledger(loaded)) as ledger:
            report = ledger.verify()
            beside = list(all_beside(ledger, loaded, files, signers))
    except StoreUnusable as error:
        if error.problem.kind != "garbage":
            raise
        explain(f"{error.problem.what}\n{error.problem.next}")
        sys.exit(FAILED)
    if as_json:
        answer(as_answer(report, beside))
    else:
        for told in in_words(report, beside):
            print(visible(told))
    sys.exit(DONE if holds(report, beside) else FAILED)


def as_answer(report: VerifyReport, beside: Sequence[Beside]) -> dict[str, object]:
    """The report for programs."""
    return {
        "ok": holds(report, beside),
        "checked": report.checked,
        "head": {"seq": report.head.seq, "hash": report.head.hash},
        "redacted": report.redacted,
        "breaks": [{"seq": fault.seq, "what": fault.what} for fault in report.breaks],
        "checkpoints": [one.as_answer() for one in beside],
    }


def in_words(report: VerifyReport, beside: Sequence[Beside]) -> Iterator[str]:
    """The report for people."""
    for fault in report.breaks:
        yield f"event {fault.seq}: {fault.what}" if fault.seq else fault.what
    redacted = f", {report.redacted} of them redacted" if report.redacted else ""
    if report.ok:
        yield f"The chain holds: {report.checked} events{redacted}, head {report.head.seq} {report.head.hash}"
    else:
        yield f"The chain is broken in {len(report.breaks)} places ({report.checked} events{redacted} read)."
        yield "Keep this file as it is, and compare it with a backup or an export."
    for one in beside:
        yield one.in_words()
    if not beside:
        yield "Keep a checkpoint elsewhere: only it can show that events were cut off at the end."


@command.command("export")
@click.option("--stream", help="Of this stream only.")
@click.option("--after", "after_seq", type=click.IntRange(min=0), default=0, help="Behind this event.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Into this file.")
def export(stream: str | None, after_seq: int, output: Path | None) -> None:
    """Events as JSON Lines: the envelope and its payload (see `coalmine schema ledger-export`).

    With -o the file appears whole or not at all.
    """
    with closing(open_ledger()) as ledger:
        events = _pages(ledger, stream, after_seq)
        if output is None:
            for event in events:
                print(harmless(export_line(event)))
            return
        count = 0
        try:
            with replacing(output) as file:
                for event in events:
                    file.write(export_line(event) + "\n")
                    count += 1
        except OSError as error:
            explain(f"{output} could not be written: {error.strerror}; nothing was changed there.")
            sys.exit(USAGE)
    explain(f"{count} events in {output}")


def _pages(ledger: SqliteLedger, stream: str | None, after_seq: int) -> Iterator[Recorded]:
    """The events up to the present head, a page at a time."""
    end = ledger.head().seq + 1
    while page := ledger.read(stream=stream, after_seq=after_seq, before_seq=end, limit=PAGE):
        yield from page
        after_seq = page[-1].seq
