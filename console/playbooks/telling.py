"""A playbook in plain text: what it asks for, and its steps in order with where each leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from console.envelope import Json
from console.playbooks.fault import on_one_line
from console.playbooks.model import END, Param, Plain, Playbook, Step, Way

WHEN = {"on_fail": "if it fails", "on_timeout": "when the time is over", "on_no_data": "without data"}


def page(playbook: Playbook) -> Iterator[str]:
    """The plan view, line by line. Nothing is filled in: that happens at the start of a run."""
    yield from map(on_one_line, _page(playbook))


def _page(playbook: Playbook) -> Iterator[str]:
    yield f"{playbook.title} ({playbook.name}, version {playbook.version})"
    if playbook.about:
        yield playbook.about
    for key, label in (
        ("severity_hint", "Severity"),
        ("roles", "Roles"),
        ("triggers", "Offered for"),
        ("timeout", "At most"),
    ):
        if playbook.fields.get(key):
            told = _plain(playbook.fields[key])
            yield f"{label}: {_role(told) if key == 'roles' else told}"
    if playbook.params:
        yield "Parameters:"
        yield from (f"  {_param(one)}" for one in playbook.params)
    if playbook.secrets:
        yield f"Secrets: {', '.join(playbook.secrets)}"
    changing = sum(step.effect for step in playbook.steps)
    yield f"Steps: {len(playbook.steps)}, of which {changing} change production (marked !)"
    for number, step in enumerate(playbook.steps, start=1):
        after = playbook.steps[number].id if number < len(playbook.steps) else END
        yield ""
        yield f"{number:>3}. {'!' if step.effect else ' '} {step.title}  [{step.id}, {step.kind}]"
        yield from (f"       {line}" for line in _lines(step, after))


def _param(one: Param) -> str:
    given = "empty" if one.default == "" else _plain(one.default)
    must = "required" if one.required else "optional" if one.default is None else f"{given} if not given"
    return f"{one.name}: {one.type}, {must}" + (f"; {one.about}" if one.about else "")


def _lines(step: Step, after: str) -> Iterator[str]:
    yield says(step)
    if "if" in step.fields:
        yield f"only if {step.fields['if']}"
    conditions = step.fields.get("assert")
    for one in conditions if isinstance(conditions, list) else ():
        yield f"holds: {one}"
    if "role" in step.fields:
        yield f"by: {_role(step.fields['role'])}"
    retry = step.fields.get("retry")
    if isinstance(retry, dict):
        yield f"tried up to {retry.get('times')} times, every {retry.get('every')}"
    if "timeout" in step.fields:
        yield f"within {step.fields['timeout']}"
    for way in step.ways:
        if way.when != "next" or way.to != after:
            yield _way(way)


def _way(way: Way) -> str:
    to = "the end" if way.to == END else way.to
    most = f" (at most {way.at_most} ×)" if way.at_most is not None else ""
    when = "then" if way.when == "next" else WHEN.get(way.when, f"“{way.when}”")
    return f"{when} → {to}{most}"


def says(step: Step) -> str:
    """What the step does, as a clause."""
    return _SAYS[step.kind](step.fields) if step.kind in _SAYS else step.kind


Fields = Mapping[str, Plain]


def _metric(f: Fields) -> str:
    compare = f.get("compare")
    of = (
        f"{compare.get('subject')} against {compare.get('control')}"
        if isinstance(compare, dict)
        else f.get("subject")
    )
    least = f", from {f['min_requests']} requests on" if "min_requests" in f else ""
    return f"look at {f.get('query')} of {of} over {f.get('window')}{least}"


def _http(f: Fields) -> str:
    request = f.get("request")
    asked = request if isinstance(request, dict) else {}
    return f"{asked.get('method', 'GET')} {asked.get('url')}"


def _flag(f: Fields) -> str:
    change = f.get("set")
    variant = change.get("pause_on") if isinstance(change, dict) else ""
    return f"pause the flag {f.get('flag')} on {variant} in {f.get('environment', 'production')}"


def _rollout(f: Fields) -> str:
    do = str(f.get("do"))
    words = {"hold": "hold the rolling release (change freeze)", "thaw": "end the change freeze"}
    stage = f" to stage {f['stage']}" if "stage" in f else ""
    return words.get(do, f"{do} the rolling release{stage}")


def _rollback(f: Fields) -> str:
    approval = f.get("approval")
    policy = approval.get("policy") if isinstance(approval, dict) else ""
    origin = f" from {f['from']}" if "from" in f else ""
    aim = f"request a rollback of {f.get('scope')}{origin} to {f.get('to')}"
    return f"{aim}; approval by {policy}: {f.get('reason')}"


def _message(f: Fields) -> str:
    confirm = f", once {_role(f['requires_confirm'])} confirms" if "requires_confirm" in f else ""
    return f"send {f.get('template')}{confirm}"


def _role(name: Plain) -> str:
    return str(name).replace("_", " ")


def _plain(value: Plain | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


_SAYS: Mapping[str, Callable[[Fields], str]] = {
    "manual": lambda f: " ".join(str(f.get("text")).split()),
    "metric": _metric,
    "http": _http,
    "flag": _flag,
    "rollout": _rollout,
    "rollback": _rollback,
    "command": lambda f: f"run {f.get('argv')}",
    "decision": lambda f: f"decide: {f.get('prompt')}",
    "timer": lambda f: f"wait {f['for']}" if "for" in f else f"wait until {f.get('until')}",
    "message": _message,
    "playbook": lambda f: f"run the playbook {f.get('use')}",
}


def as_json(playbook: Playbook, file: str, digest: str) -> Json:
    """The same for programs."""
    return {
        "name": playbook.name,
        "version": playbook.version,
        "title": playbook.title,
        "about": playbook.about,
        "file": file,
        "sha256": digest,
        "params": [
            {"name": one.name, "type": one.type, "required": one.required, "default": one.default}
            for one in playbook.params
        ],
        "secrets": list(playbook.secrets),
        "steps": [_step_json(step) for step in playbook.steps],
    }


def _step_json(step: Step) -> Json:
    return {
        "id": step.id,
        "kind": step.kind,
        "title": step.title,
        "line": step.line,
        "effect": step.effect,
        "role": step.fields.get("role"),
        "says": says(step),
        "ways": [{"when": way.when, "to": way.to, "at_most": way.at_most} for way in step.ways],
    }
