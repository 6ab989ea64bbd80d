"""allowed_signers: what is accepted of OpenSSH's file, and what is a fault with its line."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.allowed_signers import SignersFault, load_signers
from console.sshsig import NotASignature, fingerprint, parse


def key(seed: int, kind: str = "ssh-ed25519") -> tuple[bytes, str]:
    parts = (kind.encode(), bytes([seed]) * 32)
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return blob, f"{kind} {base64.b64encode(blob).decode()}"


BLOB, LINE = key(1)
OTHER = key(2)[1]


@pytest.mark.parametrize(
    "text",
    [
        f"ana {LINE}",
        f'  ana\t{LINE} a comment, with * and "quotes"\r\n',
        f'# who\n\nana namespaces="coalmine-*",valid-after="20250101Z",valid-before="202601011200Z" {LINE}\n',
    ],
)
def test_whose_a_key_is(text: str) -> None:
    signers = load_signers(text, "allowed_signers", {"ana"})
    assert signers.owner(fingerprint(BLOB)) == "ana"
    assert signers.owner(fingerprint(b"another")) is None


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (f"* {LINE}", "without patterns"),
        (f"an? {LINE}", "without patterns"),
        (f"!jo,ana {LINE}", "without patterns"),
        (f'"ana" {LINE}', "without patterns"),
        (f"bo {LINE}", "bo is no key of people.yaml"),
        (f"jo {OTHER}", "listed for ana already"),
        (f"ana {OTHER}", "listed for ana already"),
        (f"ana cert-authority {LINE}", "cert-authority is not accepted"),
        (f'ana namespaces="x",CERT-AUTHORITY {LINE}', "CERT-AUTHORITY is not accepted|cert-authority"),
        (f"ana verify-required {LINE}", "the option verify-required is not accepted"),
        (f"ana namespaces=x {LINE}", "a line is"),
        (f'ana namespaces="x\\",cert-authority="y" {LINE}', "a line is"),
        (f'ana valid-before="20260101" {LINE}', "with Z"),
        ("ana", "a line is"),
        ("ana ssh-ed25519", "a line is"),
        ("ana ssh-ed25519 AAAA", "no key of the type"),
        (f"ana {key(3, 'ssh-dss')[1]}", "ssh-dss are not accepted"),
        (f"ana ssh-rsa {LINE.split()[1]}", "no key of the type ssh-rsa"),
        (f"ana\u202e {LINE}", "no text"),
    ],
)
def test_what_is_a_fault_with_its_line(line: str, fault: str) -> None:
    with pytest.raises(SignersFault, match=fault) as caught:
        load_signers(f"ana {OTHER}\n# more\n{line}\n", "allowed_signers", {"ana", "jo"})
    assert [one.partition(": ")[0] for one in caught.value.faults] == ["allowed_signers:3"]


@given(st.binary().map(lambda b: base64.b64encode(b"SSHSIG\0\0\0\1" + b).decode()))
def test_whatever_is_no_signature_is_refused(text: str) -> None:
    for form in (text, f"-----BEGIN SSH SIGNATURE-----\n{text}\n-----END SSH SIGNATURE-----"):
        with pytest.raises(NotASignature):
            parse(form)
