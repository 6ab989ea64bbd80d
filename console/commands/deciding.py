"""For verbs that decide about the ledger or its policy: who asks, and whether the policy lets them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from console.adopted import STREAM, may_keep
from console.authorise import Refused
from console.clients import host_client
from console.commands.shared import REFUSED, explain, run
from console.events import Unknown
from console.policy import PolicyFault
from console.ports import Account, Ledger, LedgerConflict
from console.readings import Millis
from console.target import Target, looking_at
from data.sqlite.ledger import SqliteLedger

Change = Callable[[Target, SqliteLedger, Account], int]


def changed(change: Change, what: str) -> int:
    """Let ``change`` append to the ledger, unless this session may only read; the exit code.

    ``what`` is what would be changed, in words.
    """
    aim = looking_at()
    if aim.settings.read_only:
        explain(f"Read-only by the settings (read_only). Without it {what} could be changed.")
        return REFUSED
    account = run(_account(aim))
    with closing(SqliteLedger(aim.ledger_path, aim.clock)) as ledger:
        try:
            return change(aim, ledger, account)
        except LedgerConflict:
            explain(f"Somebody else changed {what} at the same moment. Look at it, then try again.")
            return REFUSED


async def _account(aim: Target) -> Account:
    host = host_client(aim)
    try:
        return await host.router.account()
    finally:
        await host.transport.aclose()


def logins(account: Account) -> list[str]:
    """What people.yaml may list the account by."""
    return [login for login in (account.user_id, account.username) if login]


def decider(ledger: Ledger, account: Account, now: Millis) -> Refused | str:
    """The person's key if the policy in force lets them ask for another one: the right to keep the ledger."""
    try:
        return may_keep(ledger.read(stream=STREAM), logins(account), now)
    except (Unknown, PolicyFault) as error:
        return Refused(f"The policy in force cannot be read: {error}", "Update Coalmine.")
