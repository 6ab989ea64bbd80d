"""Signing and verifying with real ssh-keygen, and with a real agent."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.signing import APPROVAL, CHECKPOINT, SigningFailed, Unproven, Verified, falls_short
from data.ssh.signing import SshSigner, SshVerifier
from tests.data.ssh.keys import Key, add, agent, as_security_key, new_key, security_key_signs

NOW = 1_760_000_000_000  # 2025-10-09
CONTENT = b'{"plan":"abc"}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("k")


@pytest.fixture(scope="module")
def ana(folder: Path) -> Key:
    return new_key(folder, "ana")


@pytest.fixture(scope="module")
def jo(folder: Path) -> Key:
    return new_key(folder, "jo")


@pytest.fixture(scope="module")
def agent_of_ana(folder: Path, ana: Key) -> Iterator[str]:
    with agent(folder) as place:
        add(place, ana)
        yield place


def verdict(
    signature: str, signers: str, *, content: bytes = CONTENT, person: str = "ana", at: int = NOW
) -> Verified | Unproven:
    return SshVerifier().verify(APPROVAL, content, signature, person, signers, at)


def refused(signature: str, signers: str, **more: object) -> str:
    found = verdict(signature, signers, **more)  # type: ignore[arg-type]
    assert isinstance(found, Unproven)
    assert found.next
    return found.says


def listed(ana: Key, jo: Key | None = None, options: str = "") -> str:
    lines = [f"# who signs\nana {options}{' ' if options else ''}{ana.line} laptop"]
    return "\n".join(lines + ([f"jo {jo.line}"] if jo else [])) + "\n"


def test_a_persons_own_signature_counts(ana: Key, jo: Key) -> None:
    found = verdict(SshSigner(ana.private).sign(APPROVAL, CONTENT), listed(ana, jo))
    shown = subprocess.run(["ssh-keygen", "-lf", ana.public], capture_output=True, text=True, check=True)
    assert found == Verified("ana", shown.stdout.split()[1])
    assert falls_short(found, "required") is None
    assert "hardware key" in str(falls_short(found, "hardware"))


def test_what_does_not_count(ana: Key, jo: Key) -> None:
    good, signers = SshSigner(ana.private).sign(APPROVAL, CONTENT), listed(ana, jo)
    assert "something else was signed" in refused(good, signers, content=CONTENT + b" ")
    assert "another purpose" in refused(SshSigner(ana.private).sign(CHECKPOINT, CONTENT), signers)
    assert "key of jo, not of ana" in refused(SshSigner(jo.private).sign(APPROVAL, CONTENT), signers)
    assert "key of ana, not of jo" in refused(good, signers, person="jo")
    assert "nobody's" in refused(good, f"jo {jo.line}\n")
    assert "nobody's" in refused(good, "")


def test_the_options_of_the_line_are_ssh_keygens_to_decide(ana: Key) -> None:
    good = SshSigner(ana.private).sign(APPROVAL, CONTENT)
    for options in (
        'namespaces="coalmine-checkpoint@v1"',
        'valid-before="20240101Z"',
        'valid-after="20300101Z"',
    ):
        assert "not valid at that time or for that purpose" in refused(good, listed(ana, options=options))
    until = listed(ana, options='namespaces="coalmine-*",valid-before="20251009085320Z"')
    assert isinstance(verdict(good, until, at=NOW - 1_000), Verified)
    assert isinstance(verdict(good, until, at=NOW + 1_000), Unproven)


@pytest.mark.parametrize(
    "line", ["* {0}", "a*a {0}", "ana,jo {0}", "ana cert-authority {0}", "ana {0}\njo {0}"]
)
def test_a_list_that_says_who_signs_less_than_exactly_proves_nothing(ana: Key, line: str) -> None:
    signers = line.format(ana.line) + "\n"
    good = SshSigner(ana.private).sign(APPROVAL, CONTENT)
    assert refused(good, signers).startswith("No signature counts: allowed_signers:")


def test_a_signature_that_is_none(ana: Key) -> None:
    for text in ("", "x", SshSigner(ana.private).sign(APPROVAL, CONTENT).replace("U1NI", "U1NJ")):
        assert refused(text, listed(ana)).startswith("The signature cannot be read.")


def test_a_key_that_cannot_sign_says_so(folder: Path, ana: Key) -> None:
    with pytest.raises(SigningFailed, match="did not sign"):
        SshSigner(folder / "none").sign(APPROVAL, CONTENT)
    with pytest.raises(SigningFailed, match="did not sign"):  # no agent has it
        SshSigner(new_key(folder, "locked", passphrase="secret").private).sign(APPROVAL, CONTENT)


def test_a_program_that_hangs_is_ended(ana: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "ssh-keygen"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SigningFailed, match=r"did not end within 0\.1 s"):
        SshSigner(ana.private, patience_s=0.1).sign(APPROVAL, CONTENT)


def test_without_openssh_nothing_counts(ana: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    good = SshSigner(ana.private).sign(APPROVAL, CONTENT)
    monkeypatch.setenv("PATH", "")
    assert "no ssh-keygen" in refused(good, listed(ana))


def test_what_ssh_keygen_prints_decides_nothing(
    ana: Key, jo: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = SshSigner(ana.private).sign(APPROVAL, CONTENT)
    liar = tmp_path / "ssh-keygen"
    liar.write_text('#!/bin/sh\necho "Good \\"$4\\" signature for ana with ED25519 key"\nexit 255\n')
    liar.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert isinstance(verdict(good, listed(ana, jo)), Unproven)


@pytest.mark.slow
def test_an_agents_key_signs_without_its_file(
    ana: Key, agent_of_ana: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent_of_ana)
    public = folder / "elsewhere.pub"
    public.write_text(ana.line + "\n")
    assert isinstance(verdict(SshSigner(public).sign(APPROVAL, CONTENT), listed(ana)), Verified)
    monkeypatch.delenv("SSH_AUTH_SOCK")
    with pytest.raises(SigningFailed, match="agent"):
        SshSigner(public).sign(APPROVAL, CONTENT)


@pytest.mark.slow
def test_an_agent_that_wants_to_be_asked_or_has_forgotten_does_not_sign(
    folder: Path, agent_of_ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent_of_ana)
    asking, short = new_key(folder, "asking"), new_key(folder, "short")
    add(agent_of_ana, asking, "-c")
    add(agent_of_ana, short, "-t", "1")
    time.sleep(2)
    for key in (asking, short):
        key.private.unlink()
        with pytest.raises(SigningFailed, match="did not sign"):
            SshSigner(key.public).sign(APPROVAL, CONTENT)


@pytest.mark.slow
@pytest.mark.parametrize(("flags", "touched", "pin"), [(0, False, False), (1, True, False), (5, True, True)])
def test_a_touch_is_read_from_the_signature(
    ana: Key, agent_of_ana: str, flags: int, touched: bool, pin: bool
) -> None:
    made = security_key_signs(agent_of_ana, ana, APPROVAL, CONTENT, flags)
    found = verdict(made, listed(as_security_key(ana)))
    assert isinstance(found, Verified)
    assert (found.hardware, found.touched, found.pin) == (True, touched, pin)
    assert (falls_short(found, "hardware") is None) is touched


@pytest.mark.slow
def test_a_touch_cannot_be_written_into_a_signature(ana: Key, agent_of_ana: str) -> None:
    import base64

    lines = security_key_signs(agent_of_ana, ana, APPROVAL, CONTENT, 0).splitlines()
    blob = base64.b64decode("".join(lines[1:-1]))
    forged = blob[:-5] + b"\x01" + blob[-4:]  # flags, counter
    text = "\n".join([lines[0], base64.b64encode(forged).decode(), lines[-1]])
    assert "something else was signed" in refused(text, listed(as_security_key(ana)))
