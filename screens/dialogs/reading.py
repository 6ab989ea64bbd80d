"""A dialog to read: a title and lines that scroll, can be filtered and copied; closed by esc, q or enter."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input

from console.readings import Millis
from console.world import World
from screens import paint
from screens.context import console
from screens.copying import copy
from screens.dialogs.base import Dialog
from screens.keys import hidden, shown, typing
from screens.matching import matcher
from screens.paint import EMPTY, Line, paragraph, span
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted

HINT = "esc closes   / filters   y copies   j k g G, page keys move"


def parts(lines: Sequence[Line]) -> list[list[Line]]:
    """``lines`` cut at the empty ones: what belongs together."""
    out: list[list[Line]] = [[]]
    for line in lines:
        if line == EMPTY:
            out.append([])
        else:
            out[-1].append(line)
    return [part for part in out if part]


def joined(together: Sequence[Sequence[Line]], between: Sequence[Line] = (EMPTY,)) -> list[Line]:
    """Parts as lines again, with ``between`` them."""
    out: list[Line] = []
    for part in together:
        out += [*(between if out else ()), *part]
    return out


class ReadingDialog(Dialog[None]):
    """Shows what :meth:`lines` gives, following the world. Subclasses give ``heading`` and lines."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = ".scroll"
    READS = True
    heading = ""
    BY_LINE: ClassVar[bool] = False
    """Whether each line stands for itself; else what stands between two empty lines belongs together."""
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("q,enter", "back", "reading.close", "close", "Close this"),
        typing("slash", "filter", "reading.filter", "filter", "Keep what matches (a regular expression)"),
        hidden("y", "copy", "reading.copy", "Copy what is shown"),
        hidden("j,down", "move(1)", "reading.down", "One line down"),
        hidden("k,up", "move(-1)", "reading.up", "One line up"),
        hidden("pagedown,ctrl+f", "page(1)", "reading.page_down", "A page down"),
        hidden("pageup,ctrl+b", "page(-1)", "reading.page_up", "A page up"),
        hidden("ctrl+d", "page(0.5)", "reading.half_down", "Half a page down"),
        hidden("ctrl+u", "page(-0.5)", "reading.half_up", "Half a page up"),
        hidden("g,home", "end(0)", "reading.top", "To the top"),
        hidden("G,end", "end(1)", "reading.bottom", "To the bottom"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Painted(id="title")
            with VerticalScroll(classes="scroll"):
                yield Painted(id="text")
            yield FilterLine()
            yield Painted(id="foot")

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        """What to read, in rows of ``cells``."""
        raise NotImplementedError

    def pieces(self, world: World, now: Millis, cells: int) -> list[list[Line]]:
        """What to read, in pieces that a filter keeps or leaves out as a whole."""
        lines = self.lines(world, now, cells)
        return [[line] for line in lines if line != EMPTY] if self.BY_LINE else parts(lines)

    def also(self) -> list[str]:
        """What a filter finds each piece by besides what it shows; nothing by default."""
        return []

    def draw(self, world: World, now: Millis) -> None:
        cells = self.box_cells()
        self.give_room((2 if self.has_class("-short") else 4) + self.filter.open)
        title, hint = [span(self.heading, "strong", bold=True)], HINT
        if not self.filter.value:
            shown = self.lines(world, now, cells - 2)
        else:
            keep = matcher(self.filter.value)
            every = self.pieces(world, now, cells - 2)
            kept = [
                one
                for one, more in zip(every, chain(self.also(), repeat("")), strict=False)
                if keep(" ".join([*(paint.plain(line).strip() for line in one), more]))
            ]
            shown = joined(kept, () if self.BY_LINE else (EMPTY,))
            title.append(span(f"   {len(kept)} of {len(every)} match", "canary"))
            hint = "esc undoes the filter"
            if not kept:
                shown = paragraph("Nothing here matches the filter.", cells - 2, "quiet")
        self.query_one("#title", Painted).show([tuple(title)])
        self.query_one("#text", Painted).show(shown)
        self.query_one("#foot", Painted).show([(span(hint, "quiet"),)])

    # --- filtering and copying -----------------------------------------------------------------

    @property
    def filter(self) -> FilterLine:
        """What is typed after ``/``."""
        return self.query_one(FilterLine)

    def action_filter(self) -> None:
        self.filter.begin()
        self.refresh_world()

    @on(Input.Changed, "#filter")
    def _filter_changed(self) -> None:
        self.refresh_world()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.filter.done(self.query_one(VerticalScroll))
        self.refresh_world()

    def action_back(self) -> None:
        """One step: the filter, then the dialog."""
        if not self.filter.undo(self.query_one(VerticalScroll)):
            self.leave()

    def copied(self) -> tuple[str, str]:
        """What ``y`` copies, and what that is called."""
        rows = self.query_one("#text", Painted).text.splitlines()
        return "\n".join(row.rstrip() for row in rows), "what is shown here"

    def action_copy(self) -> None:
        text, what = self.copied()
        if text:
            copy(self.app, text, what)
        else:
            console(self).say("There is nothing to copy here.", "warning")

    # --- moving --------------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_page(self, pages: float) -> None:
        height = self.query_one(VerticalScroll).size.height
        self.action_move(int(pages * height) or (1 if pages > 0 else -1))

    def action_end(self, bottom: int) -> None:
        scroll = self.query_one(VerticalScroll)
        (scroll.scroll_end if bottom else scroll.scroll_home)(animate=False)
