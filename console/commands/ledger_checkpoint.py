"""``coalmine ledger checkpoint``, and what ``verify`` makes of checkpoints: files, and what is remembered."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click

from console.allowed_signers import FILE_NAME, SignersFault, load_signers
from console.checkpoint import Checkpoint, Compared, NoCheckpoint, parse, take
from console.commands.ledger_place import open_ledger
from console.commands.shared import FAILED, REFUSED, USAGE, answer, explain, say
from console.envelope import Json, VerifyReport
from console.ports import Ledger, StoreUnusable
from console.settings import Loaded
from console.signing import CHECKPOINT, SigningFailed, Verified
from console.sshsig import NotASignature
from console.sshsig import parse as parse_signature
from console.target import load_settings
from console.trust import against, lower
from data.atomic import replacing
from data.clock import SystemClock
from data.heads import RememberedHead

FILE = click.Path(dir_okay=False, path_type=Path)
UNSIGNED = "It is unsigned: it proves as much as the place where it was kept."


@click.command("checkpoint")
@click.option(
    "--sign", "key", type=FILE, metavar="KEY", help="Sign it with this SSH key (.pub: the agent's)."
)
@click.option("--to", "target", type=FILE, metavar="FILE", help="Into this file, whole or not at all.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, which the checkpoint always is.")
def checkpoint(key: Path | None, target: Path | None, as_json: bool) -> None:
    """The ledger's head to be kept elsewhere: only that shows later that its end was cut or it was rewritten.

    The chain is proven first. `coalmine ledger verify --checkpoint FILE` compares.
    """
    loaded = load_settings()
    with closing(open_ledger(loaded)) as ledger:
        report = ledger.verify()
        if not report.ok:
            explain(
                "The chain does not hold: `coalmine ledger verify` says where. There is no checkpoint of it."
            )
            sys.exit(FAILED)
        try:
            made = take(ledger, SystemClock().now())
        except NoCheckpoint as error:
            explain(str(error))
            sys.exit(REFUSED)
    if key is not None:
        made = _signed(made, key, loaded)
    if target is None:
        sys.stdout.write(made.text())
        return
    try:
        with replacing(target) as file:
            file.write(made.text())
    except OSError as error:
        explain(f"{target} could not be written: {error.strerror}; nothing was changed there.")
        sys.exit(USAGE)
    if as_json:
        answer(
            {"file": str(target), "seq": made.seq, "hash": made.hash, "signed": made.signature is not None}
        )
    else:
        say(f"{target}: event {made.seq}, {made.hash}{'' if made.signature else ' (unsigned)'}")


def _signed(made: Checkpoint, key: Path, loaded: Loaded) -> Checkpoint:
    from data.ssh.signing import SshSigner

    try:
        signature = SshSigner(key, at_terminal=True).sign(CHECKPOINT, made.signed_content())
    except SigningFailed as error:
        explain(f"{error.problem.what} {error.problem.next}")
        sys.exit(REFUSED)
    signed = made.model_copy(update={"signature": signature})
    proof = proof_of(signed, loaded.ledger_path.with_name(FILE_NAME))
    if isinstance(proof, str):
        explain(f"Nobody could prove whose signature it is. {proof}")
        sys.exit(REFUSED)
    return signed


def proof_of(made: Checkpoint, signers: Path) -> Verified | str:
    """Whose signature a signed checkpoint has, by that file of allowed signers; or why it is nobody's."""
    from data.ssh.signing import SshVerifier

    try:
        text = signers.read_text("utf-8")
        owner = load_signers(text, str(signers), None).owner(
            parse_signature(made.signature or "").fingerprint
        )
    except (OSError, UnicodeDecodeError) as error:
        return (
            f"{signers} cannot be read: {error.strerror if isinstance(error, OSError) else 'no UTF-8 text'}."
        )
    except (SignersFault, NotASignature) as error:
        return str(error)
    if owner is None:
        return f"Its key is nobody's in {signers}."
    found = SshVerifier().verify(
        CHECKPOINT, made.signed_content(), made.signature or "", owner, text, made.at
    )
    return found if isinstance(found, Verified) else f"{found.says} {found.next}"


@dataclass(frozen=True, slots=True)
class Beside:
    """The ledger beside one checkpoint."""

    kept: str
    """Where the checkpoint is kept, in words."""
    found: Compared | None
    signed_by: str | None = None
    fault: str | None = None
    """Why the checkpoint itself does not count, if so."""
    note: str = ""

    @property
    def ok(self) -> bool:
        return self.fault is None and self.found is not None and self.found.ok

    def as_answer(self) -> Json:
        """For programs."""
        found = self.found
        return {
            "kept": self.kept,
            "state": found.state if found else "unreadable",
            "says": self.fault or (found.says if found else ""),
            "first": found.first if found else None,
            "last": found.last if found else None,
            "signed_by": self.signed_by,
            "ok": self.ok,
        }

    def in_words(self) -> str:
        """For people."""
        says = self.fault or (found.says if (found := self.found) else "")
        signed = f", signed by {self.signed_by}" if self.signed_by else ""
        return f"Beside {self.kept}{signed}: {lower(says)}{f' {self.note}' if self.note else ''}"


def beside_file(ledger: Ledger, file: Path, signers: Path) -> Beside:
    """The ledger beside the checkpoint of a file. Raises :class:`StoreUnusable` for an unreadable ledger."""
    kept = f"the checkpoint {file}"
    try:
        made = parse(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, NoCheckpoint) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        return Beside(kept, None, fault=f"It cannot be read: {why}.")
    if made.signature is None:
        return Beside(kept, against(ledger, made), note=UNSIGNED)
    proof = proof_of(made, signers)
    if isinstance(proof, str):
        return Beside(kept, against(ledger, made), fault=f"Its signature does not count. {proof}")
    return Beside(kept, against(ledger, made), f"{proof.person} ({proof.fingerprint})")


def beside_memory(ledger: Ledger, loaded: Loaded) -> Beside | None:
    """The ledger beside what this user's consoles saw last; ``None`` if they never did."""
    kept = "what this user's consoles saw last"
    try:
        then = RememberedHead(loaded.state_dir, loaded.ledger_path).read()
    except (NoCheckpoint, StoreUnusable) as error:
        return Beside(kept, None, fault=f"It cannot be read: {error}")
    return None if then is None else Beside(kept, against(ledger, then))


def all_beside(
    ledger: Ledger, loaded: Loaded, files: tuple[Path, ...], signers: Path | None
) -> Iterator[Beside]:
    """Beside each of the files, and what is remembered."""
    listed = signers or loaded.ledger_path.with_name(FILE_NAME)
    for file in files:
        yield beside_file(ledger, file, listed)
    remembered = beside_memory(ledger, loaded)
    if remembered is not None:
        yield remembered


def holds(report: VerifyReport, beside: Sequence[Beside]) -> bool:
    """Whether chain and checkpoints agree."""
    return report.ok and all(one.ok for one in beside)
