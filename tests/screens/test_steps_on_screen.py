"""The steps of a playbook that change production, driven from the run's screen on a whole session."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from console import events
from console.envelope import Actor
from console.outcome import End
from console.runs.desk import Start
from console.runs.params import given
from console.runs.pinned import pinned
from console.runs.room import RunRoom
from console.runs.run import Run
from screens.dialogs.verb import VerbDialog
from screens.runs.screen import RunScreen
from tests.screens.test_production_keys import Whole, whole

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BOOK = """\
---
playbook: flag-and-on
version: 1
title: A flag, then the next stage
params:
  flag_key: {type: flag, required: true}
---

# A flag, then the next stage

```yaml action
id: flag-off
kind: flag
flag: "{{ flag_key }}"
set: {pause_on: "off"}
role: ops_lead
```

```yaml action
id: widen
kind: rollout
do: advance
role: ops_lead
reason: the flag was it
```
"""
PARTS = {"flag": "/feature-flags/", "advance": "/approve-stage"}


def sent(w: Whole) -> list[str]:
    """What the host was sent that changes flags or the release, in order."""
    return [
        name
        for one in w.scene.sim.journal.entries
        for name, part in PARTS.items()
        if one.port == "vercel" and one.method != "GET" and part in one.path
    ]


async def begun(w: Whole, room: RunRoom) -> str:
    """A run that nobody drives yet."""
    kept = pinned(BOOK.encode())
    assert kept is not None
    actor = w.console.session.runs().who()
    assert isinstance(actor, Actor)
    values = given(kept.playbook, {"flag_key": "new-cart"})
    outcome = await room.desk.start(Start(kept, "playbooks/own.md", values, "", ""), actor)
    assert outcome.end is End.DONE, outcome
    return outcome.next


async def typed(w: Whole, room: RunRoom, name: str, word: str) -> VerbDialog:
    """Open what waits for the word, and send ``word``."""
    await w.until(lambda: isinstance(w.app.screen, RunScreen) and room.wanted(name), "what waits for a word")
    await w.press("enter")
    await w.until(lambda: isinstance(w.app.screen, VerbDialog), "what it would do")
    dialog = w.app.screen
    assert isinstance(dialog, VerbDialog)
    dialog.query_one("#field-typed", Input).value = word
    await w.pilot.pause()
    await w.press("ctrl+s")
    return dialog


async def test_a_step_waits_for_its_word_and_is_done_once(tmp_path: Path) -> None:
    async with whole(tmp_path) as w:
        room = w.console.session.runs()
        name = await begun(w, room)

        def run() -> Run:
            found = room.desk.seen(name)
            assert found is not None
            return found

        w.app.show(name)
        await w.until(lambda: isinstance(w.app.screen, RunScreen), "the run")
        await w.pilot.pause()
        await w.shows("It has not begun.", "A flag, then the next stage")
        await w.press("enter")
        await w.until(lambda: room.wanted(name), "the word that is waited for")
        assert run().current == "widen"
        assert sent(w) == ["flag"], "what only stops harm waits for no word"
        await w.shows("step 2 of 2", "to be typed")

        refused = await typed(w, room, name, "no")
        await w.until(lambda: refused.outcome, "what is wrong with it")
        assert refused.outcome is not None
        assert refused.outcome.end is End.REFUSED_HERE
        await w.shows("The word to type is '25'.", "Nothing was done.")
        await w.press("escape")
        assert sent(w) == ["flag"]
        assert w.console.recorded(events.ActionIntended) == []
        assert room.wanted(name) is not None

        await typed(w, room, name, "25")
        await w.until(lambda: run().over, "the end of the run")
        await w.until(lambda: isinstance(w.app.screen, RunScreen), "the run again")
        await w.shows("succeeded", "2 of 2 came to their end")
        assert sent(w) == ["flag", "advance"]
        [intended] = w.console.recorded(events.ActionIntended)
        assert intended.reason == f"the flag was it [{name}/widen/1]"
        [ended] = w.console.recorded(events.ActionEnded)
        assert ended.outcome == "done"
