"""An outbox on a real ledger, and a post that notes what it carries."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from console.incidents import role_rules, rules
from console.incidents.terms import State
from console.messages.filled import Filled, fill
from console.messages.message import Message
from console.messages.outbox import Draft, Outbox
from console.messages.rules import confirming
from console.messages.sender import Carried, Channel
from console.messages.template import Template, validate
from data.template_files import templates
from tests.console.incidents.scene import BOOK, Scene, at_once, who

SECRET = "json://hooks/T0KENT0KENT0KEN"
CHANNELS = {
    "room": Channel("room", "internal", (SecretStr(SECRET),)),
    "board": Channel("board", "stakeholder", (SecretStr("mailto://x"), SecretStr("slack://y"))),
    "status": Channel("status", "customer", (SecretStr("form://z"),)),
}
FIELDS = {"impact": "Some orders fail.", "affects": "checkout"}


@dataclass
class Post:
    """Answers with what it was told to, by the first word of the address."""

    carried: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, Carried] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def refusals(self, urls: Sequence[SecretStr]) -> tuple[str, ...]:
        return ()

    async def send(self, url: SecretStr, subject: str, text: str) -> Carried:
        service = url.get_secret_value().partition(":")[0]
        self.carried.append((service, subject))
        self.begun.set()
        if self.gate is not None:
            await self.gate.wait()
        return self.answers.get(service, Carried("sent", "taken"))


def template(name: str) -> Template:
    [path] = [one for one in templates() if one.stem == name]
    found = validate(path.read_bytes()).template
    assert found is not None
    return found


@dataclass
class Office:
    """One ledger with an incident, and whoever tells people of it: ana commands."""

    scene: Scene
    post: Post
    outbox: Outbox

    @classmethod
    async def at(cls, folder: Path, *, commander: bool = True) -> Office:
        scene, post = Scene.at(folder), Post()
        found = cls(scene, post, outbox_of(scene, post))
        await scene.opened("checkout fails", severity="SEV2")
        if commander:
            await scene.did("INC-1", "ana", lambda one, now: role_rules.taken(one, "ana", "commander", ""))
        return found

    async def draft(self, name: str, *channels: str, key: str = "", **fields: str) -> Draft:
        made = template(name)
        declared = {one.name for one in made.fields}
        values = {key: value for key, value in (FIELDS | fields).items() if key in declared}
        known = {"incident": "INC-1", "title": "checkout fails", "severity": "SEV2"}
        moments = {"started": self.scene.clock.time, "next_update": self.scene.clock.time + 60_000}
        words = fill(
            made, values, {**known, **moments, "mitigated": self.scene.clock.time}, self.scene.clock.time
        )
        assert isinstance(words, Filled), words
        return Draft(made, words, "INC-1", channels, confirming(made), key=key)

    async def written(self, name: str, *channels: str, by: str = "jo", **fields: str) -> Message:
        done = await self.outbox.draft(await self.draft(name, *channels, **fields), who(by))
        assert done.next, done
        return await self.seen(done.next)

    async def seen(self, key: str) -> Message:
        found = await self.outbox.get(key)
        assert found is not None
        return found

    async def becomes(self, state: State) -> None:
        await self.scene.did(
            "INC-1", "ana", lambda one, now: rules.moved(one, "ana", state, "seen", now, "a drill")
        )


def outbox_of(scene: Scene, post: Post, **more: object) -> Outbox:
    return Outbox(
        scene.ledger,
        scene.clock,
        lambda: BOOK,
        at_once,
        scene.desk,
        CHANNELS,
        post,
        lambda: [SECRET, "T0KENT0KENT0KEN"],
        **more,  # type: ignore[arg-type]
    )
