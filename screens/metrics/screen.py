"""The metrics: every one of the catalogue in its family, and the marked one with its plot and its query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget

from console.readings import Millis
from console.world import World
from screens import clean, paint
from screens.context import console
from screens.keys import SOURCES, hidden, shown, typing
from screens.list_room import Copied, ListRoom
from screens.matching import matcher
from screens.metrics.detail import about, asked_by, head, no_query
from screens.metrics.found import FAMILIES, Entry, entries
from screens.metrics.layout import share
from screens.metrics.list import FamilyRows
from screens.metrics.marks import judged_weight
from screens.metrics.plotting import data_of, note_of
from screens.metrics.rows import family_line, haystack, heading, row
from screens.metrics.state import State, state
from screens.paint import Line, Span, span
from screens.screen_mode import ScreenMode
from screens.widgets.building import Building
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted
from screens.widgets.plot import Plot
from screens.widgets.rows import Rows

FRAME_ROWS = 5
"""Status, tabs, keys and the two rules."""
HEADS = 2
"""The summary, and the heads of the columns."""


class MetricsScreen(ListRoom):
    """Draws what the world knows of each metric; asks nobody."""

    MODE = "metrics"
    CSS_PATH = "metrics.tcss"
    AUTO_FOCUS = "#rows"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("enter", "open", "metrics.open", "detail", "All that is known of the marked metric"),
        typing("slash", "filter", "metrics.filter", "filter", "Keep what matches (a regular expression)"),
        shown("y", "copy", "metrics.copy", "copy query", "Copy the query of the marked metric"),
        shown("w", "why", "metrics.why", "why", "The evidence behind the verdict"),
        shown("x", "worst", "metrics.worst", "next worse", "Mark the next metric that is worse"),
        SOURCES,
        hidden("d", "raw", "metrics.raw", "The raw data of the marked metric, as JSON"),
        hidden("escape", "back", "metrics.back", "Undo filter and screen mode, then back to the release"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[Entry, ...] = ()
        self._kept: dict[str, Entry] = {}
        self._weights = 0.0
        self._met = False
        """Whether a metric was marked for being worse, when there first was one to mark."""

    def body(self) -> Iterable[Widget]:
        yield Painted(id="summary")
        with Vertical(id="panes"):
            with Vertical(id="list"):
                yield Painted(id="heading")
                yield FamilyRows(id="rows")
            with Vertical(id="detail"):
                yield Painted(id="marked")
                with Building(id="plots"):
                    yield Plot()
                with VerticalScroll(id="about", can_focus=False):
                    yield Painted(id="says")
        yield FilterLine()

    @property
    def rows(self) -> FamilyRows:
        """The list."""
        return self.query_one(FamilyRows)

    @property
    def marked(self) -> Entry | None:
        """The marked metric."""
        return self._kept.get(str(self.rows.marked))

    def screen_mode_says(self) -> str:
        mode = super().screen_mode_says()
        return f"{mode}: {'list' if self.screen_mode is ScreenMode.HALF else 'plot'}" if mode else ""

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        self._share_out()
        self._all = entries(world)
        self._weights = judged_weight(world)
        kept = self._all
        if self.pattern:
            keep = matcher(self.pattern)
            kept = tuple(one for one in self._all if keep(haystack(one, world, now)))
        self._kept = {one.id: one for one in kept}
        states = {one.id: state(one, world, now) for one in self._all}
        self.pane("summary", lambda: [self._summary(states)])
        self.pane("heading", lambda: [heading(self.rows.size.width or self.size.width)])
        self.rows.is_heading = lambda key: key in FAMILIES
        self.rows.show(self._keys(), self._row)
        self._meet(states)
        self._detail(world, now)

    def _share_out(self) -> None:
        taken = FRAME_ROWS + len(self.query_one("#notices", Painted).lines) + self.query_one(FilterLine).open
        room = share(self.size.width, self.size.height - taken - 1, self.screen_mode)
        self.set_class(room.beside, "-wide")
        self.set_class(room.list and not room.detail and not room.plot and not room.about, "-listed")
        self.set_class(not room.list, "-plotted")
        self.set_class(not room.plot, "-bare")
        self.set_class(not room.about, "-terse")
        self._head_rows = room.head
        detail = self.query_one("#detail")
        height = room.detail if room.list and not room.beside and room.detail else None
        if detail.styles.inline.height is not None or height is not None:
            wanted = "1fr" if height is None else height
            if str(detail.styles.height) != str(wanted):
                detail.styles.height = wanted

    def _keys(self) -> list[str]:
        """The ids of the metrics that are kept, each family's after its heading."""
        out: list[str] = []
        for family in FAMILIES:
            own = [one.id for one in self._kept.values() if one.metric.family == family]
            out += [family, *own] if own else []
        return out

    def _row(self, index: int, cells: int, marked: bool) -> Line:
        app, key = console(self), self.rows.keys[index]
        if key in FAMILIES:
            return family_line(key, cells)
        return row(self._kept[str(key)], app.picture, app.present(), cells, marked, self._weights)

    def _meet(self, states: dict[str, State]) -> None:
        """The first time that anything is worse, that is marked: it is what somebody came for."""
        worse = next((one for one in self._kept if states[one].word == "worse"), None)
        if worse is not None and not self._met:
            self._met = True
            self.rows.mark_key(worse)

    def _summary(self, states: dict[str, State]) -> Line:
        def count(*words: str) -> int:
            return sum(one.word in words for one in states.values())

        worse = [one.metric.title for one in self._all if states[one.id].word == "worse"]
        old = sum(one.glyph in ("⧗", "–") for one in states.values())
        parts: list[Span] = [span(" Metrics", "strong", bold=True)]
        parts += self.matching(len(self._kept))
        if worse:
            parts.append(span(f"   ! {len(worse)} worse: {', '.join(worse)}", "worse", bold=True))
        for number, text, tone in (
            (old, f"⧗ {old} not fresh", "caution"),
            (count("ok", "no worse"), f"✓ {count('ok', 'no worse')} ok", "good"),
            (count("collecting", "warming up", "undecided"), "", "quiet"),
            (count("no data", "not measured"), f"? {count('no data', 'not measured')} without data", "quiet"),
        ):
            if number:
                parts.append(span(f"   {text or f'… {number} undecided'}", tone))  # type: ignore[arg-type]
        return paint.cut(tuple(parts), self.size.width)

    def _detail(self, world: World, now: Millis) -> None:
        entry, box = self.marked, self.query_one(Building)
        if entry is None:
            self.pane("marked", lambda: [self.nothing_matches()])
            self.pane("says", list)
            self.query_one(Plot).show(None, None)
            return
        detail = self.query_one("#detail")
        cells = max((detail.size.width or self.size.width) - 5, 20)
        if not self.has_class("-listed"):
            self.pane("marked", lambda: head(entry, world, now, cells, self._head_rows))
        if not self.has_class("-terse"):
            self.pane("says", lambda: about(entry, world, now, cells))
        if not self.has_class("-bare"):
            self.query_one(Plot).show(data_of(entry, world), note_of(entry, world, now))
            box.ask()

    @on(Rows.Marked)
    def _other_marked(self) -> None:
        if self.ready:
            app = console(self)
            self._detail(app.picture, app.present())
            self.query_one("#about", VerticalScroll).scroll_home(animate=False)

    def step_back(self) -> bool:
        if self.screen_mode is ScreenMode.NORMAL:
            return False
        self.set_screen_mode(ScreenMode.NORMAL.value)
        return True

    # --- actions -------------------------------------------------------------------------------

    def unable(self, action: str) -> str | None:
        world = console(self).picture
        if action == "copy" and (self.marked is None or not asked_by(self.marked, world)):
            return "the source has no query for this metric"
        if action == "why" and world.verdict is None:
            return "no verdict has been given yet"
        if action == "worst" and not self._worse():
            return "no metric is worse"
        return None

    def _worse(self) -> list[str]:
        app = console(self)
        words = {one.id: state(one, app.picture, app.present()).word for one in self._kept.values()}
        return [one for one in self._kept if words[one] == "worse"]

    def action_open(self) -> None:
        from screens.dialogs.metric import MetricDialog

        if self.marked is not None:
            self.app.push_screen(MetricDialog(self.marked.id))

    def copied(self) -> Copied | str:
        world, entry = console(self).picture, self.marked
        if entry is None:
            return ""
        found = asked_by(entry, world)
        if not found:
            return f"There is no query to copy: {no_query(entry, world)}."
        return Copied(found[0], f"the query of {clean.clean(entry.metric.title)}")

    def action_why(self) -> None:
        from screens.dialogs.why import WhyDialog

        self.app.push_screen(WhyDialog())

    def action_worst(self) -> None:
        """The next that is worse, after the marked one and round."""
        worse, keys = self._worse(), list(self.rows.keys)
        if not worse:
            console(self).say("No metric is worse.")
            return
        after = [one for one in worse if keys.index(one) > self.rows.at]
        self.rows.mark_key((after or worse)[0])

    def action_raw(self) -> None:
        from screens.dialogs.metric import MetricRaw
        from screens.dialogs.raw import RawDialog

        entry = self.marked
        if entry is not None:
            view = entry.view
            baseline, canary = (None, None) if view is None else (view.baseline, view.canary)
            self.app.push_screen(RawDialog(MetricRaw(entry.metric, canary, baseline, entry.said)))
