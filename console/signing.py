"""Signatures of people: what a port for them offers, and when one is enough. Pure.

A signature is made over bytes and a *namespace*, so that one made for a purpose is worth nothing for another.
It carries no time: an expiry has to stand in what is signed. The same bytes may give the same signature
again: what must be unique (a nonce) has to stand in them too. Facts: ssh-keygen(1), PROTOCOL.sshsig.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from console.readings import Millis, Problem

Namespace = Literal["coalmine-approval@v1", "coalmine-checkpoint@v1", "coalmine-identity@v1"]
APPROVAL: Namespace = "coalmine-approval@v1"
CHECKPOINT: Namespace = "coalmine-checkpoint@v1"
IDENTITY: Namespace = "coalmine-identity@v1"
"""Of a challenge that is answered at once and kept nowhere: it says who sits here, and approves nothing."""

Demand = Literal["none", "required", "hardware"]
"""What a rule asks of a signature: nothing, any key of the person, or a hardware key that was touched."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that is that person's. ``fingerprint`` is as ``ssh-keygen -l`` shows it."""

    person: str
    fingerprint: str
    hardware: bool = False
    """Made by a security key (``sk-``)."""
    touched: bool = False
    """Somebody touched that security key for it. Of any other key nothing of the kind is known."""
    pin: bool = False
    """The security key had asked for its PIN or a finger as well."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """Why a signature does not count, and what to do about it."""

    says: str
    next: str


class SigningFailed(Exception):
    """Nothing was signed; ``problem`` says why and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.what} {problem.next}")
        self.problem = problem


class Signer(Protocol):
    """One person's key. Blocking: it may wait for a passphrase or a touch."""

    def sign(self, namespace: Namespace, content: bytes) -> str:
        """An armoured signature over ``content``. Raises :class:`SigningFailed`."""
        ...


@dataclass(frozen=True, slots=True)
class OwnKey:
    """The key that the settings name. ``fingerprint`` is as ``ssh-keygen -l`` shows it."""

    place: str
    fingerprint: str
    signer: Signer


class Verifier(Protocol):
    """Checks signatures. Blocking, for a few milliseconds."""

    def verify(
        self, namespace: Namespace, content: bytes, signature: str, person: str, signers: str, at: Millis
    ) -> Verified | Unproven:
        """Whether ``signature`` over ``content`` is that of ``person`` (their key in people.yaml).

        ``signers`` is the text of the allowed signers that counts, ``at`` the time as of which its dates
        are read. Whatever cannot be checked is unproven; nothing is raised.
        """
        ...


def falls_short(proof: Verified | None, demand: Demand) -> str | None:
    """Why ``proof`` (``None``: unsigned) is not enough for ``demand``; ``None`` where it is."""
    if demand == "none":
        return None
    if proof is None:
        return "It is not signed, and the policy asks for a signature."
    if demand == "required":
        return None
    if not proof.hardware:
        return f"The policy asks for a hardware key, and {proof.fingerprint} is none."
    return None if proof.touched else "The policy asks for a touch of the hardware key, and there was none."
