"""The requests: what waits for whom, and the marked one in full."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType

from console.actions import Impossible
from console.ports import StoreUnusable
from console.readings import Millis, Problem
from console.world import World
from screens import paint
from screens.context import console
from screens.keys import SOURCES, hidden, shown, typing
from screens.list_room import Copied
from screens.matching import matcher
from screens.paint import Line, span
from screens.present import ago, count
from screens.two_panes import TwoPanes
from screens.widgets.rows import Rows

if TYPE_CHECKING:
    from console.rollback.counting import View
    from screens.dialogs.request_text import Verb

EVERY_S = 15.0
"""How often they are read while on show and nothing says that they changed."""
KINDS = ("request.", "policy.")
"""Beginnings of the kinds of events after which they are read again."""


class RollbacksScreen(TwoPanes):
    """Reads the ledger's requests when one of them changes; changes nothing by itself."""

    MODE = "rollbacks"
    CSS_PATH = "rollbacks.tcss"
    MARKED = "request"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown(
            "enter",
            "open_request",
            "rollbacks.request",
            "open",
            "Read and answer the marked request",
        ),
        shown("X", "execute", "rollbacks.execute", "carry out…", "Carry the marked request out"),
        shown(
            "R", "app.choose('rollback')", "rollbacks.rollback", "roll back…", "Ask for an instant rollback"
        ),
        typing("slash", "filter", "rollbacks.filter", "filter", "Keep what matches (a regular expression)"),
        SOURCES,
        hidden("y", "copy", "rollbacks.copy", "Copy the command that approves the marked request"),
        hidden("d", "raw", "rollbacks.raw", "The marked request as JSON"),
        hidden("ctrl+r", "again", "rollbacks.again", "Read the requests again, and ask every source"),
        hidden("escape", "back", "rollbacks.back", "Undo filter and screen mode, then back to the release"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.views: tuple[View, ...] = ()
        self.problem: Problem | None = None
        self.read_at: Millis | None = None
        self._kept: tuple[View, ...] = ()
        self._asked: float | None = None
        """Monotonic seconds of the last reading begun."""
        self._recorded = 0
        """The newest event about a request that was followed by a reading."""
        self._reading = False
        self._eager = False
        """Whether enter was pressed before there was anything to open."""

    @property
    def marked(self) -> View | None:
        """The marked request, as it was read last."""
        name = self.rows.marked
        return next((one for one in self._kept if one.id == name), None)

    # --- reading -------------------------------------------------------------------------------

    def _due(self, world: World, now: Millis) -> bool:
        app = console(self)
        if app.cockpit is None or self._reading or not self.is_current or app.paused():
            return False
        newest = max((one.seq for one in world.recent if one.kind.startswith(KINDS)), default=0)
        if newest > self._recorded:
            self._recorded = newest
            return True
        if self._asked is None or app.monotonic() - self._asked >= EVERY_S:
            return True
        return self.read_at is not None and self._lapsed(self.read_at, now)

    def _lapsed(self, since: Millis, now: Millis) -> bool:
        """Whether a deadline went by since they were read."""
        from console.rollback.executing import deadline

        return any((until := deadline(one)) is not None and since <= until < now for one in self.views)

    @work(group="requests", exit_on_error=False)
    async def read(self) -> None:
        """Read the requests; what that needs is loaded beside the event loop."""
        app = console(self)
        if app.cockpit is None or self._reading:
            return
        self._reading, self._asked = True, app.monotonic()
        try:
            await asyncio.to_thread(import_module, "console.rollback.room")
            await asyncio.to_thread(import_module, "screens.rollbacks.page")
            self.views = await app.cockpit.requests().desk.all()
            self.problem, self.read_at = None, app.present()
        except Impossible as error:
            self.problem = Problem("unconfigured", str(error), "See coalmine doctor.")
        except StoreUnusable as error:
            self.problem = error.problem
        finally:
            self._reading = False
        self.sieve()
        self._mark_sought(just_read=True)
        if self._eager:
            self._eager = False
            self._open(None)

    def _mark_sought(self, *, just_read: bool) -> None:
        """Mark the request that was asked for by its name; one that is not there is looked for once."""
        app = console(self)
        name = app.sought_request
        if not name or app.cockpit is None or not self.ready:
            return
        if any(one.id == name for one in self.views):
            if name in self.rows.keys:
                app.sought_request = ""
                self.rows.at = list(self.rows.keys).index(name)
            elif self.pattern:
                self.filter_by("")  # marked once that is undone
        elif just_read:
            app.sought_request = ""
            app.say(f"There is no request {name} in this ledger.", "warning")
        else:
            self.read()

    # --- filtering -----------------------------------------------------------------------------

    def sieve(self) -> None:
        kept = self.views
        if self.pattern and kept:
            from screens.rollbacks.rows import haystack

            keep = matcher(self.pattern)
            kept = tuple(one for one in kept if keep(haystack(one)))
        self._kept = kept
        self.rows.show([one.id for one in kept], self._row)
        self.refresh_world()

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        if self._due(world, now):
            self.read()
        cells = self.size.width
        self.lay_out(bool(self._kept))
        self.share_list(len(self._kept), 3)
        self.pane("summary", lambda: [self._summary(world, now)])
        some, read = bool(self._kept), self.read_at is not None
        self.pane("empty", lambda: self.why_empty(self.problem, read, some, self._why_none, cells - 2))
        self.pane("heading", lambda: self._heading(self.rows.size.width or cells))
        self.rows.tick()
        self._detail(now)
        self._mark_sought(just_read=False)

    def _row(self, index: int, cells: int, marked: bool) -> Line:
        from screens.rollbacks.rows import row

        return row(self._kept[index], console(self).present(), cells, marked)

    def _heading(self, cells: int) -> list[Line]:
        if not self._kept:
            return []
        from screens.rollbacks.rows import heading

        return [heading(cells)]

    def _summary(self, world: World, now: Millis) -> Line:
        parts = [span(" Requests", "strong", bold=True)]
        waiting = world.waiting
        if waiting.approvals:
            parts.append(span(f"   … {count(waiting.approvals, 'approval')} waiting", "caution", bold=True))
        if waiting.hands:
            parts.append(span(f"   ✓ {waiting.hands} to be carried out", "caution", bold=True))
        if waiting.reopened:
            parts.append(span(f"   ! {waiting.reopened} reopened", "worse", bold=True))
        if waiting.reviews:
            parts.append(span(f"   ! {count(waiting.reviews, 'review')} due", "caution", bold=True))
        if self.read_at is not None and not waiting.all:
            parts.append(span("   nothing waits for anybody", "quiet"))
        parts += self.matching(len(self._kept))
        if self.read_at is not None:
            parts.append(span(f"   read {ago(self.read_at, now)}", "quiet"))
        return paint.cut(tuple(parts), self.size.width)

    def _why_none(self) -> str:
        if self.read_at is None:
            opening = console(self).cockpit is None
            return "… the console is still opening." if opening else "… the requests are being read."
        if self.views:
            return "No request matches; esc undoes the filter."
        return (
            "Nothing was ever asked for in this ledger. What the policy lets nobody do alone is asked for by"
            " the same keys as ever (R rolls back), and stands here until others have answered."
        )

    def _detail(self, now: Millis) -> None:
        view = self.marked
        if view is None:
            self.pane("marked", list)
            return
        from screens.rollbacks.page import page

        found, pane = view, self.query_one("#detail")
        cells = max((pane.size.width or self.size.width) - 3, 20)
        person = console(self).picture.person.value
        self.pane("marked", lambda: page(found, now, cells, you=person.key if person else None))

    @on(Rows.Marked)
    def _other_marked(self) -> None:
        if self.ready:
            self._detail(console(self).present())
            self.detail_to_top()

    # --- actions -------------------------------------------------------------------------------

    def unable(self, action: str) -> str | None:
        if action in ("copy", "raw", "open_request", "execute") and self.marked is None:
            return "No request is marked."
        if action == "execute" and self.marked is not None:
            from screens.dialogs.request_text import cannot, offered

            return None if "execute" in offered(self.marked, None) else cannot(self.marked, "execute")
        return None

    def action_open_request(self) -> None:
        self._eager = self.read_at is None
        self._open(None)

    def action_execute(self) -> None:
        refused = self.unable("execute")
        if refused is not None:
            console(self).say(refused, "warning")
        else:
            self._open("execute")

    def _open(self, verb: Verb | None) -> None:
        from screens.dialogs.request import RequestDialog

        view = self.marked
        if view is not None:
            self.app.push_screen(RequestDialog(view, verb), lambda _: self._after())

    def _after(self) -> None:
        self.read()

    def action_again(self) -> None:
        self.read()
        self.app.action_refresh()  # type: ignore[attr-defined]

    def copied(self) -> Copied | str:
        view = self.marked
        if view is None:
            return ""
        return Copied(f"coalmine approve {view.id}", f"the command that approves {view.id}")

    def action_raw(self) -> None:
        from screens.dialogs.request_raw import RequestRaw

        if self.marked is not None:
            self.app.push_screen(RequestRaw(self.marked))
