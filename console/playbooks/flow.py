"""The ways between the steps: what is reached, what comes after, what goes round without end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from console.playbooks.model import Step, Way

PAUSES = ("timer", "decision", "manual")
"""Kinds at which time passes or a person is asked, so that a loop through them is no endless one."""


def reached(steps: Sequence[Step]) -> set[str]:
    """The ids of all that can be reached from the first step."""
    return {steps[0].id} | after(steps[0], steps) if steps else set()


def after(step: Step, steps: Sequence[Step]) -> set[str]:
    """The ids of all that can come after ``step``."""
    by_id = {one.id: one for one in steps}
    found: set[str] = set()
    todo = [way.to for way in step.ways]
    while todo:
        name = todo.pop()
        if name in by_id and name not in found:
            found.add(name)
            todo += [way.to for way in by_id[name].ways]
    return found


def endless(steps: Sequence[Step]) -> Iterator[tuple[Step, Way]]:
    """Each way that closes a round in which nothing is counted, waited for or asked."""
    by_id = {one.id: one for one in steps if one.kind not in PAUSES}
    done: set[str] = set()
    for first in by_id.values():
        if first.id in done:
            continue
        on_the_way = {first.id}
        todo = [(first, iter(first.ways))]
        while todo:
            step, ways = todo[-1]
            way = next(ways, None)
            if way is None:
                todo.pop()
                on_the_way.discard(step.id)
                done.add(step.id)
            elif way.at_most is None and way.to in by_id:
                if way.to in on_the_way:
                    yield step, way
                elif way.to not in done:
                    on_the_way.add(way.to)
                    todo.append((by_id[way.to], iter(by_id[way.to].ways)))
