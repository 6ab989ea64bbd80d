"""``coalmine incident paste|pin``: evidence that is kept with an incident."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from console.commands.incident_options import ID, JSON
from console.commands.incident_written import written
from console.commands.incidents_here import IncidentsHere
from console.commands.moments import moment_around
from console.commands.shared import explain, run, words
from console.incidents.rules import refused

if TYPE_CHECKING:
    from console.event import Event
    from console.incidents.desk import Made
    from console.incidents.incident import Incident
    from console.outcome import Outcome
    from console.readings import Millis

HOUR = 60


@click.command("paste")
@ID
@click.option("--title", callback=words, default=None, help="What it is, in a few words.")
@click.option("--at", "when", metavar="WHEN", help="When it happened: 5m (ago), 14:02, or a date and time.")
@JSON
def paste(incident_id: str, title: str | None, when: str | None, as_json: bool) -> None:
    """Keep the text on standard input as evidence: `… | coalmine incident paste INC-1`.

    Its first 64 KiB. Escape codes are taken out, what looks like a secret becomes `***`; its length and
    digest are kept with it.
    """
    from console.incidents.pasting import MOST, pasted

    if sys.stdin is None or sys.stdin.isatty():
        explain("Type or paste the text, and end it with ctrl+d.")
    given = sys.stdin.buffer.read(MOST + 1) if sys.stdin is not None else b""

    def made(at: IncidentsHere, person: str) -> Made:
        event = pasted(person, title or "", given, lambda text: _scrubbed(at, text))
        return lambda one, now: event

    sys.exit(run(written(incident_id, made, "It stands in {id} as evidence.", as_json, when)))


def _scrubbed(at: IncidentsHere, text: str) -> str:
    """Without the values of our own secrets and of those in the environment."""
    from console.commands.doctor_bundle import redacted, secrets_of
    from data.commands import environment_secrets

    return redacted(text, [*secrets_of(at.here.aim), *environment_secrets()])


@click.command("pin")
@ID
@click.option("--metric", "name", required=True, metavar="NAME", help="Of the catalogue, such as error_rate.")
@click.option(
    "--minutes",
    type=click.IntRange(1, HOUR),
    default=30,
    show_default=True,
    help="How much time it shows.",
)
@click.option("--until", metavar="WHEN", help="Its end: now, or +5m (from the start), 20m (ago), 14:02.")
@JSON
def pin(incident_id: str, name: str, minutes: int, until: str | None, as_json: bool) -> None:
    """Keep the plot of a metric as it stands: canary against baseline, as text and as its numbers.

    It is drawn from what a console or `coalmine watch` has measured; of the release that is linked to the
    incident, else of the newest. Where nothing was measured there is a gap.
    """

    def made(at: IncidentsHere, person: str) -> Made:
        return lambda one, now: _pinned(at, one, person, name, minutes, until, now)

    sys.exit(run(written(incident_id, made, f"The plot of {name} is pinned to {{id}}.", as_json)))


def _pinned(
    at: IncidentsHere,
    incident: Incident,
    person: str,
    name: str,
    minutes: int,
    until: str | None,
    now: Millis,
) -> Event | Outcome:
    from contextlib import closing

    from console.canary.stages import Release
    from console.incidents.pinning import pinned, tracks_of
    from console.keeping import RELEASE, reading
    from console.wiring import open_samples, where_of

    where = where_of(at.here.aim)
    metric = where.catalogue.get(name)
    if metric is None:
        names = ", ".join(one.id for one in where.catalogue)
        return refused(f"There is no metric {name}.", f"There are: {names}")
    end = now if until is None else moment_around(until, now, incident.opened.started_at)
    if end is None or end > now:
        return refused(
            f"--until {until}: this is no moment that has passed.", "Write +5m, 20m, 14:02 or a date."
        )
    with closing(open_samples(at.here.ledger.path, at.here.aim.clock)) as samples:
        key = f"{where.scope}/{RELEASE}"
        newest = reading(Release, "vercel", samples.latest(key, end).get(key)).value
        linked = incident.linked("release")
        story = at.here.ledger.read(stream=f"release:{linked[-1]}") if linked else []
        tracks = tracks_of(incident, newest, story)
        return pinned(samples, where.scope, person, metric, tracks, end - minutes * 60_000, end)


EVIDENCE = (paste, pin)
