"""contacts.yaml: what is wrong with it, who is on call, and who is asked next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.on_call.contacts import Contacts, Rota, Rotation, load, moment
from console.on_call.duty import Duty, escalation, following, on_call, reached
from console.on_call.telling import duty_lines

PEOPLE = ("ana", "jo", "bo")
DAY = 86_400_000
GOOD = """\
version: 1
people:
  ana: {phone: "+44 20 7946 0000", mail: ana@example.com}
  jo: {chat: "@jo"}
on_call:
  primary:
    about: checkout and pages
    rotation: {people: [ana, jo], from: "2026-11-02T09:00:00Z", every: 7d}
    shifts:
      - {person: bo, from: "2026-11-04T09:00:00Z", until: "2026-11-05T09:00:00Z"}
  second:
    shifts:
      - {person: jo, from: "2026-11-02T09:00:00+01:00", until: "2026-11-09T09:00:00+01:00"}
escalation:
  - {on_call: primary}
  - {on_call: second, after: 10m}
  - {person: ana, after: 20m}
"""
BROKEN = """\
people:
  eve: {telephone: "1"}
on_call:
  primary:
    rotation: {people: [ana, jop], from: 2026-11-02T09:00:00Z, every: 0d}
    shifts:
      - {person: bo, from: "2026-11-04T09:00", until: "2026-11-05T09:00:00Z"}
      - {person: bo, from: "2026-11-05T09:00:00Z", until: "2026-11-04T09:00:00Z"}
      - {person: bo, from: "2026-11-07T09:00:00Z", until: "2026-11-09T09:00:00Z"}
      - {person: jo, from: "2026-11-08T09:00:00Z", until: "2026-11-10T09:00:00Z"}
escalation:
  - {on_call: primry, after: 10m}
  - {person: ana, after: 5m}
  - {after: 20}
rota: x
"""
FAULTS = """\
c.yaml:1: `version` is missing
c.yaml:2:3: `eve` is nobody in people.yaml
c.yaml:2:9: `people.eve` has no field `telephone`; did you mean `phone`?
c.yaml:5:30: `jop` is nobody in people.yaml; did you mean `jo`?
c.yaml:5:42: YAML reads `2026-11-02T09:00:00Z` as a date; put it in quotes if you mean the text
c.yaml:5:71: a turn is longer than nothing
c.yaml:7:28: `2026-11-04T09:00` is no moment: write one with its zone, in quotes: "2026-11-02T09:00:00Z"
c.yaml:8:59: this shift ends before it begins
c.yaml:10:28: two have this shift at once
c.yaml:12:15: there is no rota `primry`; did you mean `primary`?
c.yaml:13:5: this step comes before the one above it
c.yaml:14:5: a step names either `on_call` or `person`
c.yaml:14:13: `escalation.after`: 20 of what? write `20s` or `20m`
c.yaml:15:1: the file has no field `rota`"""


def contacts(text: str = GOOD) -> Contacts:
    found, faults = load(text.encode(), PEOPLE)
    assert found is not None, [one.words("c.yaml") for one in faults]
    return found


def at(text: str) -> int:
    found = moment(text)
    assert found is not None
    return found


def test_everything_that_is_wrong_is_told_at_once_with_its_place() -> None:
    found, faults = load(BROKEN.encode(), PEOPLE)
    assert found is None
    assert [one.words("c.yaml") for one in faults] == FAULTS.splitlines()


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"a: &x 1\nb: *x", b"version: 1\n---\n", b"- x", b"x" * 300_000]
)
def test_a_hostile_file_is_refused(data: bytes) -> None:
    assert load(data, PEOPLE)[0] is None


@pytest.mark.parametrize(
    ("when", "person", "until"),
    [
        ("2026-11-02T08:59:59Z", None, "2026-11-02T09:00:00Z"),
        ("2026-11-02T09:00:00Z", "ana", "2026-11-04T09:00:00Z"),
        ("2026-11-04T09:00:00Z", "bo", "2026-11-05T09:00:00Z"),
        ("2026-11-05T09:00:00Z", "ana", "2026-11-09T09:00:00Z"),
        ("2026-11-09T09:00:00Z", "jo", "2026-11-16T09:00:00Z"),
        ("2026-11-16T09:00:00Z", "ana", "2026-11-23T09:00:00Z"),
    ],
)
def test_a_shift_goes_before_whoevers_turn_it_is(when: str, person: str | None, until: str) -> None:
    rota = contacts().rota("primary")
    assert rota is not None
    assert on_call(rota, at(when)) == Duty(person, at(until))


@given(st.integers(0, 400), st.integers(1, 5), st.integers(1, 30))
def test_everybody_has_a_turn_and_one_at_a_time(day: int, people: int, every: int) -> None:
    names = tuple(f"p{number}" for number in range(people))
    rota = Rota("r", "", Rotation(names, 0, every * DAY), ())
    duty = on_call(rota, day * DAY)
    assert duty.person == names[(day // every) % people]
    assert duty.until is not None
    assert on_call(rota, duty.until - 1).person == duty.person
    assert on_call(rota, duty.until).person == names[(day // every + 1) % people]


def test_who_is_asked_and_who_is_asked_next() -> None:
    since = at("2026-11-03T09:00:00Z")
    for minutes, now_, next_ in ((0, "ana", "jo"), (10, "jo", "ana"), (19, "jo", "ana"), (60, "ana", None)):
        now = since + minutes * 60_000
        steps = escalation(contacts(), since, now)
        here, then = reached(steps, now), following(steps, now)
        assert here is not None
        assert (here.person, then.person if then else None) == (now_, next_)
    night = at("2026-11-04T08:55:00Z")
    assert escalation(contacts(), night, night)[0].person == "ana"
    assert escalation(contacts(), night, night + 10 * 60_000)[0].person == "bo", "who has it now is asked"


def test_where_nobody_is_on_call_it_is_said_loudly() -> None:
    told = duty_lines(contacts(), at("2026-12-17T09:00:00Z"), str)
    assert any(line.startswith("second") and "NOBODY" in line for line in told)
    assert any("ana" in line and "phone +44 20 7946 0000, mail ana@example.com" in line for line in told)
