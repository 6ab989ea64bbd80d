"""``coalmine release record``: a release as a recording, to judge it again."""

from __future__ import annotations

import sys

import click

from console.canary.stages import Release
from console.chosen import intervals, judging_terms
from console.commands.shared import DONE, NO_DATA, answer_line, explain
from console.earlier import KEPT_MS, good_before
from console.keeping import RELEASE, reading
from console.target import Target, load_settings, target
from console.wiring import open_stores, where_of

STREAM = "release:"


@click.command("record", short_help="A release as a recording for `coalmine judge`.")
@click.argument("canary", required=False, metavar="[CANARY]")
@click.option("--json", "as_json", is_flag=True, help="As JSON, which it always is.")
def command(canary: str | None, as_json: bool) -> None:
    """Print what was measured of a release, as one line of JSON that `coalmine judge -` reads.

    CANARY is the id of the canary's deployment; without it the newest release is meant. It is made from
    what consoles on this ledger measured, which is kept for a week; nobody is asked. Exit code 4 if there
    is nothing.
    """
    sys.exit(_record(target(load_settings()), canary))


def _record(aim: Target, canary: str | None) -> int:
    from console.live_judging import live_recording, release_of

    stores = open_stores(aim.ledger_path, aim.clock)
    try:
        where, settings = where_of(aim), aim.settings
        key = f"{where.scope}/{RELEASE}"
        newest = reading(Release, "vercel", stores.samples.latest(key).get(key)).value
        wanted = canary or (newest.canary.id if newest is not None and newest.canary is not None else None)
        story = stores.ledger.read(stream=f"{STREAM}{wanted}") if wanted else []
        release = release_of(wanted, newest, story) if wanted else None
        if release is None:
            explain(f"No release of {wanted} is known here." if wanted else "No release is known here.")
            explain("A console or `coalmine watch` records the releases that it sees.")
            return NO_DATA
        every = intervals(settings)
        found = live_recording(
            release,
            story,
            stores.samples,
            where.scope,
            where.catalogue.asked,
            judging_terms(settings),
            max(every.metrics, every.scrape),
            aim.clock.now(),
            good_before(stores.ledger, wanted or "", release.started_at, release.started_at - KEPT_MS),
        )
    finally:
        stores.ledger.close()
        stores.samples.close()
    if found is None:
        explain(f"Nothing was measured of {wanted}, or it is not kept any more.")
        return NO_DATA
    answer_line(found.model_dump(mode="json", exclude_none=True))
    return DONE
