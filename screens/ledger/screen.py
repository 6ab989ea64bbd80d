"""The ledger screen: everything recorded, newest first, with what is behind each event."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget

from console.envelope import Recorded, VerifyReport
from console.export import export_line
from console.readings import Millis
from console.world import World
from screens.context import console
from screens.dialogs.event import EventDialog
from screens.event_text import event_text
from screens.keys import hidden, shown, typing
from screens.ledger import verifying
from screens.ledger.list import EventList
from screens.ledger.rows import heading, matcher
from screens.ledger.store import Page
from screens.list_room import Copied, ListRoom
from screens.paint import Line, Span, paragraph, span
from screens.present import count
from screens.screen_mode import ScreenMode
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted

PAGE = 500
DETAIL_FROM = 110
"""Cells from which the marked event stands in full beside the list."""


class LedgerScreen(ListRoom):
    """A list, a filter, the marked event in full, and the verification of the chain."""

    MODE = "ledger"
    CSS_PATH = "ledger.tcss"
    AUTO_FOCUS = "#list"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("enter", "open_event", "ledger.event", "event", "The marked event in full"),
        typing("slash", "filter", "ledger.filter", "filter", "Keep what matches (a regular expression)"),
        shown("s", "stream", "ledger.stream", "stream", "Only the stream of the marked event, or all again"),
        shown("v", "verify", "ledger.verify", "verify", "Verify the hash chain from the start"),
        hidden("d", "raw", "ledger.raw", "The marked event as JSON"),
        hidden("y", "copy", "ledger.copy", "Copy the marked event as JSON"),
        hidden("escape", "back", "ledger.back", "Undo the filter, then the stream, then back to the release"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.report: VerifyReport | Exception | None = None
        self.verifying_since: float | None = None
        self._kept: list[Recorded] = []
        self._drawn_for: tuple[object, ...] = ()

    def body(self) -> Iterable[Widget]:
        yield Painted(id="summary")
        yield Painted(id="result")
        yield Painted(id="empty")
        yield Painted(id="heading")
        with Horizontal(id="panes"):
            yield EventList(id="list")
            with VerticalScroll(id="detail", can_focus=False):
                yield Painted(id="event")
        yield FilterLine()

    def on_mount(self) -> None:
        self.rows.now = console(self).present
        super().on_mount()

    @property
    def rows(self) -> EventList:
        """The list of events."""
        return self.query_one(EventList)

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        cells = self.size.width
        mode = self.screen_mode
        self.set_class(cells >= DETAIL_FROM and mode is ScreenMode.NORMAL, "-wide")
        self.set_class(mode is ScreenMode.HALF, "-below")
        self._take(world)
        self._show("summary", [self._summary(world, cells)])
        self._show("result", self._result(world, cells - 2))
        self._show("empty", paragraph(self._empty(), cells - 2, "quiet", indent=1) if not self._kept else [])
        self._show("heading", [heading(self.rows.size.width or cells)] if self._kept else [])
        self.rows.tick()
        self._detail(now)

    def _show(self, name: str, lines: list[Line]) -> None:
        self.query_one(f"#{name}", Painted).show(lines)

    def _summary(self, world: World, cells: int) -> Line:
        size = max(world.ledger_size, len(self.page.events))
        parts: list[Span] = [span(f" {count(size, 'event')}", "strong")]
        if not self.page.complete:
            parts.append(span(f"   {len(self.page.events):,} read so far", "quiet"))
        if self.page.stream is not None:
            parts.append(span(f"   stream {self.page.stream}", "canary"))
        return (*parts, *self.matching(len(self._kept)))

    def _empty(self) -> str:
        """Why there is no event to show."""
        app = console(self)
        if self.pattern and self.page.events:
            return "No event read so far matches; esc undoes the filter."
        if app.cockpit is None:
            return "… the ledger is being opened."
        if not self.page.complete:
            return "… the events are being read."
        if self.page.stream is not None:
            return f"Nothing has been recorded on the stream {self.page.stream}; s shows all."
        return (
            "Nothing has been recorded in this ledger yet. Verdicts, acts, arming and what is seen of the"
            " host will stand here, newest first."
        )

    def _result(self, world: World, cells: int) -> list[Line]:
        lines: list[Line] = []
        if self.verifying_since is not None:
            elapsed = int((console(self).monotonic() - self.verifying_since) * 1000)
            lines = verifying.under_way(world.ledger_size, elapsed, cells)
        elif isinstance(self.report, Exception):
            lines = verifying.failed(self.report, cells)
        elif self.report is not None:
            lines = verifying.result(self.report, cells)
        return [(Span(" "), *line) for line in lines]

    def _detail(self, now: Millis) -> None:
        event = self.rows.marked
        pane = self.query_one("#detail")
        if not (self.has_class("-wide") or self.has_class("-below")) or event is None:
            self._show("event", [])
            return
        self._show("event", event_text(event, now, max(pane.size.width - 3, 20)))

    def screen_mode_says(self) -> str:
        words = {ScreenMode.HALF: "half: event below", ScreenMode.FULL: "full: list"}
        return words.get(self.screen_mode, "")

    def unable(self, action: str) -> str | None:
        """Why a key would do nothing: no event may be marked."""
        if action in ("open_event", "stream", "copy", "raw") and self.rows.marked is None:
            return "no event is marked"
        return "it is under way" if action == "verify" and self.verifying_since is not None else None

    # --- reading -------------------------------------------------------------------------------

    def _take(self, world: World) -> None:
        """Add what is new; read a page where something may lie between."""
        if self.page.offer(world.recent) is None or (not self.page.events and world.recent):
            self.read_newest()
        self._filter_now()

    @work(exclusive=True, group="newest", exit_on_error=False)
    async def read_newest(self) -> None:
        """Read the newest page and join it to what is there."""
        app = console(self)
        page = self.page
        if app.cockpit is None:
            if not page.events:
                page.newer([e for e in app.picture.recent if page.stream in (None, e.stream)])
                self._filter_now()
            return
        events = await app.cockpit.events(stream=page.stream, limit=PAGE)
        if page is self.page:
            page.newer(events)
            page.complete = page.complete or len(events) < PAGE
            self.refresh_world()

    @work(exclusive=True, group="older", exit_on_error=False)
    async def read_older(self) -> None:
        """Read the page before the oldest event read so far."""
        app, page = console(self), self.page
        if app.cockpit is None or page.complete or page.oldest is None:
            return
        events = await app.cockpit.events(stream=page.stream, before_seq=page.oldest, limit=PAGE)
        if page is self.page:
            page.older(events, PAGE)
            self.refresh_world()

    @on(EventList.Marked)
    def _marked(self) -> None:
        self._detail(console(self).present())
        if self.rows.near_end and not self.page.complete:
            self.read_older()

    # --- filtering -----------------------------------------------------------------------------

    def _filter_now(self) -> None:
        """Show the page, or start filtering it, if anything about it changed."""
        events = self.page.events
        key = (self.page, len(events), self.page.newest, self.pattern)
        if key == self._drawn_for:
            return
        self._drawn_for = key
        if self.pattern:
            self.sift()
        else:
            self._kept = list(events)
            self.rows.show_events(self._kept)

    @work(exclusive=True, group="sift", exit_on_error=False)
    async def sift(self) -> None:
        """Filter in slices, so that keys are answered between them."""
        keep, kept = matcher(self.pattern), []
        events = list(self.page.events)
        for start in range(0, len(events), 200):
            kept += [event for event in events[start : start + 200] if keep(event)]
            await asyncio.sleep(0)
        self._kept = kept
        self.rows.show_events(kept)
        self._show("summary", [self._summary(console(self).picture, self.size.width)])

    def action_stream(self) -> None:
        """Only the marked event's stream, or all streams again."""
        event = self.rows.marked
        if self.page.stream is not None:
            self._restart(None)
        elif event is not None:
            self._restart(event.stream)

    def _restart(self, stream: str | None) -> None:
        self.page = Page(stream)
        self.read_newest()
        self.refresh_world()

    # --- actions -------------------------------------------------------------------------------

    def action_open_event(self) -> None:
        event = self.rows.marked
        if event is not None:
            self.app.push_screen(EventDialog(event))

    def action_raw(self) -> None:
        event = self.rows.marked
        if event is not None:
            from screens.dialogs.raw import EventJson

            self.app.push_screen(EventJson(event))

    def copied(self) -> Copied | str:
        event = self.rows.marked
        return "" if event is None else Copied(export_line(event), f"event {event.seq} as JSON")

    def step_back(self) -> bool:
        """The result of the verification, then the stream."""
        if self.report is not None:
            self.report = None
        elif self.page.stream is not None:
            self._restart(None)
        else:
            return False
        self.refresh_world()
        return True

    @work(exclusive=True, group="verify", exit_on_error=False)
    async def action_verify(self) -> None:
        """Verify the chain and keep the result on show."""
        app = console(self)
        if app.cockpit is None or self.verifying_since is not None:
            return
        self.verifying_since, self.report = app.monotonic(), None
        self.refresh_world()
        try:
            self.report = await app.cockpit.verify()
        except Exception as error:  # whatever it is, it is the result
            self.report = error
        finally:
            self.verifying_since = None
        self.refresh_world()
