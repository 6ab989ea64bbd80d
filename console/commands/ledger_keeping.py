"""``coalmine ledger redact|backup|restore|accept``: keeping the ledger, and what a loss of it asks for."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import click

from console import redaction
from console.authorise import Refused
from console.checkpoint import Compared, NoCheckpoint, compare, hash_of, take
from console.commands.deciding import changed, decider
from console.commands.shared import DONE, FAILED, REFUSED, USAGE, answer, explain, say, words
from console.envelope import Actor
from console.events import LedgerRedacted, LossAccepted
from console.ports import Account, StoreUnusable
from console.target import Target, load_settings
from console.trust import Trust, against, lower
from console.wiring import new_session_id
from data.clock import SystemClock
from data.heads import RememberedHead
from data.sqlite.copies import back_up, put_in_place, readable, staged
from data.sqlite.ledger import SqliteLedger

FILE = click.Path(dir_okay=False, path_type=Path)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
REASON = click.option("--reason", required=True, callback=words, help="Why; it is recorded.")


# --- redact --------------------------------------------------------------------------------------


@click.command("redact")
@click.argument("seq", type=click.IntRange(min=1))
@REASON
@AS_JSON
def redact(seq: int, reason: str, as_json: bool) -> None:
    """Remove the payload of event SEQ, where a secret got into it. Its header stays, and the chain holds.

    Whoever may change the policy may do it. Backups and exports made before still hold the secret: whatever
    leaked has to be replaced all the same.
    """
    sys.exit(
        changed(
            lambda aim, ledger, account: _redact(aim, ledger, account, seq, reason, as_json), "the ledger"
        )
    )


def _redact(aim: Target, ledger: SqliteLedger, account: Account, seq: int, reason: str, as_json: bool) -> int:
    person = decider(ledger, account, aim.clock.now())
    if isinstance(person, Refused):
        explain(f"{person.says} {person.next}")
        return REFUSED
    found = ledger.read(after_seq=seq - 1, before_seq=seq + 1)
    if not found:
        explain(f"There is no event {seq}: the ledger ends at {ledger.head().seq}.")
        return USAGE
    objection = redaction.objection(found[0], ledger.read(stream=found[0].stream))
    if objection is not None:
        explain(objection)
        return REFUSED
    new = LedgerRedacted(redacted_seq=seq, why=reason).new(_actor(person), aim.clock.now())
    done, gone = ledger.redact(seq, redaction.STREAM, ledger.version(redaction.STREAM), new)
    if as_json:
        answer({"seq": done.seq, "redacted_seq": seq, "gone": gone})
    else:
        say(f"Event {seq} is redacted (event {done.seq} says so).")
    if not gone:
        explain(
            "While other consoles read the ledger, its log may still hold the bytes: they go when those end."
        )
    explain("What leaked is still in backups and exports made before: replace it where it is used.")
    return DONE


def _actor(person: str) -> Actor:
    return Actor(person, new_session_id(), "command")


# --- backup and restore --------------------------------------------------------------------------


@click.command("backup")
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="In place of what is there under this name.")
@AS_JSON
def backup(file: Path, replace: bool, as_json: bool) -> None:
    """Copy the ledger as it is now into FILE, and prove the copy. Consoles may go on writing meanwhile."""
    path = load_settings().ledger_path
    if not path.exists():
        explain(f"There is no ledger at {path} yet.")
        sys.exit(USAGE)
    report = back_up(path, file, replace=replace)
    if as_json:
        answer({"file": str(file), "events": report.checked, "head": report.head.hash})
    else:
        say(f"{file}: {report.checked} events, head {report.head.seq} {report.head.hash}")


@click.command("restore")
@click.argument("file", type=FILE)
@click.option("--lose-newer", is_flag=True, help="Also where the ledger has events that FILE has not.")
@AS_JSON
def restore(file: Path, lose_newer: bool, as_json: bool) -> None:
    """Put the ledger of a backup in the place of the present one, which is kept beside it.

    The chain in FILE is proven first. Where events are lost by it, consoles send nothing that changes
    production until a person has accepted that (`coalmine ledger accept`).
    """
    loaded, clock = load_settings(), SystemClock()
    path = loaded.ledger_path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with staged(file, path) as copy:
        lost = _lost_by(copy, path, clock)
        if lost is not None and not lose_newer:
            explain(f"The present ledger has what {file} has not. With it, {lower(lost.says)}")
            explain("Nothing was changed. To restore all the same: --lose-newer.")
            sys.exit(REFUSED)
        kept = put_in_place(copy, path, clock)
    with closing(SqliteLedger(path, clock)) as ledger:
        head = ledger.head()
        trust = Trust(ledger, RememberedHead(loaded.state_dir, path), clock)
        trust.look()
    if as_json:
        problem = trust.problem.what if trust.problem else None
        before = str(kept) if kept else None
        answer({"seq": head.seq, "hash": head.hash, "kept": before, "refuses": problem})
        return
    say(f"{path}: event {head.seq}, {head.hash}")
    if kept is not None:
        say(f"What was there is kept as {kept}.")
    if trust.problem is not None:
        explain(f"{trust.problem.what} {trust.problem.next}")


def _lost_by(copy: Path, path: Path, clock: SystemClock) -> Compared | None:
    """What the present ledger has that the copy has not; ``None`` if nothing, or if that cannot be read."""
    present = readable(path, clock)
    if present is None:
        return None
    with closing(present):
        try:
            then = take(present, clock.now())
        except (NoCheckpoint, StoreUnusable):
            return None
    with closing(SqliteLedger(copy, clock)) as restored:
        found = compare(then, restored.head(), lambda seq: hash_of(restored, seq))
    return None if found.ok else found


# --- accept --------------------------------------------------------------------------------------


@click.command("accept")
@REASON
@AS_JSON
def accept(reason: str, as_json: bool) -> None:
    """Accept that the ledger does not go on from where this user's consoles saw it last.

    What is missing is recorded as an event, and from then on they send again. Whoever may change the policy
    may do it, each for their own consoles. A chain that does not hold cannot be accepted: restore a backup.
    """
    sys.exit(
        changed(lambda aim, ledger, account: _accept(aim, ledger, account, reason, as_json), "the ledger")
    )


def _accept(aim: Target, ledger: SqliteLedger, account: Account, reason: str, as_json: bool) -> int:
    heads, clock = RememberedHead(aim.loaded.state_dir, ledger.path), aim.clock
    trust = Trust(ledger, heads, clock)
    trust.look()
    if trust.problem is None:
        explain("The ledger goes on from where it was seen last: there is nothing to accept.")
        if as_json:
            answer({"seq": None, "says": None})
        return DONE
    says, found, then_hash = trust.problem.what, None, None
    try:
        then = heads.read()
        if then is not None:
            found, then_hash = against(ledger, then), then.hash
            says = found.says
    except (NoCheckpoint, StoreUnusable):
        pass  # that it cannot be read is what is accepted
    if not ledger.verify().ok:
        explain("The chain does not hold, and that cannot be accepted: `coalmine ledger verify` says where.")
        return FAILED
    person = decider(ledger, account, clock.now())
    if isinstance(person, Refused):
        explain(f"{person.says} {person.next}")
        return REFUSED
    event = LossAccepted(
        person=person,
        reason=reason,
        says=says,
        lost_from=found.first if found else None,
        lost_to=found.last if found else None,
        hash_then=then_hash,
    )
    new = event.new(_actor(person), clock.now())
    [done] = ledger.append(redaction.STREAM, ledger.version(redaction.STREAM), [new])
    heads.write(take(ledger, clock.now()))
    if as_json:
        answer({"seq": done.seq, "says": says})
    else:
        say(f"Accepted (event {done.seq}): {lower(says)}")
    return DONE
