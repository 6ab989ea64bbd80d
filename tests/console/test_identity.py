"""Whose token it is, and what is left of that when the host does not answer."""

from __future__ import annotations

import pytest

from console.identity import Identity
from console.policy import SHIPPED_POLICY, load_rulebook, shipped_people
from console.ports import Account, SourceError, TrafficRouter
from console.readings import Problem
from data.clock import ScaledClock
from tests.simulated import ORIGIN

BOOK = load_rulebook(SHIPPED_POLICY, "policy.yaml", shipped_people("ana", "Ana", ["usr_ana"]), "people.yaml")


class Host(TrafficRouter):
    """Answers one question."""

    def __init__(self) -> None:
        self.says: Account | Problem = Account("usr_ana", "ana", None)

    async def account(self) -> Account:
        if isinstance(self.says, Problem):
            raise SourceError(self.says)
        return self.says


@pytest.fixture
def host() -> Host:
    return Host()  # type: ignore[abstract]


@pytest.fixture
def identity(host: Host) -> Identity:
    return Identity(host, ScaledClock(ORIGIN, 1e-9))


async def test_nobody_before_the_host_has_answered(identity: Identity, host: Host) -> None:
    assert identity.person(BOOK) == (None, "Who you are is not known: the host has not answered yet.")
    host.says = Problem("timeout", "It was silent.", "Wait.")
    await identity.ask()
    assert identity.person(BOOK) == (None, "Who you are is not known: It was silent.")
    assert identity.reading(BOOK).value is None


async def test_a_listed_person_and_their_roles(identity: Identity) -> None:
    await identity.ask()
    assert identity.person(BOOK) == ("ana", "")
    person = identity.reading(BOOK).value
    assert person is not None
    assert (person.key, person.name, "devops" in person.roles) == ("ana", "Ana", True)


async def test_without_a_policy_nobody_may_anything(identity: Identity) -> None:
    await identity.ask()
    assert identity.person("The policy is gone.") == (None, "The policy is gone.")
    person = identity.reading("The policy is gone.").value
    assert person is not None
    assert (person.name, person.roles) == ("ana", ())


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("timeout", True),
        ("server_error", True),
        ("rate_limited", True),
        ("unreachable", True),
        ("unauthorised", False),
        ("forbidden", False),
    ],
)
async def test_a_refused_token_has_no_owner_but_silence_takes_no_name(
    identity: Identity, host: Host, kind: str, known: bool
) -> None:
    await identity.ask()
    host.says = Problem(kind, "No.", "Look.")
    await identity.ask()
    assert identity.person(BOOK)[0] == ("ana" if known else None)
    assert identity.reading(BOOK).problem is not None


async def test_another_owner_of_the_token_is_another_person(identity: Identity, host: Host) -> None:
    await identity.ask()
    host.says = Account("usr_eve", "eve", None)
    await identity.ask()
    key, why = identity.person(BOOK)
    assert key is None
    assert "not listed in people.yaml" in why
