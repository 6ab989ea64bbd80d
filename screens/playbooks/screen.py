"""The library: every playbook there is, and the marked one to be read."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType

from console.outcome import End, Outcome
from console.readings import Millis
from console.world import World
from screens import paint
from screens.context import console
from screens.keys import hidden, shown, typing
from screens.list_room import Copied
from screens.matching import matcher
from screens.paint import Line, paragraph, span
from screens.screen_mode import ScreenMode
from screens.two_panes import TwoPanes
from screens.widgets.rows import Rows

if TYPE_CHECKING:
    from console.incidents.incident import Incident
    from console.playbooks.library import Found


READ_WITHIN_S = 2.0
"""So long a key that runs the marked one waits for the files to be read."""


def known_of(world: World) -> dict[str, str]:
    """Values of parameters by the names that the shipped playbooks give them, as far as they are known."""
    release, project = world.release.value, world.project.value
    found = {"project": world.project_label}
    if project is not None and project.serving_id:
        found["production"] = project.serving_id
    if project is not None and project.domains:
        found["domain"] = project.domains[0]
    if release is not None and release.active and release.canary is not None and release.baseline is not None:
        found |= {"canary": release.canary.id, "baseline": release.baseline.id}
    return found


class PlaybooksScreen(TwoPanes):
    """Lies over the screen it was opened from. ``incident_id``: for which those that fit stand first."""

    MODE = "incidents"
    MARKED = "playbook"
    BINDINGS: ClassVar[list[BindingType]] = [
        typing(
            "slash", "filter", "playbooks.filter", "filter", "Keep those that say it (a regular expression)"
        ),
        shown("r", "run", "playbooks.run", "run…", "Run the marked one: its parameters first"),
        shown("f", "scroll(1)", "playbooks.on", "read on", "Scroll on in the marked one"),
        shown("b", "scroll(-1)", "playbooks.before", "back up", "Scroll back in it"),
        hidden("enter", "whole", "playbooks.whole", "The marked one alone, to be read"),
        hidden("y", "copy", "playbooks.copy", "Copy the command that shows the marked one"),
        hidden("ctrl+r", "again", "playbooks.again", "Read the files again"),
        shown("escape", "back", "playbooks.back", "back", "Undo filter and screen mode, then back"),
    ]

    def __init__(self, incident_id: str = "") -> None:
        super().__init__()
        self.incident_id = incident_id
        self.found: tuple[Found, ...] | None = None
        self._kept: tuple[Found, ...] = ()
        self._offered: tuple[str, ...] = ()
        self._looked_for = ""
        self._there = asyncio.Event()
        """Set once the files have been read."""
        self._page: tuple[str, int, list[Line]] = ("", 0, [])
        """Digest and cells of what is drawn, and its lines: they are made once."""

    @property
    def marked(self) -> Found | None:
        name = self.rows.marked
        return next((one for one in self._kept if one.name == name), None)

    def on_mount(self) -> None:
        super().on_mount()
        self.read()

    @work(group="playbooks", exclusive=True, exit_on_error=False)
    async def read(self) -> None:
        """Read and check every file; the ones for the incident come first."""
        app = console(self)
        if app.cockpit is None:
            return
        await asyncio.to_thread(import_module, "screens.playbooks.page")
        found = await app.cockpit.playbooks()
        first: tuple[Found, ...] = ()
        one = await self._incident()
        if one is not None:
            from screens.incidents.surroundings import fitting

            first = fitting(found, one, app.world)
        self._offered = tuple(one.name for one in first)
        self.found = (*first, *(one for one in found if one.name not in self._offered))
        self.sieve()
        self._there.set()

    async def _incident(self) -> Incident | None:
        app = console(self)
        if not self.incident_id or app.cockpit is None:
            return None
        return await app.cockpit.incidents().desk.get(self.incident_id)

    def sieve(self) -> None:
        kept = self.found or ()
        if self.pattern:
            from screens.playbooks.page import haystack

            keep = matcher(self.pattern)
            within = [one for one in kept if keep(haystack(one))]
            kept = tuple(sorted(within, key=lambda one: not keep(f"{one.name} {one.title}")))
        self._kept = kept
        self.rows.show([one.name for one in kept], self._row)
        if self.pattern != self._looked_for:  # what was looked for is marked, not what was marked before
            self._looked_for, self.rows.at = self.pattern, 0
        self.refresh_world()

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        cells = self.size.width
        self.lay_out(bool(self._kept))
        if self.screen_mode is ScreenMode.NORMAL and not self.has_class("-wide"):
            self.query_one("#list").styles.height = max(min(len(self._kept), self.size.height // 3), 3)
        else:
            self.query_one("#list").styles.height = "1fr"
        self.pane("summary", lambda: [self._summary(cells)])
        self.pane("empty", lambda: self._empty(cells - 2))
        self.rows.tick()
        self._read_page()

    def _summary(self, cells: int) -> Line:
        parts = [span(" Playbooks", "strong", bold=True)]
        if self._offered:
            parts.append(span(f"   ◆ {len(self._offered)} for {self.incident_id}", "canary", bold=True))
        wrong = sum(one.checked.playbook is None for one in self.found or ())
        if wrong:
            parts.append(span(f"   ! {wrong} cannot run", "worse", bold=True))
        return paint.cut((*parts, *self.matching(len(self._kept))), cells)

    def _empty(self, cells: int) -> list[Line]:
        if self._kept:
            return []
        if self.found is None:
            said = "… the playbooks are being read and checked."
        elif self.found:
            said = "No playbook matches; esc undoes the filter."
        else:
            said = "There is no playbook here: this session knows no folder of them."
        return paragraph(said, cells, "quiet", indent=1)

    def _row(self, index: int, cells: int, marked: bool) -> Line:
        from screens.playbooks.page import row

        one = self._kept[index]
        return row(one, cells, marked, offered=one.name in self._offered)

    def _read_page(self) -> None:
        one = self.marked
        if one is None:
            self.pane("marked", list)
            return
        from screens.playbooks.page import page

        pane = self.query_one("#detail")
        cells = max((pane.size.width or self.size.width) - 3, 20)
        if self._page[:2] != (one.sha256 + one.name, cells):
            self._page = (one.sha256 + one.name, cells, page(one, cells))
        self.pane("marked", lambda: self._page[2])

    @on(Rows.Marked)
    def _other_marked(self) -> None:
        if self.ready:
            self._read_page()
            self.detail_to_top()

    # --- actions -------------------------------------------------------------------------------

    def unable(self, action: str) -> str | None:
        if action in ("copy", "run", "whole", "scroll(1)", "scroll(-1)") and self.marked is None:
            return "No playbook is marked."
        return None

    def action_scroll(self, pages: int) -> None:
        pane = self.query_one("#detail")
        pane.scroll_relative(y=pages * max(pane.size.height - 1, 1), animate=False)

    def action_whole(self) -> None:
        full = self.screen_mode is ScreenMode.FULL
        self.set_screen_mode((ScreenMode.NORMAL if full else ScreenMode.FULL).value)

    async def action_run(self) -> None:
        """Ask for the parameters, and begin; the run comes on show when it is begun.

        What is typed behind the key belongs to the dialog: so no key is looked at before that is there.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(READ_WITHIN_S):
                await self._there.wait()
        one, app = self.marked, console(self)
        if one is None or app.cockpit is None:
            return
        for name in ("console.runs.room", "screens.dialogs.verb", "screens.runs.verbs"):
            await asyncio.to_thread(import_module, name)
        from screens.dialogs.verb import VerbDialog
        from screens.runs.verbs import begin

        who, found = app.cockpit.runs().who(), begin(one, self.incident_id, known_of(app.world))
        refused = who if isinstance(who, Outcome) else found
        if isinstance(refused, Outcome):
            app.say(f"{refused.says} {refused.next}".strip(), "warning")
            return
        dialog = VerbDialog(refused, self.incident_id or one.name)

        def closed(_: None) -> None:
            if dialog.outcome is not None and dialog.outcome.end is End.DONE:
                app.show_run(dialog.outcome.next)

        await self.app.push_screen(dialog, closed)

    def action_again(self) -> None:
        self.read()

    def copied(self) -> Copied | str:
        one = self.marked
        if one is None:
            return ""
        return Copied(f"coalmine playbook show {one.name}", f"the command that shows {one.name}")

    def leave(self) -> None:
        if self.is_current:
            self.app.pop_screen()
