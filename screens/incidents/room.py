"""The room of one incident: how it stands and what is due, its timeline beside it, one key for each verb."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget

from console.readings import Millis
from console.world import World
from screens import paint
from screens.context import console
from screens.incidents.acting import ActsOnIncident
from screens.keys import INCIDENT, MITIGATE, hidden, shown, typing
from screens.list_room import Copied
from screens.matching import matcher
from screens.paint import Line, paragraph, span
from screens.present import ago
from screens.screen_mode import ScreenMode
from screens.two_panes import DetailPane, ListPane
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted
from screens.widgets.rows import Rows

if TYPE_CHECKING:
    from console.incidents.incident import Incident
    from console.incidents.room import IncidentRoom
    from console.incidents.timeline import Line as Told
    from screens.incidents.page import Around

ABOVE_ROWS = 7
"""Rows that what stands above the timeline has at most, where they are not side by side."""


class IncidentScreen(ActsOnIncident):
    """Lies over the screen it was opened from. Reads the incident and its timeline when the ledger grows."""

    MODE = "incidents"
    MARKED = "incident"
    CSS_PATH = "room.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("n", "note", "incident.note", "note", "A note, into its timeline"),
        shown("a", "acknowledge", "incident.acknowledge", "ack", "Take care of it"),
        shown("u", "update", "incident.update", "update", "A word to everybody on how it stands"),
        shown("s", "state", "incident.state", "state", "Identified, mitigated, resolved, closed, merged…"),
        shown("v", "severity", "incident.severity", "severity", "Say how bad it is"),
        shown("c", "roles", "incident.roles", "roles", "Take, accept, offer or leave a role"),
        shown("p", "playbooks", "incident.playbooks", "playbook", "The playbooks, those for it first"),
        MITIGATE,
        typing("slash", "filter", "incident.filter", "filter", "Keep the lines of the timeline that match"),
        hidden("o", "open_run", "incident.open", "The newest run of a playbook that is linked to it"),
        hidden("l", "link", "incident.link", "Say what it has to do with: a request, flag, release"),
        hidden("t", "moment", "incident.moment", "Jump to the next moment that changed it"),
        hidden("enter", "event", "incident.event", "The marked line of the timeline, as it was recorded"),
        INCIDENT,
        hidden("f", "scroll(1)", "incident.on", "Scroll on in what stands beside the timeline"),
        hidden("b", "scroll(-1)", "incident.before", "Scroll back there"),
        hidden("y", "copy", "incident.copy", "Copy the command that shows it"),
        hidden("d", "raw", "incident.raw", "The incident as JSON"),
        hidden("ctrl+r", "again", "incident.again", "Read it again, and ask every source"),
        shown("escape", "back", "incident.back", "back", "Undo filter and screen mode, then back"),
    ]

    def __init__(self, incident_id: str) -> None:
        super().__init__()
        self.incident_id = incident_id
        self.timeline: tuple[Told, ...] = ()
        """Newest first."""
        self._incident: Incident | None = None
        self._kept: tuple[Told, ...] = ()
        self._around: Around | None = None

    def body(self) -> Iterable[Widget]:
        yield Painted(id="summary")
        yield Painted(id="empty")
        with Vertical(id="panes"):
            with DetailPane(id="detail", can_focus=False):
                yield Painted(id="marked")
            with ListPane(id="list"):
                yield Painted(id="heading")
                yield Rows(id="rows")
        yield FilterLine()

    @property
    def rows(self) -> Rows:  # type: ignore[override]
        """The timeline: what comes in stands on top, and the mark stays there with it."""
        return self.query_one("#rows", Rows)

    @property
    def incident(self) -> Incident | None:
        return self._incident

    # --- reading -------------------------------------------------------------------------------

    @work(group="incident", exit_on_error=False)
    async def read(self) -> None:
        """Read the incident and its timeline."""

        async def read(room: IncidentRoom) -> None:
            found = await room.desk.get(self.incident_id)
            told = await room.desk.timeline(found) if found is not None else ()
            self._around = await self._surroundings(found)
            self._incident, self.timeline = found, tuple(reversed(told))

        await self.reading(read, "screens.incidents.page")
        if self.read_at is not None and self._incident is None and self.is_current:
            console(self).say(f"There is no incident {self.incident_id} in this ledger.", "warning")
            self.leave()
            return
        self.sieve()

    async def _surroundings(self, one: Incident | None) -> Around:
        """How the linked requests stand, and what is offered."""
        from console.actions import Impossible
        from screens.incidents.page import Around
        from screens.incidents.surroundings import offered, requests

        app = console(self)
        if one is None or app.cockpit is None:
            return Around({})
        try:
            stands = await requests(app.cockpit, one.linked("request"))
        except Impossible:
            stands = {}
        return Around(stands, await offered(app.cockpit, one, app.world))

    def sieve(self) -> None:
        from screens.incidents.timeline_rows import haystack

        kept = self.timeline
        if self.pattern:
            keep = matcher(self.pattern)
            kept = tuple(one for one in kept if keep(haystack(one)))
        self._kept = kept
        self.rows.show([one.seq for one in kept], self._row)
        self.refresh_world()

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        if self.due(world):
            self.read()
        one, cells = self._incident, self.size.width
        self.lay_out(one is not None)
        self.pane("summary", lambda: self._head(one, now, cells))
        self.pane("empty", lambda: self._empty(cells - 2))
        if one is not None:
            self.pane("marked", lambda: self._page(one, world, now))
            self._share()
            self.pane("heading", lambda: [self._heading(now)])
        self.rows.tick()

    def _head(self, one: Incident | None, now: Millis, cells: int) -> list[Line]:
        if one is None:
            return []
        from screens.incidents.page import head

        return head(one, now, cells)

    def _page(self, one: Incident, world: World, now: Millis) -> list[Line]:
        from screens.incidents.page import NOTHING_AROUND, page

        pane = self.query_one("#detail")
        cells = max((pane.size.width or self.size.width) - 3, 20)
        return page(one, world, now, cells, self.person(), self._around or NOTHING_AROUND)

    def _share(self) -> None:
        """Above the timeline it has as many rows as it needs, up to a limit; beside it all of them."""
        high: int | str = "1fr"
        if self.screen_mode is ScreenMode.NORMAL and not self.has_class("-wide"):
            free = self.query_one("#panes").size.height // 2
            high = max(min(len(self.query_one("#marked", Painted).lines), ABOVE_ROWS, free), 1)
        self.share("#detail", high)

    def _heading(self, now: Millis) -> Line:
        read = "" if self.read_at is None else f"   read {ago(self.read_at, now)}"
        more = self.matching(len(self._kept))
        return (
            span("TIMELINE", "quiet"),
            span(f"  {len(self.timeline)} lines", "quiet"),
            *more,
            span(read, "quiet"),
        )

    def _empty(self, cells: int) -> list[Line]:
        if self.problem is not None:
            return paragraph(f"! {self.problem.what} {self.problem.next}", cells, "caution", most=3)
        if self._incident is not None:
            return []
        opening = console(self).cockpit is None
        said = "… the console is still opening." if opening else "… the incident is being read."
        return paragraph(said, cells, "quiet", indent=1)

    def _row(self, index: int, cells: int, marked: bool) -> Line:
        from screens.incidents.timeline_rows import row

        if self._incident is None:
            return paint.EMPTY
        started = self._incident.opened.started_at
        return row(self._kept[index], started, console(self).present(), cells, marked)

    @on(Rows.Marked)
    def _other_marked(self) -> None:
        """The timeline's mark says nothing of what stands beside it."""

    # --- actions -------------------------------------------------------------------------------

    def unable(self, action: str) -> str | None:
        if self._incident is None and action not in ("back", "filter", "again"):
            return "The incident is still being read."
        if action in ("event", "moment") and not self._kept:
            return "No line of the timeline is marked."
        return super().unable(action)

    def action_moment(self) -> None:
        from screens.incidents.timeline_rows import next_moment

        found = next_moment(self._kept, self.rows.at)
        if found is not None:
            self.rows.at = found

    @work(group="event", exclusive=True, exit_on_error=False)
    async def action_event(self) -> None:
        from screens.dialogs.event import EventDialog

        app, seq = console(self), self.rows.marked
        if app.cockpit is None or not isinstance(seq, int):
            return
        found = await app.cockpit.events(before_seq=seq + 1, limit=1)
        if found and found[0].seq == seq and self.is_current:
            self.app.push_screen(EventDialog(found[0]))

    def action_open_run(self) -> None:
        runs = () if self._incident is None else self._incident.linked("run")
        if runs:
            console(self).show_run(runs[-1])
        else:
            console(self).say("No playbook runs for it; p shows those that are offered.", "warning")

    def action_scroll(self, pages: int) -> None:
        pane = self.query_one("#detail")
        pane.scroll_relative(y=pages * max(pane.size.height - 1, 1), animate=False)

    def action_playbooks(self) -> None:
        console(self).show_playbooks(self.incident_id)

    def action_again(self) -> None:
        self.read()
        self.app.action_refresh()  # type: ignore[attr-defined]

    def copied(self) -> Copied | str:
        name = self.incident_id
        return Copied(f"coalmine incident show {name}", f"the command that shows {name}")

    def leave(self) -> None:
        if self.is_current:
            self.app.pop_screen()

    def detail_to_top(self) -> None:
        self.query_one("#detail", VerticalScroll).scroll_home(animate=False)
