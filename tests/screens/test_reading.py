"""What is only read: filtered, copied, moved in alike; and the copy that a terminal may not take."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from textual.containers import VerticalScroll

from data.copied import FILE_NAME, keep
from screens import copying
from screens.copying import surely_takes
from screens.dialogs.help import HelpDialog
from screens.dialogs.reading import ReadingDialog, joined, parts
from screens.ledger.screen import LedgerScreen
from screens.paint import EMPTY, span
from screens.release.screen import ReleaseScreen
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted
from tests.screens import worlds
from tests.screens.running import Running, running

READINGS = {
    "w": ("error rate", "Why"),
    "d": ("canary_id|percentage", "Raw data"),
    "question_mark": ("abort", "Keys of this screen"),
    "L": ("something", "Messages of this session"),
    "enter": ("stream", "Event 8 of the ledger"),
}
"""Key of a dialog → a filter that keeps some of it, and its title."""


def reading(session: Running) -> ReadingDialog:
    assert isinstance(session.app.screen, ReadingDialog)
    return session.app.screen


@pytest.mark.parametrize("key", READINGS)
async def test_everything_to_read_is_filtered_inverted_and_whole_again(key: str) -> None:
    pattern, title = READINGS[key]
    async with running(worlds.healthy(), size=(80, 24)) as session:
        for text in ("something was said", "and another\nthing"):
            session.app.say(text)
        await session.press(key)
        await session.shows(title)
        dialog = reading(session)
        drawn = dialog.query_one("#text", Painted)
        whole = drawn.text
        await session.press("slash", *pattern)
        assert dialog.filter.value == pattern
        await session.shows(" match")
        kept = drawn.text
        assert 0 < len(kept) < len(whole)
        await session.press("enter")
        assert isinstance(session.app.focused, VerticalScroll)
        dialog.filter.value = f"!{pattern}"
        await session.until(lambda: drawn.text not in (kept, whole))
        dialog.filter.value = "nothing has this in it"
        await session.shows("Nothing here matches the filter.")
        await session.press("escape")
        assert reading(session) is dialog
        await session.until(lambda: drawn.text == whole)
        await session.press("escape")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))


def test_parts_are_what_stands_between_empty_lines() -> None:
    a, b, c = ((span(letter),) for letter in "abc")
    assert parts([EMPTY, a, b, EMPTY, EMPTY, c]) == [[a, b], [c]]
    assert joined([[a, b], [c]]) == [a, b, EMPTY, c]
    assert joined([], ()) == []


async def test_a_long_text_moves_by_lines_halves_pages_and_to_its_ends() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        await session.press("d")
        scroll = reading(session).query_one(VerticalScroll)
        await session.until(lambda: scroll.max_scroll_y > 40)
        height, seen = scroll.size.height, [0.0]
        for key in ("j", "ctrl+d", "ctrl+f", "pagedown", "G", "pageup", "ctrl+u", "k", "g"):
            await session.press(key)
            seen.append(scroll.scroll_y)
        steps = [after - before for before, after in pairwise(seen)]
        half, page = height // 2, height
        assert steps[:4] == [1, half, page, page]
        assert seen[5] == scroll.max_scroll_y
        assert steps[5:8] == [-page, -half, -1]
        assert seen[-1] == 0


async def test_help_says_of_each_key_why_it_would_do_nothing() -> None:
    async with running(worlds.healthy(), size=(120, 60)) as session:
        await session.press("question_mark")
        shown = await session.shows("Keys of this screen")
        rows = [row.strip("│ ") for row in shown.splitlines()]
        plot = next(at for at, row in enumerate(rows) if "Show the next plot" in row)
        assert "not now: every plot is on show" in rows[plot + 1]
        assert shown.count("the way through the screens goes no further") == 3
        await session.press("escape", "9", "minus", "question_mark")
        await session.until(lambda: isinstance(session.app.screen, HelpDialog))
        assert session.text.count("the way through the screens goes no further") == 1


async def test_help_finds_a_key_by_what_the_line_of_keys_and_the_settings_call_it() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        await session.press("question_mark")
        await session.shows("Keys of this screen")
        for name in ("why", "release.why"):
            reading(session).filter.value = name
            await session.until(lambda: "Freeze changes" not in session.text)
            assert "The evidence behind the verdict" in session.text


# --- copying -----------------------------------------------------------------------------------


@pytest.mark.slow
async def test_each_dialog_copies_what_is_worth_copying() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        for key, holds in (
            ("w", "error rate"),
            ("s", "prometheus"),
            ("d", '"release": {'),
            ("question_mark", "Advance to the next stage"),
        ):
            await session.press(key, "y")
            assert holds in session.app.clipboard
            await session.press("escape")
        await session.press("d", "y")
        assert json.loads(session.app.clipboard)["release"]["value"]["state"] == "ACTIVE"
        await session.press("escape", "enter", "y")
        assert json.loads(session.app.clipboard)["seq"] == 8
        await session.press("escape", "9")
        await session.until(lambda: isinstance(session.app.screen, LedgerScreen))
        await session.press("j", "y")
        assert json.loads(session.app.clipboard)["seq"] == 7
        await session.press("d")
        assert '"seq": 7,' in await session.shows("Event 7 as JSON")


async def test_a_copy_is_also_in_a_file_where_the_terminal_may_not_take_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*copying.BETWEEN, *copying.MARKS, "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    async with running(worlds.healthy(), keep_copy=lambda text: keep(tmp_path / "cache", text)) as session:
        await session.press("y")
        await session.until(lambda: session.app.said)
        file = tmp_path / "cache" / FILE_NAME
        assert file.read_text() == f"{worlds.CANARY.id}\n"
        assert file.stat().st_mode & 0o777 == 0o600
        assert f"it is also in {file}" in session.app.said[-1].text
        file.unlink()
        monkeypatch.setenv("TERM", "xterm-kitty")
        await session.press("y")
        await session.until(lambda: len(session.app.said) == 2)
        assert session.app.said[-1].text == f"Copied {worlds.CANARY.id}."
        assert not file.exists()


def test_a_copy_that_cannot_be_kept_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert keep(tmp_path / "file" / "under", "text") is None


@pytest.mark.parametrize(
    ("environ", "surely"),
    [
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "foot-extra"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM": "xterm-256color", "WT_SESSION": "1"}, True),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x", "KITTY_WINDOW_ID": "1"}, False),
        ({"TERM": "screen", "STY": "1"}, False),
        ({}, False),
    ],
)
def test_which_terminals_surely_take_a_copy(environ: dict[str, str], surely: bool) -> None:
    assert surely_takes(environ) is surely


# --- the events of the release screen ----------------------------------------------------------


async def test_the_events_at_home_are_filtered_and_gone_through() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        room = session.app.screen
        assert isinstance(room, ReleaseScreen)
        await session.press("slash", *"advanced", "enter")
        await session.shows("2 of the newest 8 match advanced")
        assert session.app.focused is None
        seen = []
        for key in ("j", "j", "j", "g", "G", "ctrl+u", "pagedown"):
            await session.press(key)
            seen.append(room.lists.events.seq)
        assert seen == [8, 7, 7, 8, 7, 8, 7]
        await session.press("slash")
        assert room.focused is room.query_one(FilterLine)
        await session.press("escape")
        await session.until(lambda: room.lists.events.pattern == "")
        assert room.lists.events.seq == 7
        assert not room.query_one(FilterLine).open
        await session.press("escape")
        assert room.lists.events.seq is None


@pytest.mark.slow
async def test_signs_can_be_typed_into_a_filter() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        for start in ((), ("9",)):
            await session.press(
                *start, "slash", "slash", "minus", "plus", "underscore", "colon", "1", "q", "9"
            )
            assert session.app.screen.query_one(FilterLine).value == "/-+_:1q9"
            await session.press("escape")
