"""The incidents: what goes on, how bad it is, what is due; and the marked one in full."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType

from console.readings import Millis
from console.world import World
from screens import paint
from screens.context import console
from screens.incidents.acting import ActsOnIncident
from screens.keys import PLAYBOOKS, SOURCES, hidden, shown, typing
from screens.list_room import Copied
from screens.matching import matcher
from screens.paint import Line, span
from screens.present import ago
from screens.widgets.rows import Rows

if TYPE_CHECKING:
    from console.incidents.incident import Incident
    from console.incidents.room import IncidentRoom

OPEN_ROWS = 3
"""Rows that the marked incident has at least, under the list."""


class IncidentsScreen(ActsOnIncident):
    """Open ones first, the worst on top; enter opens the room of the marked one."""

    MODE = "incidents"
    MARKED = "incident"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("enter", "open_incident", "incidents.room", "open", "The room of the marked incident"),
        shown("a", "acknowledge", "incident.acknowledge", "acknowledge", "Take care of it"),
        shown("i", "app.incident", "room.incident", "new…", "Open an incident, with what is measured now"),
        PLAYBOOKS,
        typing("slash", "filter", "incidents.filter", "filter", "Keep what matches (a regular expression)"),
        SOURCES,
        hidden("n", "note", "incident.note", "A note on the marked incident, into its timeline"),
        hidden("v", "severity", "incident.severity", "Say how bad the marked incident is"),
        hidden("y", "copy", "incidents.copy", "Copy the command that shows the marked incident"),
        hidden("d", "raw", "incidents.raw", "The marked incident as JSON"),
        hidden("ctrl+r", "again", "incidents.again", "Read the incidents again, and ask every source"),
        hidden("escape", "back", "incidents.back", "Undo filter and screen mode, then back to the release"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.incidents: tuple[Incident, ...] = ()
        self._kept: tuple[Incident, ...] = ()
        self._eager = False
        """Whether enter was pressed before there was anything to open."""

    @property
    def incident(self) -> Incident | None:
        """The marked one, as it was read last."""
        name = self.rows.marked
        return next((one for one in self._kept if one.id == name), None)

    # --- reading -------------------------------------------------------------------------------

    @work(group="incidents", exit_on_error=False)
    async def read(self) -> None:
        """Read every incident; what that needs is loaded beside the event loop."""

        async def read(room: IncidentRoom) -> None:
            from screens.incidents.rows import ordered

            self.incidents = ordered(await room.desk.all())

        await self.reading(read, "screens.incidents.page")
        self.sieve()
        if self._eager:
            self._eager = False
            self.action_open_incident()

    def sieve(self) -> None:
        kept = self.incidents
        if self.pattern and kept:
            from screens.incidents.rows import haystack

            keep = matcher(self.pattern)
            kept = tuple(one for one in kept if keep(haystack(one)))
        self._kept = kept
        self.rows.show([one.id for one in kept], self._row)
        self.refresh_world()

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        if self.due(world):
            self.read()
        cells = self.size.width
        self.lay_out(bool(self._kept))
        self.share_list(len(self._kept), OPEN_ROWS)
        self.pane("summary", lambda: [self._summary(now)])
        some, read = bool(self._kept), self.read_at is not None
        self.pane("empty", lambda: self.why_empty(self.problem, read, some, self._why_none, cells - 2))
        self.pane("heading", lambda: self._heading(self.rows.size.width or cells))
        self.rows.tick()
        self._detail(world, now)

    def _row(self, index: int, cells: int, marked: bool) -> Line:
        from screens.incidents.rows import row

        return row(self._kept[index], console(self).present(), cells, marked)

    def _heading(self, cells: int) -> list[Line]:
        if not self._kept:
            return []
        from screens.incidents.rows import heading

        return [heading(cells)]

    def _summary(self, now: Millis) -> Line:
        parts = [span(" Incidents", "strong", bold=True)]
        going = sum(not one.over for one in self.incidents)
        if going:
            parts.append(span(f"   ▲ {going} open", "worse", bold=True))
        elif self.read_at is not None:
            parts.append(span("   none is open", "quiet"))
        late = sum(one.acknowledged_at is None and not one.over for one in self.incidents)
        if late:
            parts.append(span(f"   … {late} not acknowledged", "caution", bold=True))
        parts += self.matching(len(self._kept))
        if self.read_at is not None:
            parts.append(span(f"   read {ago(self.read_at, now)}", "quiet"))
        return paint.cut(tuple(parts), self.size.width)

    def _why_none(self) -> str:
        if self.read_at is None:
            opening = console(self).cockpit is None
            return "… the console is still opening." if opening else "… the incidents are being read."
        if self.incidents:
            return "No incident matches; esc undoes the filter."
        return (
            "No incident was ever opened in this ledger. i opens one: what is measured at that moment is kept"
            " with it, and its timeline is written by itself. p shows the playbooks."
        )

    def _detail(self, world: World, now: Millis) -> None:
        one = self.incident
        if one is None:
            self.pane("marked", list)
            return
        from screens.incidents.page import head, page

        found, pane = one, self.query_one("#detail")
        cells = max((pane.size.width or self.size.width) - 3, 20)
        person = self.person()
        self.pane("marked", lambda: [*head(found, now, cells), *page(found, world, now, cells, person)])

    @on(Rows.Marked)
    def _other_marked(self) -> None:
        if self.ready:
            app = console(self)
            self._detail(app.picture, app.present())
            self.detail_to_top()

    # --- actions -------------------------------------------------------------------------------

    def unable(self, action: str) -> str | None:
        if self.incident is None and action in NEED_ONE:
            return "No incident is marked."
        return super().unable(action)

    def action_open_incident(self) -> None:
        one = self.incident
        self._eager = self.read_at is None
        if one is not None:
            console(self).show_incident(one.id)

    def action_again(self) -> None:
        self.read()
        self.app.action_refresh()  # type: ignore[attr-defined]

    def copied(self) -> Copied | str:
        one = self.incident
        if one is None:
            return ""
        return Copied(f"coalmine incident show {one.id}", f"the command that shows {one.id}")


NEED_ONE: Iterable[str] = ("open_incident", "acknowledge", "note", "severity", "copy", "raw")
