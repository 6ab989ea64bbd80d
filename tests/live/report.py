"""What was said under each scenario, as a page."""

from __future__ import annotations

from collections.abc import Mapping

from tests.judging.report import table
from tests.live.course import BEFORE_S, STEP_S, Said, Told
from tests.live.expected import Expected, faults

SHARES = (5, 25, 50)
"""Percent of the visitors, by stage."""

HEAD = f"""\
# What the judge said under each scenario

Written by `make judge-live ARGS="--write docs/judge-live.md"`; the rows follow from the sources and the
simulator's seed.

The simulated shop (130 requests a second, 8,000 visitors) is written into an empty Prometheus as a scrape
every {STEP_S} s would have found it, and a session with the settings as shipped watches the release through
it: the same queries, each at the simulated moment, the same judges, the same ledger. For {BEFORE_S // 60}
minutes everything is well; then the scenario begins. Whoever watches moves the release on with every
`promote`; where it *stays*, it was moved to one stage at the start and remains there.

- **minutes** from the scenario's beginning to the rollback or each promotion, in steps of {STEP_S} s. Some
  harms only grow from there on. A scrape and the wait for the next poll are in it. What is rare, or begins
  small, is found when the canary has visitors enough: such a release is moved on before.
- **spoke** is the judge that rolled back first, and when the other one joined.
- **changes** is how often the word changed, from the first poll to the last.
"""

NOTES = """\
`make prove` checks every row but the minutes, which are only written down; the slow suite a dozen of them.
At another seed a harm is found sooner or later: how often in the long run is [measured
apart](judge-measured.md).
"""


def page(played: Mapping[str, tuple[Expected, Told]]) -> str:
    rows = [row(name, wanted, told) for name, (wanted, told) in played.items()]
    head = ["scenario", "played at", "expected", "said", "minutes", "culprits", "spoke", "changes", "why"]
    wrong = [
        f"- **{name}**: {fault}" for name, (wanted, told) in played.items() for fault in faults(wanted, told)
    ]
    said = ["## Not as expected", *wrong] if wrong else ["All of it is as expected."]
    return "\n".join([HEAD, table(head, rows), "", *said, "", NOTES])


def row(name: str, wanted: Expected, told: Told) -> list[str]:
    bad = told.first("rollback")
    return [
        name,
        f"{SHARES[wanted.stage]} %, stays" if wanted.stays else "5, 25, 50 %",
        wanted.verdict if not wanted.culprits else f"rollback: {' or '.join(wanted.culprits)}",
        _said(told, bad),
        _minutes(told, bad),
        ", ".join(bad.culprits) if bad is not None else "",
        _spoke(told, bad),
        str(len(told.words) - 1),
        wanted.why,
    ]


def _said(told: Told, bad: Said | None) -> str:
    if bad is not None:
        share = f" at {SHARES[bad.stage]} %" if bad.stage is not None else ""
        return f"rollback{share}"
    if told.complete:
        return "promote, to the end"
    eta = told.said[-1].verdict.eta_ms
    return told.said[-1].word + (f", {eta / 60_000:.0f} min more" if eta is not None else "")


def _minutes(told: Told, bad: Said | None) -> str:
    moved = ", ".join(f"{(at - told.began) / 60_000:.2f}" for at in told.moved)
    if bad is None:
        return moved
    return f"{told.minutes(bad):.2f}" + (f", moved on at {moved}" if moved else "")


def _spoke(told: Told, bad: Said | None) -> str:
    if bad is None:
        return ""
    judge = bad.verdict.judge
    joined = next((one for one in told.said if one.verdict.judge == "both"), None)
    if joined is None or judge == "both":
        return judge
    other = "limits" if judge == "statistical" else "statistical"
    return f"{judge}, {other} at {told.minutes(joined):.2f}"
