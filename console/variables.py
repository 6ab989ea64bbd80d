"""Environment variables that were set since a build: where it comes back, it keeps what it was built with.

The host says of a variable what it is called, for what, and when it was set; of values nothing is asked.
"""

from __future__ import annotations

import asyncio

from console.canary.stages import Deployment
from console.host import Host, Variable, Variables
from console.ports import SourceError
from console.readings import Millis

WAIT_S = 3.0
"""How long (in real seconds) they are waited for: harm goes on meanwhile, and no plan depends on them."""
MOST = 5
"""Lines of single variables; the rest is counted."""
UNSAID = "variables removed since cannot be known, and the team's shared ones are not looked at"


async def stays_built_in(
    host: Host, back_to: Deployment | None, present: Deployment | None
) -> tuple[str, ...]:
    """What was set since ``back_to`` was built, in words; or why that is not known. Never raises."""
    if back_to is None or back_to.created_at is None:
        return (unknown("the host does not say when that build was made"),)
    try:
        async with asyncio.timeout(WAIT_S):
            listed = await host.variables()
    except TimeoutError:
        return (unknown(f"the host did not answer within {WAIT_S:g} s"),)
    except SourceError as error:
        return (unknown(error.problem.what.rstrip(".")),)
    return differences(listed, back_to.created_at, present.created_at if present else None)


def unknown(why: str) -> str:
    return f"which environment variables were set since that build is not known: {why}"


def differences(listed: Variables, built_at: Millis, present_at: Millis | None) -> tuple[str, ...]:
    """The variables of production set after ``built_at``, the newest first.

    ``present_at``: when the build that would be left was made; what was set later it does not have either.
    """
    mine = [one for one in listed.found if _for_production(one)]
    later = sorted((one for one in mine if _set_at(one) > built_at), key=lambda one: (-_set_at(one), one.key))
    lines = [_line(one, built_at, present_at) for one in later[:MOST]]
    if len(later) > MOST:
        lines.append(f"and {len(later) - MOST} more environment variables that were set since that build")
    lines.append(UNSAID if later else f"no environment variable of production was set since; {UNSAID}")
    if undated := sum(not _set_at(one) for one in mine):
        were = "variable was" if undated == 1 else "variables were"
        lines.append(f"when {undated} environment {were} set is not known: the host does not say")
    if not listed.whole:
        lines.append(unknown("the host listed only a part of them"))
    return tuple(lines)


def _for_production(one: Variable) -> bool:
    return "production" in one.targets and one.branch is None


def _set_at(one: Variable) -> Millis:
    return max(one.updated_at or 0, one.created_at or 0)


def _line(one: Variable, built_at: Millis, present_at: Millis | None) -> str:
    added_at = one.created_at or 0
    added = added_at > built_at
    what, at = ("added", added_at) if added else ("changed", _set_at(one))
    keeps = "does without it" if added else "keeps what it was built with"
    neither = present_at is not None and at > present_at
    also = "; the build that it replaces does too" if neither else ""
    return (
        f"{one.key} ({one.kind}; {', '.join(one.targets)}) {what} {later_words(at - built_at)} after that "
        f"build: the rolled-back build {keeps}{also}"
    )


def later_words(elapsed: Millis) -> str:
    """``2 h``, ``40 min``, ``3 d``: the largest unit that is reached, rounded down."""
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")):
        if elapsed >= size:
            return f"{elapsed // size} {unit}"
    return "less than 1 s"
