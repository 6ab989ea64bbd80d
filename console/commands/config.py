"""``coalmine config show|path|init|adopt|restore``: settings and policy."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import click

from console.adopted import STREAM, acted_before, adoption, in_force
from console.clients import signature_verifier
from console.commands.config_adopt import adopt, faulty, restore, warn_if_stuck
from console.commands.deciding import changed, logins
from console.commands.homes import config_dir
from console.commands.logfile import FILE_NAME as LOG_NAME
from console.commands.shared import DONE, REFUSED, USAGE, answer, explain, say, words
from console.envelope import Actor
from console.narrate import narrate
from console.policy import SHIPPED_POLICY, PolicyFault, shipped_people
from console.ports import Account, StoreUnusable
from console.rollback.policy_chain import PolicyChain
from console.settings import FILE_NAME
from console.target import Target, load_settings, target
from console.wiring import new_session_id
from data.policy_files import PEOPLE, POLICY, SIGNERS, PolicyFiles
from data.sqlite.ledger import SqliteLedger


@click.group("config")
def command() -> None:
    """Settings and policy: show, where they are, init, adopt, restore."""


@command.command("path")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def path(as_json: bool) -> None:
    """Where everything is."""
    places = _places(target(load_settings()))
    if as_json:
        answer(places)
    else:
        for name, place in places.items():
            say(f"{name:<10} {place}")


def _places(aim: Target) -> dict[str, str]:
    folder = aim.ledger_path.parent
    user = config_dir()
    would_be = f"{user / FILE_NAME}, or " if user else ""
    return {
        "settings": str(aim.loaded.file or f"none (would be {would_be}a {FILE_NAME} here or above)"),
        "ledger": str(aim.ledger_path),
        "policy": str(folder / POLICY),
        "people": str(folder / PEOPLE),
        "signers": str(folder / SIGNERS),
        "log": str(aim.loaded.state_dir / LOG_NAME),
    }


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(as_json: bool) -> None:
    """The settings in force (secrets as ****) and whether the policy can be used."""
    aim = target(load_settings())
    settings = json.loads(aim.settings.model_dump_json())
    usable, policy = _policy_says(aim)
    if as_json:
        in_short = {"in_force": usable, "says": policy}
        notes = list(aim.loaded.unused)
        answer({"settings": settings, "policy": in_short, "paths": _places(aim), "notes": notes})
        return
    for key, value in _flat(settings, ""):
        say(f"{key} = {json.dumps(value, ensure_ascii=False)}" if value is not None else f"{key} is not set")
    say(f"policy: {policy}")
    for note in aim.loaded.unused:
        explain(note)


def _flat(values: dict[str, Any], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _policy_says(aim: Target) -> tuple[bool, str]:
    """Whether a policy is in force, and which or why not. Makes no ledger where there is none."""
    if not aim.ledger_path.exists():
        return False, "none yet: run `coalmine config init`"
    try:
        with closing(SqliteLedger(aim.ledger_path, aim.clock)) as ledger:
            files, chain = PolicyFiles(aim.ledger_path.parent), PolicyChain(ledger, signature_verifier)
            book = in_force(ledger.read(stream=STREAM), files, chain)
    except StoreUnusable as error:
        return False, f"{error.problem.what} {error.problem.next}"
    return (False, book) if isinstance(book, str) else (True, f"in force, {book.policy_sha256[:12]}")


@command.command("init")
@click.option("--name", callback=words, help="Your name; the default is the account's.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def init(name: str | None, as_json: bool) -> None:
    """Write a minimal policy and people file beside the ledger, and record them as in force.

    The first person is the owner of the configured token. Files that are there already are taken as
    they are.
    """
    sys.exit(changed(lambda aim, ledger, account: _init(aim, ledger, account, name, as_json), "the policy"))


def _init(aim: Target, ledger: SqliteLedger, account: Account, name: str | None, as_json: bool) -> int:
    story = ledger.read(stream=STREAM)
    if story:
        explain(
            "This ledger has a policy already. To change it: edit the files, then `coalmine config adopt`."
        )
        return REFUSED
    watched = ledger.read()
    act = acted_before(watched)
    if act is not None:
        explain(
            f"Somebody acted in this ledger before it had a policy: event {act.seq}, {narrate(act)}."
            " A policy has to come before every act: name another ledger (COALMINE_LEDGER)."
        )
        return REFUSED
    folder = aim.ledger_path.parent
    files = PolicyFiles(folder)
    there = [n for n in (POLICY, PEOPLE) if (folder / n).exists()]
    if len(there) == 1:
        explain(f"{folder / there[0]} is there, but not the other one. Remove it or write both.")
        return USAGE
    try:
        if not there:
            people = shipped_people(account.username, name or account.username, logins(account))
            files.write(SHIPPED_POLICY, people)
        book = files()
    except PolicyFault as error:
        return faulty(error)
    key = book.person_of(*logins(account))
    actor = Actor(key or "unknown", new_session_id(), "command")
    recorded = ledger.append(STREAM, 0, [adoption(book, "config init", actor, aim.clock.now())])
    if as_json:
        answer({"seq": recorded[0].seq, "policy_sha256": book.policy_sha256, "person": key})
    else:
        who = f"you are {key}" if key else f"your account {account.username} is not listed in it"
        say(f"In force: {folder / POLICY} and {PEOPLE} (event {recorded[0].seq}); {who}.")
        if watched:
            explain(f"Before it there are {len(watched)} events of watching alone: nobody had acted yet.")
    warn_if_stuck(book)
    return DONE


command.add_command(adopt)
command.add_command(restore)
