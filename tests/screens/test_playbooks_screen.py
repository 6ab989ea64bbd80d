"""The library: every playbook can be found, and reads as on a forge."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.playbooks.library import OWN, SHIPPED, File, Found, library
from screens import paint
from screens.incidents.room import IncidentScreen
from screens.playbooks.markdown import body_of, rendered
from screens.playbooks.page import page, row
from screens.playbooks.screen import PlaybooksScreen, known_of
from tests.screens.incident_room import shelved, shipped
from tests.screens.run_room import TRIAGE
from tests.screens.running import running
from tests.screens.worlds import rollback

HOSTILE = """\
---
playbook: broken
---

# He[l]lo [bold]

[go](javascript:alert(1)) ![x](https://evil.example/a.png) <b>b</b>

- one
  - two
    1. three

> quoted

```yaml action
id: x
kind: nothing
```
"""


def text_of(lines: list[paint.Line]) -> str:
    return "\n".join(map(paint.plain, lines))


def found(name: str) -> Found:
    return next(one for one in shipped() if one.name == name)


@pytest.mark.parametrize("cells", [40, 76, 120])
def test_every_shipped_playbook_reads_within_its_cells(cells: int) -> None:
    for one in shipped():
        lines = page(one, cells)
        assert all(paint.width(line) <= cells for line in lines)
        assert paint.width(row(one, cells, True, offered=True)) <= cells
        playbook = one.checked.playbook
        assert playbook is not None
        if cells > 100:
            assert all(step.title in text_of(lines) for step in playbook.steps)


def test_actions_stand_as_what_they_do_and_not_as_yaml() -> None:
    text = text_of(page(found("canary-high-error-rate"), 110))
    assert "[freeze, rollout]" in text
    assert "hold the rolling release (change freeze)" in text
    assert "kind: rollout" not in text
    assert "canary-high-error-rate, comes with Coalmine: playbooks/canary-high-error-rate.md" in text


def test_what_cannot_run_says_why_and_is_still_shown() -> None:
    [one] = library([File("playbooks/broken.md", "broken", OWN, HOSTILE.encode())], (), {})
    text = text_of(page(one, 76))
    assert one.checked.playbook is None
    assert "! playbooks/broken.md:" in text
    assert "javascript:alert(1)" in text  # as words, which nothing follows
    assert "<b>b</b>" in text
    assert "• one" in text
    assert "1. three" in text
    assert "kind: nothing" in text
    assert paint.plain(row(one, 76, False, offered=False)).lstrip().startswith("! broken")


def test_ones_own_goes_before_one_of_the_same_name_and_a_file_that_cannot_be_read_is_said() -> None:
    def files() -> Iterator[File]:
        yield File("mine.md", "mine", OWN, TRIAGE.encode())
        yield File("theirs.md", "theirs", SHIPPED, TRIAGE.encode())
        yield File("gone.md", "gone", OWN, None, "Permission denied")

    every = library(files(), (), {})
    assert [(one.name, one.origin) for one in every] == [("gone", OWN), ("look-first", OWN)]
    assert "Permission denied" in every[0].checked.errors[0].words("gone.md")


@given(st.text(max_size=200), st.integers(8, 90))
def test_no_markdown_breaks_a_line_or_moves_the_cursor(text: str, cells: int) -> None:
    lines = rendered(text, cells)
    kinds = {unicodedata.category(char) for line in lines for char in paint.plain(line)}
    assert not kinds & {"Cc", "Cf", "Zl", "Zp"}
    assert all(paint.width(line) <= max(cells, 8 + cells // 2 + 11) for line in lines)


def test_the_front_matter_is_not_part_of_the_prose() -> None:
    assert body_of("---\na: 1\n---\n# x\n") == ("# x\n", 3)
    assert body_of("# x\n") == ("# x\n", 0)
    assert body_of("---\nnever ended") == ("---\nnever ended", 0)


@pytest.mark.slow
async def test_a_playbook_is_looked_for_read_and_copied() -> None:
    async with running(rollback(), size=(120, 34), cockpit=shelved()) as session:
        await session.press("4")
        await session.shows("read 0 s ago")
        await session.press("p")
        await session.shows("canary-high-error-rate")
        await session.press("slash", *"migration", "enter")
        await session.shows("Database migration gone wrong", "match migration")
        screen = session.app.screen
        assert isinstance(screen, PlaybooksScreen)
        assert screen.marked is not None
        assert screen.marked.name == "database-migration"
        await session.press("f")
        await session.until(lambda: screen.query_one("#detail").scroll_y > 0)


async def test_from_an_incident_those_that_fit_stand_first() -> None:
    async with running(rollback(), size=(120, 34), cockpit=shelved()) as session:
        session.app.show("INC-2")
        await session.until(lambda: isinstance(session.app.screen, IncidentScreen))
        await session.until(lambda: session.app.screen.is_mounted and session.app.screen.size.height)
        await session.pilot.pause()
        await session.shows("TIMELINE", "PLAYBOOK")
        await session.press("p")
        await session.shows("◆ canary-high-error-rate")
        screen = session.app.screen
        assert isinstance(screen, PlaybooksScreen)
        assert screen.marked is not None
        assert "error_rate" in screen.marked.triggers


def test_what_is_known_is_filled_in() -> None:
    known = known_of(rollback())
    assert {"project", "canary", "baseline"} <= known.keys()
