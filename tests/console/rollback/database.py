"""A database of a test: a real program that plays its commands, keeps a record of each, and ends as told."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from console.outcome import End, Outcome
from console.rollback.command_happened import CommandEnded, CommandIntended
from console.rollback.making import Wishes, planned
from console.settings import combine
from console.target import Target
from console.wiring import build_session, open_stores
from tests.console.consoles import Console
from tests.console.rollback.people import Office

PROGRAM = """\
import json, os, pathlib, subprocess, sys, time
here = pathlib.Path(__file__).parent
with open(here / "record", "a") as record:
    record.write(json.dumps({"words": sys.argv[1:], "pid": os.getpid(), "cwd": os.getcwd()}) + "\\n")
told = json.loads((here / "told.json").read_text()).get(sys.argv[1], {})
print(told.get("prints", sys.argv[1] + " is well"), flush=True)
if told.get("hangs"):
    time.sleep(3600)
sys.exit(told.get("code", 0))
"""
RESTORE = "2026-11-27 06:00 UTC, snapshot 7"


@dataclass(frozen=True)
class Schema:
    """The program and what it did."""

    folder: Path

    def toml(self, *more: str, horizon: str = "3650d", timeout: str = "60s", name: str = "schema") -> str:
        """The settings of it; ``more`` are words behind ``run``."""

        def argv(*words: str) -> str:
            return json.dumps([sys.executable, str(self.folder / "schema.py"), *words])

        return (
            f"[database.{name}]\ncheck = {argv('check')}\ndry_run = {argv('dry-run')}\n"
            f"run = {argv('run', *more)}\nundo = {argv('undo')}\n"
            f'horizon = "{horizon}"\ntimeout = "{timeout}"\n'
        )

    def tell(self, **told: dict[str, Any]) -> None:
        """How each word ends from now on: ``run={"code": 3}``; a dash of a word is an underscore here."""
        text = json.dumps({word.replace("_", "-"): how for word, how in told.items()})
        (self.folder / "told.json").write_text(text)

    @property
    def record(self) -> list[dict[str, Any]]:
        file = self.folder / "record"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def done(self) -> list[str]:
        """The first word of each call, in order."""
        return [one["words"][0] for one in self.record]


def schema(folder: Path) -> Schema:
    """A program in a folder of its own."""
    place = folder / "schema"
    place.mkdir()
    (place / "schema.py").write_text(PROGRAM)
    made = Schema(place)
    made.tell()
    return made


async def machine(scene: Office, toml: str = "", **changes: str) -> Console:
    """A started console of ana's on a machine whose coalmine.toml is ``toml``."""
    path = scene.folder / "coalmine.toml"
    plain, own = scene.settings(**changes), combine(toml, path, {}, scene.folder)
    settings = plain.settings.model_copy(update={"database": own.settings.database})
    loaded = replace(plain, settings=settings, file=path)
    aim = Target(loaded, scene.folder / "ledger.db", scene.clock, speed=scene.speed, kept=scene.kept)
    stores = open_stores(aim.ledger_path, aim.clock)
    one = Console(build_session(aim, stores), stores)
    scene.opened.append(one)
    await one.session.start()
    await one.sees(lambda w: w.person.value and w.person.value.key == "ana", "ana is there")
    return one


async def asked(console: Console, *, wait: bool = True, **wishes: Any) -> str:
    """The name of a new request for the command ``schema``."""
    wish = Wishes(**{"database": "schema", "restore_point": RESTORE, **wishes})
    plan, shown = await planned(console.session, wish)
    outcome = await console.session.requests().ask(plan, shown, "errors at checkout", wait=wait)
    assert outcome.end is End.AWAITING, outcome
    return outcome.next.rpartition(" ")[2]


async def approved(scene: Office, console: Console, *, wait: bool = True, **wishes: Any) -> str:
    """The name of a new request that jo and dev have approved."""
    name, room = await asked(console, wait=wait, **wishes), console.session.requests()
    for person in ("dev", "jo"):
        answered = await scene.answer(room, name, person)
        assert answered.end is End.DONE, answered
    return name


async def carried_out(console: Console, name: str, *, again: bool = False) -> Outcome:
    return await console.session.requests().execute(name, again=again)


def told(console: Console) -> tuple[list[CommandIntended], list[CommandEnded]]:
    return console.recorded(CommandIntended), console.recorded(CommandEnded)
