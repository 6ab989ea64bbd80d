"""``coalmine config adopt|restore``: another policy, as the one in force lets it be changed."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import click

from console.adopted import STREAM, adoption, last_adopted, may_adopt
from console.authorise import Refused
from console.commands.acting import as_answer, session_of_command, tell_plainly
from console.commands.deciding import changed, logins
from console.commands.shared import DONE, NO_DATA, REFUSED, USAGE, answer, explain, run, say, words
from console.envelope import Actor
from console.events import PolicyAdopted, Unknown
from console.policy import PolicyFault, Rulebook, load_rulebook
from console.ports import Account
from console.target import Target, load_settings, target
from console.wiring import new_session_id
from data.policy_files import PolicyFiles
from data.sqlite.ledger import SqliteLedger

APART = (
    "Others have to approve it, and can only while the files in force are in their place: put the edited ones"
    " into a folder of their own, then: coalmine config restore; coalmine config adopt --from FOLDER"
)


@click.command("adopt")
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the edited files are; without it, beside the ledger.",
)
@click.option("--reason", required=True, callback=words, help="Why the policy changes; it is recorded.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def adopt(folder: Path | None, reason: str, as_json: bool) -> None:
    """Put the edited policy.yaml, people.yaml and allowed_signers in force.

    The policy in force now decides who may. Where it asks for approvals, this asks for them: the files then
    have to come from a folder of their own (--from), and are put in place once others have approved them.
    """
    sys.exit(
        changed(
            lambda aim, ledger, account: _adopt(aim, ledger, account, folder, reason, as_json), "the policy"
        )
    )


def _adopt(
    aim: Target, ledger: SqliteLedger, account: Account, folder: Path | None, reason: str, as_json: bool
) -> int:
    story = ledger.read(stream=STREAM)
    try:
        decided = may_adopt(story, logins(account), aim.clock.now())
        before = last_adopted(story)
    except (Unknown, PolicyFault) as error:
        decided, before = Refused(f"The policy in force cannot be read: {error}", "Update Coalmine."), None
    asks = isinstance(decided, Refused) and decided.approvals > 0
    if isinstance(decided, Refused) and not asks:
        explain(f"{decided.says} {decided.next}")
        return REFUSED
    here = PolicyFiles(aim.ledger_path.parent)
    try:
        book = (PolicyFiles(folder) if folder else here)()
    except PolicyFault as error:
        return faulty(error)
    if before and book == as_adopted(before):
        explain("Nothing has changed: these files are in force already.")
        return _told(None, book, "" if isinstance(decided, Refused) else decided, as_json)
    if isinstance(decided, Refused):
        if folder is None or before is None:
            explain(f"{decided.says} {APART}")
            return REFUSED
        return run(_ask(book, before, reason, as_json))
    event = adoption(book, reason, Actor(decided, new_session_id(), "command"), aim.clock.now())
    seq = ledger.append(STREAM, story[-1].version, [event])[0].seq
    if not as_json:
        say(f"In force from event {seq} on.")
    if folder is not None:
        try:
            here.replace(book)
        except PolicyFault as error:
            explain(f"The files are not in their place: {error.faults[0]}")
            explain("Put them there: `coalmine config restore` writes the files in force.")
    warn_if_stuck(book)
    return _told(seq, book, decided, as_json)


def _told(seq: int | None, book: Rulebook, person: str, as_json: bool) -> int:
    if as_json:
        answer({"seq": seq, "policy_sha256": book.policy_sha256, "person": person})
    return DONE


async def _ask(book: Rulebook, before: PolicyAdopted, reason: str, as_json: bool) -> int:
    from console.rollback.plan import ordered
    from console.rollback.policy_step import PolicyStep, shown_of

    step = PolicyStep.of(book, before)
    shown = shown_of(step, before)
    async with session_of_command() as (session, _):
        await session.identify()
        for line in (shown.title, *(f"  {one}" for one in shown.lines)):
            explain(line)
        project = await session.production.project()
        outcome = await session.requests().ask(ordered(project.id, [step]), shown, reason)
        if as_json:
            answer(as_answer(outcome))
        else:
            tell_plainly(outcome)
        return outcome.end.exit_code


@click.command("restore")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def restore(as_json: bool) -> None:
    """Put the files that are in force back beside the ledger, as the ledger recorded them.

    It changes nothing that is in force. What stands there instead is kept beside it, with .kept in its name.
    """
    aim = target(load_settings())
    if not aim.ledger_path.exists():
        explain(f"There is no ledger at {aim.ledger_path}.")
        sys.exit(NO_DATA)
    with closing(SqliteLedger(aim.ledger_path, aim.clock)) as ledger:
        try:
            before = last_adopted(ledger.read(stream=STREAM))
            if before is None:
                explain("No policy has been adopted for this ledger: run `coalmine config init`.")
                sys.exit(REFUSED)
            book = load_rulebook(before.policy, "policy.yaml", before.people, "people.yaml", before.signers)
            kept = PolicyFiles(aim.ledger_path.parent).replace(book, keep=True)
        except Unknown as error:
            explain(f"The policy in force cannot be read: {error}. Update Coalmine.")
            sys.exit(REFUSED)
        except PolicyFault as error:
            sys.exit(faulty(error))
    if as_json:
        answer({"policy_sha256": book.policy_sha256, "kept": [str(one) for one in kept]})
    else:
        say("The files in force are in their place.")
        for one in kept:
            say(f"What stood there is kept: {one}")


def as_adopted(before: PolicyAdopted) -> Rulebook | None:
    """The files as they were when they were adopted; ``None`` if this program would not accept them now."""
    try:
        return load_rulebook(before.policy, "", before.people, "", before.signers)
    except PolicyFault:
        return None


def warn_if_stuck(book: Rulebook) -> None:
    """Say so where nobody could change the policy any more."""
    if not book.who_may("adopt_policy", 0):
        explain("Nobody may adopt another policy by this one: it cannot be changed any more in this ledger.")


def faulty(error: PolicyFault) -> int:
    """Say each fault of a file; the exit code."""
    for fault in error.faults:
        explain(fault)
    return USAGE
