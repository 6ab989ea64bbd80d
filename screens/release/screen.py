"""The release screen: what a tired person must see in two seconds about a canary."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from console.readings import Millis
from console.world import World
from screens import narration, paint
from screens.context import console
from screens.keys import INCIDENT, MITIGATE, SOURCES, hidden, shown, typing
from screens.paint import Line, span
from screens.release.events import event_lines
from screens.release.layout import Hand, Share, share
from screens.release.rolling import nothing_rolls, rolls
from screens.release.stages import stage_lines
from screens.release.tracks import known, tracks
from screens.release.verdict import source_lines, verdict_lines
from screens.room import Room
from screens.screen_mode import ScreenMode
from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from console.canary.stages import Deployment
    from console.host import Candidate
    from screens.opening import Opening
    from screens.release.lists import Lists
    from screens.release.plots import Plots
    from screens.widgets.filterline import FilterLine

LEFT_FOR_EVENTS = 4
TALL = 30
"""Rows from which the newest events have so many even where there is no release; else half of them."""
FRAME_ROWS = 5
"""Status, tabs, keys and the two rules."""
Panes = dict[str, Callable[[], list[Line]]]


class ReleaseScreen(Room):
    """Tracks, stage bar, verdict, sources, plots and the newest events, drawn from one world."""

    MODE = "release"
    CSS_PATH = "release.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("A", "app.act('advance')", "release.advance", "advance", "Advance to the next stage"),
        shown("C", "app.act('complete')", "release.complete", "complete", "Give the canary all visitors"),
        shown("X", "app.act('abort')", "release.abort", "abort", "Abort: everyone back to the baseline"),
        hidden("F", "app.freeze", "release.freeze", "Freeze changes, or end the freeze"),
        shown("w", "why", "release.why", "why", "The evidence behind the verdict"),
        MITIGATE,
        shown("enter", "open", "release.open", "open", "The marked event or deployment in full"),
        shown("b", "build", "release.build", "build", "The canary (or the marked deployment): build, checks"),
        shown("R", "app.choose('rollback')", "release.rollback", "roll back", "Instant rollback"),
        shown("S", "app.choose('start')", "release.start", "start", "Start a rolling release"),
        shown("P", "app.choose('promote')", "release.promote", "promote", "Make a deployment production"),
        SOURCES,
        INCIDENT,
        hidden("d", "raw", "release.raw", "The raw data, as JSON"),
        hidden(
            "o", "dashboard", "release.dashboard", "Open the canary, or the marked deployment, in the browser"
        ),
        hidden("y", "copy", "release.copy", "Copy the deployment's id"),
        typing("slash", "filter", "release.filter", "filter", "Keep the events or deployments that match"),
        hidden("j,down", "choose(1)", "release.down", "Mark the event or deployment below"),
        hidden("k,up", "choose(-1)", "release.up", "Mark the event or deployment above"),
        hidden("pagedown,ctrl+f", "page(1)", "release.page_down", "Mark one a page below"),
        hidden("pageup,ctrl+b", "page(-1)", "release.page_up", "Mark one a page above"),
        hidden("ctrl+d", "page(0.5)", "release.half_down", "Mark one half a page below"),
        hidden("ctrl+u", "page(-0.5)", "release.half_up", "Mark one half a page above"),
        hidden("g,home", "choose_end(0)", "release.newest", "Mark the newest"),
        hidden("G,end", "choose_end(-1)", "release.oldest", "Mark the oldest here"),
        hidden("p,tab,l,right", "plot(1)", "release.plot", "Show the next plot"),
        hidden("shift+tab,h,left", "plot(-1)", "release.plot_back", "Show the plot before"),
        hidden("escape", "back", "release.back", "Undo the filter, then the mark, then the screen mode"),
    ]

    plots: Plots | None = None
    _filter: FilterLine | None = None
    _for_plots: Share | None = None
    """The room that the plots have; none where nothing is plotted."""
    hand: Hand = "plots"
    """What ``+`` lets grow: the plots, or the events once somebody moves in them."""
    page_rows = 1
    """How many rows are on show of what the keys move over."""

    @cached_property
    def lists(self) -> Lists:
        """What the keys move over, loaded when there is something to move over."""
        from screens.release.lists import Lists

        return Lists()

    def body(self) -> Iterable[Widget]:
        yield Painted(id="absence")
        yield Painted(id="plain")
        yield Painted(id="tracks")
        yield Painted(id="stages")
        yield Painted(id="verdict")
        yield Painted(id="bake")
        yield Painted(id="sources")
        yield Horizontal(id="plots")
        yield Painted(id="events")

    def settle(self) -> None:
        """Load what could wait for the first paint."""
        self.run_worker(self._plot(), group="plots")

    async def _plot(self) -> None:
        """Show the plots, loaded after the first paint: what decides is on the screen without them."""
        from screens.release.plots import Plots

        plots = Plots()
        await self.query_one("#plots").mount(plots)
        self.plots = plots
        self.refresh_world()

    def draw(self, world: World, now: Millis) -> None:
        cells, there = self.size.width, rolls(world, now)
        taken = FRAME_ROWS + len(self.query_one("#notices", Painted).lines) + self._filter_open()
        rows = self.size.height - taken
        fixed = sum(self.pane(name, lines) for name, lines in self._panes(world, now, rows).items())
        room = share(cells, rows, fixed, self.screen_mode, self._in_hand(there))
        gaps = room.gaps if there else 0
        for least, name in enumerate(("verdict", "stages", "plots"), 1):
            self.query_one(f"#{name}").set_class(gaps >= least, "-gap")
        self.query_one("#plots").display = bool(room.plots) and there
        self._for_plots = room if room.plots and there else None
        self._show_plots(world, now)
        events = room.events if there else max(rows - fixed, 0)
        self.page_rows = max(events if not self.plain else len(self.query_one("#plain", Painted).lines), 1)
        if narration.loaded():
            self.pane("events", lambda: self._event_lines(world, now, cells, events))
        elif world.recent:
            self.call_after_refresh(self._narrate)

    def _show_plots(self, world: World, now: Millis) -> None:
        if self.plots is not None and self._for_plots is not None:
            self.plots.show(world, now, self._for_plots.plots, stacked=self._for_plots.stacked)

    def _panes(self, world: World, now: Millis, rows: int) -> Panes:
        """The panes above plots and events; in a larger screen mode they give way, the verdict last."""
        cells, app, mode = self.size.width, console(self), self.screen_mode
        there, full = rolls(world, now), mode is ScreenMode.FULL
        verdict: Callable[[], list[Line]] = lambda: verdict_lines(world, now, cells)  # noqa: E731
        panes: Panes = {
            "absence": lambda: _absence(world, app.opening, now, cells),
            "tracks": lambda: [] if full else tracks(world, now, cells),
            "stages": lambda: [] if full else stage_lines(world, now, cells),
            "verdict": lambda: verdict()[: _verdict_rows(world, full)] if there else [],
            "bake": lambda: _bake(world, now, cells, mode),
            "sources": lambda: source_lines(world, now, cells) if there and mode is ScreenMode.NORMAL else [],
        }
        above = 0 if there else sum(len(panes[name]()) for name in ("absence", "tracks", "stages", "bake"))
        return {**panes, "plain": lambda: [] if there else self._plain_lines(world, now, rows - above)}

    def _plain_lines(self, world: World, now: Millis, free: int) -> list[Line]:
        """Home without a release, with as many rows as the screen mode leaves it."""
        left = {
            ScreenMode.NORMAL: free - LEFT_FOR_EVENTS // (1 if self.size.height >= TALL else 2),
            ScreenMode.HALF: free // 2,
            ScreenMode.FULL: 0,
        }
        from screens.release.plain import plain_lines

        own = self.lists.deployments
        return plain_lines(
            world, now, self.size.width, left[self.screen_mode], own.kept_in(world), own.pattern
        )

    def _in_hand(self, there: bool) -> Hand:
        return self.hand if there else "events"

    def screen_mode_says(self) -> str:
        app, mode = console(self), super().screen_mode_says()
        return f"{mode}: {self._in_hand(rolls(app.picture, app.present()))}" if mode else ""

    def _narrate(self) -> None:
        narration.load()
        self.refresh_world()

    def _event_lines(self, world: World, now: Millis, cells: int, rows: int) -> list[Line]:
        kept, own = self.lists.newest(world), self.lists.events
        if not own.pattern:
            return event_lines(kept, now, cells, rows, own.place(kept))
        said = f" {len(kept)} of the newest {len(world.recent)} match {own.pattern}   9 has all"
        head = paint.cut((span(said, "canary"),), cells)
        return [head, *(event_lines(kept, now, cells, rows - 1, own.place(kept)) if kept else [])]

    # --- moving --------------------------------------------------------------------------------

    @property
    def plain(self) -> bool:
        """Whether the deployments are on show: then the keys move over them."""
        app = console(self)
        return nothing_rolls(app.picture, app.present()) and app.picture.candidates.value is not None

    def action_choose(self, step: int) -> None:
        self.hand = "events"
        self.lists.move(console(self).picture, self.plain, step)
        self.refresh_world()

    def action_page(self, pages: float) -> None:
        self.action_choose(int(pages * max(self.page_rows - 1, 2)))

    def action_choose_end(self, end: int) -> None:
        self.hand = "events"
        self.lists.end(console(self).picture, self.plain, end)
        self.refresh_world()

    def action_open(self) -> None:
        from screens.dialogs.event import EventDialog

        if self.plain:
            self.action_build()
        elif (event := self.lists.event(console(self).picture)) is not None:
            self.app.push_screen(EventDialog(event))

    def action_back(self) -> None:
        """One step: the filter, the mark, the screen mode."""
        if self._filter is not None and self._filter.open:
            self._filter.undo(None)
        elif self.lists.unmark():
            self.hand = "plots"
        elif self.screen_mode is not ScreenMode.NORMAL:
            self.set_screen_mode(ScreenMode.NORMAL.value)
        self.refresh_world()

    # --- filtering -----------------------------------------------------------------------------

    def _filter_open(self) -> bool:
        return self._filter is not None and self._filter.open

    async def _filter_line(self) -> FilterLine:
        """The line to filter by, made when it is first wanted."""
        if self._filter is None:
            from screens.widgets.filterline import FilterLine

            self._filter = FilterLine()
            await self.query_one("#body").mount(self._filter)
        return self._filter

    async def action_filter(self) -> None:
        self.hand = "events"
        (await self._filter_line()).begin()
        self.refresh_world()

    def filter_by(self, pattern: str) -> None:
        self.run_worker(self._filter_by(pattern), group="filter", exclusive=True)

    async def _filter_by(self, pattern: str) -> None:
        (await self._filter_line()).put(pattern)
        self.refresh_world()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self.lists.keep(self.plain, event.value)
        self.refresh_world()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        if self._filter is not None:
            self._filter.done(None)
        self.refresh_world()

    # --- what else there is to see -------------------------------------------------------------

    def action_build(self) -> None:
        """Look closely at the deployment that the screen is about."""
        deployment = self._deployment()
        if deployment is None:
            console(self).say("There is no deployment to look at.", "warning")
        else:
            console(self).look_at(deployment.id)

    def action_why(self) -> None:
        from screens.dialogs.why import WhyDialog

        self.app.push_screen(WhyDialog())

    def action_raw(self) -> None:
        from screens.dialogs.raw import RawDialog

        self.app.push_screen(RawDialog(self._candidate() if self.plain else None))

    def _deployment(self) -> Deployment | None:
        """The deployment that the screen is about: the canary, or what serves production."""
        world = console(self).picture
        if world.release.value is not None and not self.plain:
            return known(world, world.release.value.canary)
        one = self._candidate()
        return None if one is None else one.deployment

    def _candidate(self) -> Candidate | None:
        """The marked deployment, or the one that serves production."""
        return self.lists.deployments.candidate(console(self).picture)

    def action_dashboard(self) -> None:
        from screens.browsing import browse

        browse(self.app, self._deployment())

    def action_copy(self) -> None:
        from screens.copying import copy

        deployment = self._deployment()
        if deployment is None:
            console(self).say("There is no deployment to copy.", "warning")
        else:
            copy(self.app, deployment.id, deployment.id)

    def action_plot(self, step: int) -> None:
        """The next plot, and nothing else anew; where the events were in hand, the plots are again."""
        if self.hand == "events":
            self.hand = "plots"
            self.refresh_world()
        elif self.plots is not None:
            app = console(self)
            self.plots.next(step, len(app.picture.metrics))
            self._show_plots(app.picture, app.present())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a release nothing is judged or plotted."""
        return not (action in ("plot", "why") and self.plain)

    def unable(self, action: str) -> str | None:
        """Why a key would do nothing: plots, event or deployment that it is about may not be there."""
        world = console(self).picture
        if action.startswith("plot("):
            return self._no_other_plot(world)
        if action in ("open", "filter") and not self.plain and not world.recent:
            return "nothing has been recorded yet"
        if action in ("copy", "dashboard", "build") and self._deployment() is None:
            return "no deployment is known yet"
        if action == "why" and world.verdict is None:
            return "no verdict has been given yet"
        return None

    def _no_other_plot(self, world: World) -> str | None:
        if self.plots is None or world.release.value is None:
            return "there is no plot on this screen"
        if self.screen_mode is not ScreenMode.NORMAL and self.hand == "events":
            return None  # it takes the plots in hand
        return None if self.plots.count < len(world.metrics) else "every plot is on show"


def _verdict_rows(world: World, full: bool) -> int | None:
    """Where production bakes, the last word on the release is a line, if there was one."""
    if world.bake is not None:
        return 0 if world.verdict is None else 1
    return 1 if full else None


def _bake(world: World, now: Millis, cells: int, mode: ScreenMode) -> list[Line]:
    """Production against its own past; loaded where it is watched."""
    if world.bake is None:
        return []
    from screens.release.baking import bake_lines

    lines = bake_lines(world.bake, now, cells)
    return lines[: 1 if mode is ScreenMode.FULL else None]


def _absence(world: World, opening: Opening, now: Millis, cells: int) -> list[Line]:
    """What stands where a release would be; loaded where there is none."""
    if world.release.value is not None:
        return []
    from screens.release.absence import absence

    return absence(world, opening, now, cells)
