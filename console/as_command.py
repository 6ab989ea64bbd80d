"""An act of the console as the ``coalmine …`` command that does the same."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Literal

from console.actions import Action, Configure, Promote, Rollback, Start
from console.stage_words import written


def as_command(action: Action, reason: str, arm: str | None = None) -> str:
    """The command line for a POSIX shell that would take ``action``.

    ``arm`` is why the session was armed; a command arms itself, by default for the act's own reason.
    """
    return _line([*_verb(action), *_why(reason, arm)])


def as_freeze_command(verb: Literal["freeze", "thaw"], reason: str, arm: str | None = None) -> str:
    """The command line that begins (or ends) a change freeze."""
    return _line([verb, *_why(reason, arm)])


def as_flag_command(
    verb: Sequence[str],
    reason: str,
    arm: str | None = None,
    minutes: int | None = None,
    incident: str | None = None,
) -> str:
    """The command line that changes flags: ``verb`` with its keys and options, for ``minutes`` if given."""
    timed = [] if minutes is None else ["--for", str(minutes)]
    of = [] if incident is None else ["--incident", incident]
    return shlex.join(["coalmine", "flags", *verb, *timed, *_why(reason, arm), *of])


_OF_REQUESTS = {"submit": "accept", "break_glass": "break-glass", "skip": "execute", "reverse": "undo"}
"""Commands that have another name than what they do has inside."""


def as_request_command(verb: str, request_id: str, reason: str = "", verdict: str = "") -> str:
    """The command line that answers a request, takes that back, carries it out, or reviews it."""
    why = ["--verdict", verdict] if verdict else []
    if reason:
        why += ["--skip" if verb == "skip" else "--reason", reason]
    return shlex.join(["coalmine", "rollback", _OF_REQUESTS.get(verb, verb), request_id, *why])


_READS = (
    (r"/rolling-release/config$", "coalmine release config show"),
    (r"/rolling-release/billing$", "coalmine doctor"),
    (r"/rolling-release$", "coalmine release show --json"),
    (r"/promote/aliases$|/rollback/aliases$", "coalmine status --json"),
    (r"^/v\d+/deployments$", "coalmine release candidates --json"),
    (r"^/v\d+/deployments/", "coalmine release show --json"),
    (r"^/v\d+/user$|^/v\d+/teams", "coalmine doctor --json"),
    (r"/api/v1/", "coalmine status --json"),
)
_EFFECTS = (
    (r"/rolling-release/approve-stage$", "coalmine release advance --dry-run"),
    (r"/rolling-release/complete$", "coalmine release complete --dry-run"),
    (r"/rolling-release/start$", "coalmine release candidates"),
    (r"/rolling-release/config$", "coalmine release config show"),
    (r"/promote/([^/]+)$", "coalmine release promote {} --dry-run"),
    (r"/rollback/([^/]+)$", "coalmine release rollback {} --dry-run"),
)


def as_read_command(path: str, *, effect: bool = False) -> str:
    """The command that asks what a request to ``path`` asked.

    Of an effect, the command that only says what it would do: what was done stands with the act itself.
    """
    for pattern, command in _EFFECTS if effect else _READS:
        found = re.search(pattern, path)
        if found is not None:
            return command.format(*map(shlex.quote, found.groups()))
    return "coalmine status --json"


def _verb(action: Action) -> list[str]:
    if isinstance(action, Configure):
        stages = [word for stage in action.stages for word in ("--stage", written(stage))]
        return ["config", "set", *(stages or ["--off"])]
    if isinstance(action, Start):
        return ["start", action.canary_deployment_id]
    if isinstance(action, Promote | Rollback):
        return [action.NAME, action.deployment_id]
    return [action.NAME]


def _why(reason: str, arm: str | None) -> list[str]:
    arm = arm or reason
    return ["--arm", arm] if arm == reason else ["--reason", reason, "--arm", arm]


def _line(words: list[str]) -> str:
    return shlex.join(["coalmine", "release", *words])
