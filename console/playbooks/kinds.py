"""The kinds of step, the fields of each and those of the front matter: the whole format, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.playbooks.evaluate import Type
from console.playbooks.shapes import (
    ID,
    Action,
    AnyValue,
    Argv,
    Condition,
    Duration,
    Field,
    Free,
    Later,
    ListOf,
    Table,
    Target,
    Text,
    Truth,
    Whole,
    Word,
)

ROLES = (
    "incident_commander",
    "deputy",
    "scribe",
    "subject_matter_expert",
    "ops_lead",
    "customer_liaison",
    "internal_liaison",
)
SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4")
PARAMS: Mapping[str, Type] = {
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "duration": "text",
    "deployment": "text",
    "hostname": "text",
    "flag": "text",
}
"""Types of parameters, and what each is in an expression."""

SLUG = Text(fills=False, pattern=ID, says="small letters, digits and `-`")
WORD = Text(fills=False)
ROLE = Word(ROLES)
WAY = Table(
    {
        "goto": Field(Target(), "The step that comes then, or `end`.", required=True),
        "at_most": Field(Whole(1, 100), "How often this way may be taken in a run."),
    }
)
CAPTURE = Free(
    Table(
        {
            "type": Field(Word(("number", "string", "boolean")), "Its type.", required=True),
            "value": Field(Condition(value=True), "The expression that gives it.", required=True),
        }
    )
)

COMMON: Mapping[str, Field] = {
    "id": Field(SLUG, "Its name within the playbook.", required=True),
    "kind": Field(Text(fills=False), "What kind of step it is.", required=True),
    "title": Field(Text(), "Its title; without one, the heading above."),
    "if": Field(Condition(), "It is only done where this holds."),
    "role": Field(ROLE, "Whose step it is."),
    "timeout": Field(Duration(), "How long it may take."),
    "retry": Field(
        Table(
            {
                "times": Field(Whole(1, 1_000), "How often it is tried at most.", required=True),
                "every": Field(Duration(), "The time between two tries.", required=True),
                "backoff": Field(Word(("fixed", "exponential")), "Whether that time doubles."),
            }
        ),
        "Try again before it counts as failed.",
    ),
    "on_fail": Field(WAY, "Where to go when it failed; without it the run pauses and asks."),
    "on_timeout": Field(WAY, "Where to go when its time is over."),
    "on_no_data": Field(WAY, "Where to go when there is no data; without it the run pauses and asks."),
    "next": Field(Target(), "The step after it; without it the next in the document."),
    "skippable": Field(Truth(), "Whether a person may leave it out, with a reason."),
    "undo": Field(Action(), "What takes it back: offered, never done by itself."),
    "docs": Field(Text(), "An address to read more at."),
}
WAYS = ("on_fail", "on_timeout", "on_no_data")


@dataclass(frozen=True)
class Kind:
    """One kind of step."""

    about: str
    fields: Mapping[str, Field]
    effect: bool = False
    """Whether it changes production."""
    names: Mapping[str, Type] = field(default_factory=dict)
    """What its expressions may name besides parameters."""
    one_of: tuple[str, ...] = ()
    """Exactly one of these is wanted."""
    instead: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Wrong field → what to say, and the field that is meant by it."""


ASSERT = Field(ListOf(Condition(), single=True), "What has to hold.", required=True)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_ARGV = "`command` takes `argv`, a list, never a shell line"
_SET = "use `set: {pause_on: VARIANT}`"

