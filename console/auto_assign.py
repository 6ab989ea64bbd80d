"""Why the automatic assignment of production domains is off, and since when. Pure.

The host says that it is off, not why: that is put together from what else it says. What it does not say
is said to be unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.readings import Millis
from console.world import World

ROLLED_BACK = "instant-rollback-created"
"""The host's kind of activity for an instant rollback, an abort's among them."""
NEAR_MS: Millis = 5 * 60_000
"""The activity of a rollback is dated at most so long after its request."""
BEFORE_MS: Millis = 5_000
"""… and at most so long before it: an earlier one is another rollback, while this one's is not read yet."""


@dataclass(frozen=True, slots=True)
class Off:
    """Since when it is off and by what; ``None`` where the host does not say."""

    at: Millis | None
    by: str | None


def off(world: World) -> Off | None:
    """What is known of the automatic assignment being off; ``None`` if it is not."""
    project = world.project.value
    if project is None or project.auto_assign_domains is not False:
        return None
    return _by_its_job(world) or _by_activity(world) or Off(None, _who(world))


def sentence(found: Off, releasing: bool, now: Millis, promote: str = "P") -> str:
    """The standing line, with how it is undone: by ``promote``, the key or the command."""
    since = f"since {moment(found.at, now)}" if found.at is not None else "(Vercel does not say since when)"
    by = f": {found.by}" if found.by else ""
    undo = (
        f"{promote} switches it on again once this release is over."
        if releasing
        else f"Undo: {promote} promotes one and switches it on again."
    )
    return (
        f"Automatic assignment of production domains is off {since}{by}. "
        f"New production deployments stay staged. {undo}"
    )


def _by_its_job(world: World) -> Off | None:
    """The newest promote or rollback of the project, where that was a rollback."""
    project = world.project.value
    job = project.alias_job if project else None
    if project is None or job is None or job.kind != "rollback":
        return None
    who = _person_near(world, job.requested_at) or (
        project.rolled_back.username if project.rolled_back else None
    )
    did = "aborted the release of" if job.from_release_canary_id else "rolled back to"
    what = _short(world, job.from_release_canary_id or job.to_deployment_id)
    why = f" ({project.rolled_back.why})" if project.rolled_back and project.rolled_back.why else ""
    return Off(job.requested_at, f"{who or 'somebody'} {did} {what}{why}")


def _by_activity(world: World) -> Off | None:
    happened = world.activity.value.entries if world.activity.value else ()
    entry = next((one for one in reversed(happened) if one.kind == ROLLED_BACK), None)
    return None if entry is None else Off(entry.at, entry.text or "an instant rollback")


def _person_near(world: World, at: Millis) -> str | None:
    """The first word of the host's sentence about the rollback is who did it."""
    happened = world.activity.value.entries if world.activity.value else ()
    near = [one for one in happened if one.kind == ROLLED_BACK and -BEFORE_MS <= one.at - at <= NEAR_MS]
    found = min(near, key=lambda one: abs(one.at - at), default=None)
    who, _, _ = found.text.partition(" rolled back") if found else ("", "", "")
    return who if found and who != found.text else None


def _who(world: World) -> str | None:
    project = world.project.value
    changed_by = project.auto_assign_changed_by if project else None
    account = world.account.value
    if changed_by is None:
        return None
    if account is not None and account.user_id == changed_by:
        return f"switched by {account.username}"
    return f"switched by {changed_by}"


def _short(world: World, deployment_id: str) -> str:
    listed = world.candidates.value.candidates if world.candidates.value else ()
    known = [one.deployment for one in listed] + list(world.deployments.values())
    sha = next((one.commit_sha for one in known if one.id == deployment_id and one.commit_sha), None)
    return sha[:7] if sha else deployment_id


def moment(at: Millis, now: Millis) -> str:
    """``14:02 (6 min ago)`` in the process's own time zone, with the date if that was another day."""
    try:
        then, today = (datetime.fromtimestamp(one / 1000).astimezone() for one in (at, now))
    except (OverflowError, OSError, ValueError):
        return "?"
    text = f"{then:%H:%M}" if then.date() == today.date() else f"{then:%d %b %H:%M}"
    seconds = max(0, now - at) // 1_000
    if seconds < 90:
        return f"{text} ({seconds} s ago)"
    minutes = seconds // 60
    age = (
        f"{minutes} min"
        if minutes < 100
        else f"{minutes // 60} h"
        if minutes < 2_880
        else f"{minutes // 1440} d"
    )
    return f"{text} ({age} ago)"
