"""Whatever stands on its stream, in whatever order and by whomever: an incident holds together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.envelope import Actor, NewEvent
from console.event import Event
from console.incidents import happened as h
from console.incidents.due import suggestion_of, time_at, times_of
from console.incidents.incident import Incident, incident_of
from console.incidents.roles import OFFER_MS
from console.incidents.telling import as_json, page
from console.incidents.terms import MANY, ROLE_WORDS, SEVERITIES, WAYS, State, rank
from tests.ledgers import chained

T0 = 1_760_000_000_000
PEOPLE = st.sampled_from(["ana", "jo", "bo"])
ROLES = st.sampled_from(sorted(ROLE_WORDS))
SEVERITY = st.sampled_from(SEVERITIES)
STATES = st.sampled_from([one.value for one in State if one not in (State.TRIAGE, State.MERGED)])
EVENTS = st.one_of(
    st.builds(h.IncidentAcknowledged, person=PEOPLE),
    st.builds(h.SeveritySet, person=PEOPLE, severity=SEVERITY, before=SEVERITY, why=st.just("x")),
    st.builds(h.SeveritySuggested, severity=SEVERITY, rule=st.just("r"), reasons=st.just(["n"])),
    st.builds(h.IncidentMoved, person=PEOPLE, state=STATES, before=st.just("?"), why=st.just("x")),
    st.builds(h.IncidentReopened, person=PEOPLE, why=st.just("x")),
    st.builds(h.IncidentMerged, person=PEOPLE, into=st.just("INC-1"), why=st.just("x")),
    st.builds(h.RoleOffered, person=PEOPLE, role=ROLES, to=PEOPLE, until=st.integers(T0, T0 + 2 * OFFER_MS)),
    st.builds(h.RoleAccepted, person=PEOPLE, role=ROLES),
    st.builds(h.RoleDeclined, person=PEOPLE, role=ROLES, why=st.just("")),
    st.builds(
        h.RoleTaken, person=PEOPLE, role=ROLES, how=st.sampled_from(["vacant", "taken_over"]), why=st.just("")
    ),
    st.builds(h.RoleLeft, person=PEOPLE, role=ROLES, why=st.just("")),
    st.builds(h.IncidentUpdated, person=PEOPLE, says=st.just("x"), next_at=st.none() | st.just(T0)),
    st.builds(h.IncidentNoted, person=PEOPLE, says=st.just("x")),
    st.builds(h.IncidentLinked, person=PEOPLE, what=st.just("flag"), name=st.sampled_from(["a", "b"])),
    st.builds(h.IncidentUnlinked, person=PEOPLE, what=st.just("flag"), name=st.sampled_from(["a", "b"])),
)


def opened(severity: str = "SEV3") -> h.IncidentOpened:
    return h.IncidentOpened(
        cause="",
        group="",
        signs=[],
        incident_id="INC-2",
        project_id="prj_1",
        title="checkout fails",
        person="ana",
        how="person",
        started_at=T0 - 60_000,
        detected_at=T0,
        severity=severity,  # type: ignore[arg-type]
        evidence=[],
    )


def told(*story: Event, by: str | None = None, step: int = 60_000) -> Incident:
    """The incident that these events tell, one a minute, each recorded by whom it names (or ``by``)."""
    news: list[tuple[str, NewEvent]] = []
    for place, event in enumerate((opened(), *story)):
        person = by if by is not None and place else getattr(event, "person", "coalmine")
        news.append((h.stream_of("INC-2"), event.new(Actor(person, "s", "command"), T0 + place * step)))
    found = incident_of(chained(news))
    assert found is not None
    return found


@given(st.lists(EVENTS, max_size=25))
def test_it_holds_together(story: list[Event]) -> None:
    found = told(*story)
    now = T0 + len(story) * 60_000
    roles = found.roles
    commander = roles.holder("commander")
    if commander is not None:
        assert roles.of(commander) == ("commander",)
    for role in ROLE_WORDS:
        names = roles.holders(role)
        assert len(set(names)) == len(names)
        assert role in MANY or len(names) <= 1
    for one in roles.held:
        assert one.until is None or one.since <= one.until <= now
    times = times_of(found)
    known = [ms for ms in (times.detect, times.acknowledge, times.mitigate, times.resolve) if ms is not None]
    assert all(ms >= 0 for ms in known)
    if times.mitigate is not None and times.resolve is not None:
        assert times.mitigate <= times.resolve
    assert (found.resolved_at is not None) == (found.state in (State.RESOLVED, State.REVIEWED))
    assert (found.closed_at is not None) == (found.over and found.state is not State.RESOLVED)
    assert all(ms >= 0 for ms in time_at(found, now).values())
    suggestion = suggestion_of(found, now)
    if suggestion is not None and found.severity != "undetermined":
        assert rank(suggestion.severity) < rank(found.severity)
    assert found.version == len(story) + 1
    assert page(found, now, str)
    assert as_json(found, now)["id"] == "INC-2"


@given(st.lists(EVENTS, max_size=15), EVENTS)
def test_a_state_follows_only_from_one_that_leads_to_it(story: list[Event], last: Event) -> None:
    before, after = told(*story), told(*story, last)
    assert after.state is before.state or after.state in WAYS[before.state]


@given(st.lists(EVENTS.filter(lambda one: hasattr(one, "person")), max_size=15))
def test_what_somebody_else_recorded_in_ones_name_changes_nothing(story: list[Event]) -> None:
    clean, forged = told(), told(*story, by="mallory")
    assert forged.state is clean.state
    assert (forged.severity, forged.roles, forged.links) == (clean.severity, clean.roles, clean.links)


def test_a_role_changes_hands_when_it_is_accepted_in_time_by_whom_it_was_offered_to() -> None:
    ana = h.RoleTaken(person="ana", role="commander", how="vacant", why="")
    offer = h.RoleOffered(person="ana", role="commander", to="jo", until=T0 + 2 * 60_000 + OFFER_MS)
    yes = h.RoleAccepted(person="jo", role="commander")
    assert told(ana, offer).roles.holder("commander") == "ana"
    assert told(ana, offer, h.RoleAccepted(person="bo", role="commander")).roles.holder("commander") == "ana"
    after = told(ana, h.RoleTaken(person="jo", role="scribe", how="vacant", why=""), offer, yes)
    assert (after.roles.holder("commander"), after.roles.of("ana"), after.roles.of("jo")) == (
        "jo",
        (),
        ("commander",),
    )
    late = told(ana, offer, yes, step=OFFER_MS)
    assert late.roles.holder("commander") == "ana", "the offer had run out"
    no = h.RoleDeclined(person="jo", role="commander", why="")
    assert told(ana, offer, no, yes).roles.holder("commander") == "ana"


def test_a_relapse_takes_the_mitigation_back_and_is_counted() -> None:
    def moved(state: str) -> h.IncidentMoved:
        return h.IncidentMoved(person="ana", state=state, before="?", why="x")  # type: ignore[arg-type]

    found = told(moved("investigating"), moved("mitigated"))
    assert times_of(found).mitigate == 3 * 60_000
    back = told(moved("investigating"), moved("mitigated"), moved("identified"))
    assert (times_of(back).mitigate, back.relapses) == (None, 1)
    again = told(moved("investigating"), moved("mitigated"), moved("identified"), moved("mitigated"))
    assert times_of(again).mitigate == 5 * 60_000
    assert found.acknowledged_by == "ana", "whoever investigates takes care of it"


def test_what_cannot_be_read_blocks_it_and_what_was_redacted_does_not() -> None:
    stream = h.stream_of("INC-2")
    future = NewEvent("incident.future", {}, Actor("ana", "s"), T0)
    story = chained([(stream, opened().new(Actor("ana", "s"), T0)), (stream, future)])
    found = incident_of(story)
    assert found is not None
    assert "does not know the kind incident.future" in found.blocked
    assert incident_of(story[1:]) is None