KINDS: Mapping[str, Kind] = {
    "manual": Kind(
        "A person does it and says so.",
        {
            "text": Field(Text(), "What to do.", required=True),
            "evidence": Field(Word(("none", "text", "link")), "What to leave behind."),
        },
    ),
    "metric": Kind(
        "A metric is looked at.",
        {
            "query": Field(WORD, "A metric of the catalogue.", required=True),
            "compare": Field(
                Table(
                    {
                        "subject": Field(Text(), "The deployment it is about.", required=True),
                        "control": Field(Text(), "The one it is compared with.", required=True),
                    }
                ),
                "Two deployments, as `subject` and `control` in `assert`.",
            ),
            "subject": Field(Text(), "One deployment, as `subject` in `assert`."),
            "window": Field(Duration(), "How far back.", required=True),
            "min_requests": Field(Whole(1), "Fewer are no data."),
            "assert": ASSERT,
            "hold_for": Field(Duration(), "How long it has to hold."),
            "capture": Field(CAPTURE, "What later expressions may name."),
        },
        names={"subject": "number", "control": "number"},
        one_of=("compare", "subject"),
    ),
    "http": Kind(
        "A request is sent and its answer looked at.",
        {
            "request": Field(
                Table(
                    {
                        "method": Field(Word(METHODS), "How; anything but GET and HEAD is an effect."),
                        "url": Field(Text(), "Where.", required=True),
                        "headers": Field(Free(Text(), r"^[A-Za-z0-9-]{1,60}$"), "Sent with it."),
                        "body": Field(Text(), "Sent with it."),
                    }
                ),
                "The request.",
                required=True,
            ),
            "assert": ASSERT,
            "follow_redirects": Field(Truth(), "Whether it goes where it is sent on to."),
            "capture": Field(CAPTURE, "What later expressions may name."),
        },
        names={"status": "number", "json": "any", "header": "object", "body": "text", "latency_ms": "number"},
    ),
    "flag": Kind(
        "A flag is paused on a variant.",
        {
            "flag": Field(Text(), "Its key.", required=True),
            "set": Field(
                Table(
                    {"pause_on": Field(Text(), "The variant that everybody gets.", required=True)},
                    instead={
                        "enabled": "a flag has no `enabled` on Vercel; write `pause_on: VARIANT`",
                        "variant": "write `pause_on: VARIANT`",
                    },
                ),
                "What it becomes.",
                required=True,
            ),
            "environment": Field(Text(), "Of the flag; `production` where it is left out."),
            "capture_previous": Field(Truth(), "Whether the state before is kept, to offer it as undo."),
        },
        effect=True,
        instead={
            "to": (f"`flag` has no field `to`; {_SET}", "set"),
            "enabled": (f"`flag` has no field `enabled`; {_SET}", "set"),
            "variant": (f"`flag` has no field `variant`; {_SET}", "set"),
        },
    ),
    "rollout": Kind(
        "The rolling release is held or moved.",
        {
            "do": Field(
                Word(
                    ("hold", "thaw", "advance", "abort", "complete"),
                    {
                        "pause": "Vercel cannot pause a rolling release; write `hold` (a change freeze)",
                        "resume": "write `thaw`: it ends the change freeze",
                    },
                ),
                "What is done: `hold` is the change freeze, `thaw` its end.",
                required=True,
            ),
            "stage": Field(Whole(0, 100), "For `advance`: the stage it goes to."),
            "idempotent": Field(Truth(), "Whether doing it twice is the same as once."),
            "reason": Field(Text(), "Why, as it is recorded."),
        },
        effect=True,
    ),
    "rollback": Kind(
        "A rollback is requested, approved and carried out.",
        {
            "scope": Field(Word(("code", "database", "config", "feature")), "The level.", required=True),
            "project": Field(Text(), "Of which project."),
            "from": Field(Text(), "What is left."),
            "to": Field(Text(), "What it goes back to.", required=True),
            "approval": Field(
                Table(
                    {
                        "policy": Field(
                            Text(fills=False), "The rule of the policy it comes under.", required=True
                        ),
                        "expires": Field(Duration(), "How long the answer is waited for."),
                    }
                ),
                "Who has to agree, and until when.",
                required=True,
            ),
            "reason": Field(Text(most=500), "Why, as it is recorded.", required=True),
            "database": Field(Text(), "For `scope: database`: the name in `coalmine.toml`."),
        },
        effect=True,
    ),
    "command": Kind(
        "A command is run, never by a shell.",
        {
            "argv": Field(Argv(), "The program and its arguments, a list.", required=True),
            "cwd": Field(Text(), "Where it is run."),
            "env": Field(Free(Text()), "Its environment, besides PATH, HOME and LANG."),
            "expect_exit": Field(Whole(0, 255), "The exit code of success; 0 where it is left out."),
            "idempotent": Field(Truth(), "Whether it may be run again after a crash."),
            "capture": Field(CAPTURE, "What later expressions may name."),
        },
        effect=True,
        names={"exit": "number", "stdout": "text", "stderr": "text"},
        instead=dict.fromkeys(("run", "cmd", "command", "script", "shell"), (_ARGV, "argv")),
    ),
    "decision": Kind(
        "A person chooses the way.",
        {
            "prompt": Field(Text(), "The question.", required=True),
            "options": Field(
                ListOf(
                    Table(
                        {
                            "label": Field(Text(), "The answer.", required=True),
                            "goto": Field(Target(), "The step that it leads to.", required=True),
                        }
                    ),
                    least=2,
                ),
                "The answers.",
                required=True,
            ),
        },
    ),
    "timer": Kind(
        "Time passes.",
        {
            "for": Field(Duration(), "How long."),
            "until": Field(Text(), "Until when: a time with its zone, `2026-11-22T10:00:00Z`."),
        },
        one_of=("for", "until"),
    ),
    "message": Kind(
        "People are told.",
        {
            "template": Field(SLUG, "Which template.", required=True),
            "fields": Field(Free(Text()), "What is filled into it."),
            "requires_confirm": Field(ROLE, "Who has to confirm it before it is sent."),
        },
    ),
    "playbook": Kind(
        "Another playbook is run.",
        {
            "use": Field(SLUG, "Its name.", required=True),
            "version": Field(Whole(1), "Its version; the one there is where it is left out."),
            "params": Field(Free(AnyValue()), "Its parameters."),
        },
    ),
}

