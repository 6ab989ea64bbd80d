"""What is allowed in a playbook and probably not meant: the second list of the validator."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from console.playbooks.fault import Fault, listed, meant, shown
from console.playbooks.filling import holes
from console.playbooks.flow import after, endless, reached
from console.playbooks.model import Plain, Playbook, Step
from console.playbooks.shapes import milliseconds

PARAMETER = re.compile(r"\{\{[^{}]*\}\}")
AUTHORITY = re.compile(r"https?://(\{\{[^{}]*\}\}(?=[:/?#]|$)|[^/?#]*)")
"""What is filled in right behind a host could name another one; so only a whole parameter is a host."""


def advice(
    playbook: Playbook, metrics: Collection[str] | None = None, environment: Collection[str] | None = None
) -> Iterator[Fault]:
    """Every warning. ``metrics``: ids of the catalogue, ``environment``: names of the variables that are set;
    ``None`` where that is not known, and nothing is said about it."""
    yield from _ways(playbook)
    yield from _effects(playbook)
    yield from _secrets(playbook, environment)
    yield from _hosts(playbook)
    yield from _timers(playbook)
    for step in playbook.steps:
        query = step.fields.get("query")
        if metrics is not None and isinstance(query, str) and query not in metrics:
            said = f"`query`: the catalogue has no metric `{shown(query)}`{meant(query, metrics)}"
            yield _at(step, "query", "metric-unknown", said)


def _at(step: Step, key: str, code: str, message: str) -> Fault:
    line, column = step.places.get(key, (step.line, None))
    return Fault(line, column, code, message)


def _ways(playbook: Playbook) -> Iterator[Fault]:
    seen = reached(playbook.steps)
    for step in playbook.steps:
        if step.id not in seen:
            said = f"no way leads to step `{step.id}`: it is never done"
            yield Fault(step.line, None, "unreachable", said)
    for step, way in endless(playbook.steps):
        said = f"`{way.to}` comes round without end: give a way `at_most`, or put in a timer or a decision"
        yield Fault(way.line or step.line, way.column, "endless", said)


def _effects(playbook: Playbook) -> Iterator[Fault]:
    by_id = {step.id: step for step in playbook.steps}
    for step in playbook.steps:
        if step.kind == "decision":
            for way in step.ways:
                to = by_id.get(way.to)
                if way.when == "on_timeout" and to is not None and to.effect:
                    said = f"`on_timeout` leads straight to `{way.to}`, which changes production"
                    yield Fault(way.line or step.line, way.column, "timeout-effect", said)
        if not step.effect:
            continue
        if "role" not in step.fields:
            yield Fault(step.line, None, "effect-role", f"`{step.id}` changes production and has no `role`")
        if not any(_looks(by_id[name]) for name in after(step, playbook.steps)):
            said = f"`{step.id}` changes production, and no step after it looks at what became of it"
            yield Fault(step.line, None, "effect-unchecked", said)


def _looks(step: Step) -> bool:
    return step.kind == "metric" or (step.kind == "http" and not step.effect)


def _secrets(playbook: Playbook, environment: Collection[str] | None) -> Iterator[Fault]:
    for name in playbook.secrets if environment is not None else ():
        if name not in (environment or ()):
            yield Fault(1, None, "secret-missing", f"the secret `{name}` is not set in the environment")
    for step in playbook.steps:
        request = step.fields.get("request")
        url = request.get("url") if isinstance(request, dict) else None
        places: list[tuple[str, Plain | None]] = [("request", url)]
        if step.kind == "message":
            places = [(key, value) for key, value in step.fields.items()]
        for key, value in places:
            for name in sorted(set(_holes(value)) & set(playbook.secrets)):
                where = "a message" if step.kind == "message" else "an address"
                yield _at(step, key, "secret-shown", f"the secret `{name}` would be shown in {where}")


def _holes(value: Plain | None) -> Iterator[str]:
    if isinstance(value, str):
        yield from holes(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _holes(one)
    elif isinstance(value, list):
        for one in value:
            yield from _holes(one)


def _hosts(playbook: Playbook) -> Iterator[Fault]:
    types = {one.name: one.type for one in playbook.params}
    for step in playbook.steps:
        request = step.fields.get("request")
        url = request.get("url") if isinstance(request, dict) else None
        if not isinstance(url, str):
            continue
        found = AUTHORITY.match(url)
        if found is None:
            yield _at(step, "request", "url", "`url` has to begin with `https://` or `http://`")
            continue
        host = found[1]
        if PARAMETER.fullmatch(host):
            if types.get(next(holes(host), "")) == "hostname":
                continue
        elif (_host(host) or "") in playbook.hosts:
            continue
        said = f"`{shown(host)}` is not among the hosts this playbook may ask; name it in `hosts`"
        yield _at(step, "request", "host", said)


def _host(authority: str) -> str | None:
    try:
        return urlsplit(f"//{authority}").hostname
    except ValueError:
        return None


def _timers(playbook: Playbook) -> Iterator[Fault]:
    limit = playbook.fields.get("timeout")
    spans = {
        step.id: str(step.fields["for"])
        for step in playbook.steps
        if step.kind == "timer"
        and isinstance(step.fields.get("for"), str)
        and "{{" not in str(step.fields["for"])
    }
    if not isinstance(limit, str) or "{{" in limit or not spans:
        return
    if sum(map(milliseconds, spans.values())) > milliseconds(limit):
        said = f"the timers ({listed(spans.values())}) take longer than the `timeout` of {limit}"
        yield Fault(1, None, "timers", said)
