"""Signing and verifying with SSH keys: files, ssh-agent and security keys alike."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from console.allowed_signers import FILE_NAME, SignersFault, load_signers
from console.readings import Millis, Problem
from console.signing import Namespace, SigningFailed, Unproven, Verified
from console.sshsig import NotASignature, SshSignature, parse
from data.ssh.keygen import CHECK_S, Unavailable, keygen

SIGN_S = 60.0
"""How long a person has to touch the key or to type the passphrase."""


class SshSigner:
    """:class:`console.signing.Signer` with the key of one file.

    ``key`` is a private key, or a public one (``.pub``) whose private half an agent or a security key has.
    """

    def __init__(self, key: Path, *, at_terminal: bool = False, patience_s: float = SIGN_S) -> None:
        self._key, self._at_terminal, self._patience_s = key.absolute(), at_terminal, patience_s

    def sign(self, namespace: Namespace, content: bytes) -> str:
        words = ["-Y", "sign", "-q", "-f", str(self._key), "-n", namespace]
        try:
            ended = keygen(words, content, self._patience_s, signing=True, at_terminal=self._at_terminal)
            if not ended.good:
                raise SigningFailed(
                    Problem(
                        "refused",
                        f"The key {self._key} did not sign: {ended.said or f'exit code {ended.code}'}",
                        "Is it in the agent (ssh-add -l), or can it be opened without a question here?",
                    )
                )
            made = parse(ended.out)
            # A fresh signature that does not hold would be found out only when it is needed.
            if made.namespace == namespace and _holds(made, namespace, content):
                return made.armoured()
        except Unavailable as error:
            raise SigningFailed(error.problem) from None
        except NotASignature as error:
            what = f"The key {self._key} gave a signature that is not accepted. {error}"
            raise SigningFailed(Problem("garbage", what, "Use a plain key instead.")) from None
        what = f"The key {self._key} gave a signature that does not hold."
        raise SigningFailed(Problem("garbage", what, "Try again; use another key if it stays so."))


def _holds(made: SshSignature, namespace: str, content: bytes) -> bool:
    """Whether the key in it did sign ``content``; whose key that is is another question."""
    with _private(made.armoured()) as file:
        words = ["-Y", "check-novalidate", "-q", "-n", namespace, "-s", str(file)]
        return keygen(words, content, CHECK_S, signing=False, at_terminal=False).good


class SshVerifier:
    """:class:`console.signing.Verifier`."""

    def verify(
        self, namespace: Namespace, content: bytes, signature: str, person: str, signers: str, at: Millis
    ) -> Verified | Unproven:
        try:
            made = parse(signature)
            listed = load_signers(signers, FILE_NAME, None)
        except NotASignature as error:
            return Unproven(f"The signature cannot be read. {error}", "Sign again.")
        except SignersFault as error:
            return Unproven(f"No signature counts: {error.faults[0]}", f"Correct {FILE_NAME} and adopt it.")
        unfit = _unfit(made, namespace, person, listed.owner(made.fingerprint))
        if unfit is not None:
            return unfit
        try:
            if not _is_good(made, namespace, content, person, signers, at):
                return Unproven(
                    f"ssh-keygen does not accept the signature of {person}: something else was signed, "
                    "or the key is not valid at that time or for that purpose.",
                    f"Look at the line of {made.fingerprint} in {FILE_NAME}, then sign again.",
                )
        except (Unavailable, OSError, ValueError, OverflowError) as error:
            problem = error.problem if isinstance(error, Unavailable) else None
            says = problem.what if problem else f"The signature could not be checked: {error}."
            return Unproven(
                says, problem.next if problem else "Free some space or permissions, then try again."
            )
        hardware = made.flags is not None
        return Verified(person, made.fingerprint, hardware, made.touched, made.pin)


def _unfit(made: SshSignature, namespace: str, person: str, owner: str | None) -> Unproven | None:
    if made.namespace != namespace:
        says = f"It was signed for another purpose ({made.namespace}, not {namespace})."
        return Unproven(says, "Sign again, for this.")
    if owner is None:
        says = f"The key {made.fingerprint} is nobody's in {FILE_NAME}."
        return Unproven(says, "Sign with a key that is listed there.")
    if owner != person:
        return Unproven(
            f"It was signed with the key of {owner}, not of {person}.", "Each signs with their own."
        )
    return None


def _is_good(
    made: SshSignature, namespace: str, content: bytes, person: str, signers: str, at: Millis
) -> bool:
    moment = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y%m%d%H%M%S")  # the child's zone is UTC
    with _private(made.armoured()) as signature, _private(signers) as allowed:
        words = ["-Y", "verify", "-q", "-f", str(allowed), "-I", person, "-n", namespace]
        words += ["-s", str(signature), f"-Overify-time={moment}"]
        return keygen(words, content, CHECK_S, signing=False, at_terminal=False).good


@contextmanager
def _private(text: str) -> Iterator[Path]:
    """A file that holds ``text`` and that nobody else can read or change, for as long as the block lasts."""
    handle, name = tempfile.mkstemp(prefix="coalmine-ssh-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        yield Path(name)
    finally:
        os.unlink(name)