FRONT: Mapping[str, Field] = {
    "playbook": Field(SLUG, "Its name.", required=True),
    "version": Field(Whole(1), "Goes up with every change.", required=True),
    "title": Field(Text(fills=False, most=120), "What it is for, in a few words.", required=True),
    "about": Field(Text(fills=False, most=500), "When to use it."),
    "severity_hint": Field(Word(SEVERITIES), "The severity an incident with it mostly has."),
    "triggers": Field(ListOf(WORD, least=0), "Alerts and metrics it is offered for."),
    "roles": Field(ListOf(ROLE, least=0), "The roles it wants filled."),
    "params": Field(
        Free(
            Table(
                {
                    "type": Field(Word(tuple(PARAMS)), "Its type.", required=True),
                    "required": Field(Truth(), "Whether a run has to be given one."),
                    "default": Field(Later(), "What it is where none is given."),
                    "about": Field(Text(fills=False), "Its meaning."),
                }
            )
        ),
        "What is filled in at the start.",
    ),
    "secrets": Field(
        ListOf(
            Text(fills=False, pattern=r"^[A-Z][A-Z0-9_]{0,59}$", says="the name of a variable, `API_TOKEN`"),
            least=0,
        ),
        "Variables of the environment it needs; their values are never stored.",
    ),
    "hosts": Field(ListOf(Text(fills=False), least=0), "Hosts that its requests may go to."),
    "concurrency": Field(
        Table(
            {
                "key": Field(Text(), "Runs with the same key do not run at once.", required=True),
                "policy": Field(Word(("reject", "queue")), "What becomes of the second.", required=True),
            }
        ),
        "What may not run twice at once.",
    ),
    "timeout": Field(Duration(), "How long a run may take."),
}


def fields_of(kind: str | None) -> Mapping[str, Field]:
    """Every field a step of that kind may have; the common ones where it is not known."""
    return {**COMMON, **KINDS[kind].fields} if kind is not None and kind in KINDS else COMMON


def changes(kind: str, fields: Mapping[str, object]) -> bool:
    """Whether such a step changes production."""
    if kind == "http":
        request = fields.get("request")
        return isinstance(request, Mapping) and request.get("method", "GET") not in ("GET", "HEAD")
    return kind in KINDS and KINDS[kind].effect
