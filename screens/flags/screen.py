"""The flags: how each stands in production, and the marked one with rules, people, history and overrides."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType

from console.actions import Impossible
from console.flags.incident import incident_of
from console.flags.intents import FlagIntent
from console.flags.model import Flag
from console.flags.telling import environment_of
from console.ports import StoreUnusable
from console.readings import Millis
from console.world import World
from screens import clean, paint
from screens.context import console
from screens.flags.changes import WHAT, FlagChanges
from screens.flags.detail import detail
from screens.flags.known import EVERY_S, Known, Past, age_spans, newest_first
from screens.flags.reading import desk_of, read, read_past, read_suspects
from screens.flags.rows import haystack, heading, row
from screens.flags.suspected import summary, suspects_first
from screens.keys import MITIGATE, SOURCES, hidden, shown, typing
from screens.list_room import Copied
from screens.matching import matcher
from screens.paint import Line, paragraph, span
from screens.present import count
from screens.widgets.rows import Rows

if TYPE_CHECKING:
    from console.flags.suspecting import Suspects

REST_S = 0.2
"""How long a mark has to rest on a flag until its history is asked for."""
SLICE = 200
"""Flags that are filtered between two looks at the keys."""


class FlagsScreen(FlagChanges):
    """Asks the back-end when it is opened and every 30 s while on show; changes nothing by itself."""

    MODE = "flags"
    MARKED = "flag"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown(
            "enter", "who", "flags.who", "who gets what", "What a context gets of the marked flag, and why"
        ),
        shown(
            "K",
            "kill",
            "flags.kill",
            "kill…",
            "Turn the flag (or all picked) off for everyone; rules are kept",
        ),
        shown(
            "E",
            "edit",
            "flags.edit",
            "edit…",
            "Change the marked flag: shares, people, rules, values, archive, restore",
        ),
        shown("U", "take_back", "flags.undo", "undo…", "Take back the newest change made here of this flag"),
        MITIGATE,
        typing("slash", "filter", "flags.filter", "filter", "Keep what matches (a regular expression)"),
        SOURCES,
        hidden("x", "pick", "flags.pick", "Pick the marked flag, or no longer: K takes all picked as one"),
        hidden("v", "who", "flags.who_too", "What a context gets of the marked flag, and why"),
        hidden("y", "copy", "flags.copy", "Copy the key of the marked flag"),
        hidden("d", "raw", "flags.raw", "The marked flag as the back-end has it, as JSON"),
        hidden("ctrl+r", "again", "flags.again", "Read the flags again, and ask every source"),
        hidden(
            "escape", "back", "flags.back", "Undo picks, filter and screen mode, then back to the release"
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.overrides: tuple[FlagIntent, ...] = ()
        self._kept: tuple[Flag, ...] = ()
        self._by_key: dict[str, Flag] = {}
        self._hay: dict[str, str] = {}
        self._pasts: dict[str, tuple[Flag, Past]] = {}
        self._asked: float | None = None
        """Monotonic seconds of the last reading begun."""
        self._reading = False
        self._looked_for: str | None = None
        """The key of a flag to be marked as soon as it is read."""
        self.suspects: Suspects | None = None
        """Those of the harm that a judge sees; ``None`` without one."""
        self._harm: Millis | None = None
        """Since when there was harm, at the last reading begun."""
        self._recorded = 0
        """The newest event about a flag that was followed by a reading."""

    @property
    def marked(self) -> Flag | None:
        """The marked flag, as it was read last."""
        return self._by_key.get(str(self.rows.marked)) if self._kept else None

    # --- reading -------------------------------------------------------------------------------

    def _due(self, world: World) -> bool:
        app = console(self)
        if app.cockpit is None or not self.is_current or app.paused():
            return False
        newest = max((one.seq for one in world.recent if one.kind.startswith("flag.")), default=0)
        if newest > self._recorded:
            self._recorded = newest
            return True
        if _harm(world) != self._harm:
            return True
        return self._asked is None or app.monotonic() - self._asked >= EVERY_S

    @work(group="flags", exit_on_error=False)
    async def read(self) -> None:
        """Ask for the flags and the overrides; one asking at a time."""
        app = console(self)
        if app.cockpit is None or self._reading:
            return
        self._reading, self._asked = True, app.monotonic()
        self._harm = _harm(app.world)
        try:
            known = self.known
            self._take(await read(app.cockpit, known, app.present(), archived=self.archived_wanted))
            self.suspects = await read_suspects(app.cockpit, self.known, app.world)
            self._take(self.known)
            self.desk = await desk_of(app.cockpit)
            self.overrides = await self.desk.overrides()
        except (Impossible, StoreUnusable):
            self.overrides = ()  # said by the summary, and by the banner of the ledger
        finally:
            self._reading = False
        self.refresh_world()

    def _take(self, known: Known) -> None:
        """Show what was read, the suspects of an incident first."""
        known = _ordered(known, self.suspects)
        if known.flags is not self.known.flags:
            self._by_key = {one.key: one for one in known.all}
            if len(self._by_key) < len(known.all):  # a back-end with a key twice: one of them is shown
                shown = tuple(self._by_key.values())
                active = tuple(one for one in shown if not one.archived)
                gone = tuple(one for one in shown if one.archived)
                known = replace(known, flags=active, archived=None if known.archived is None else gone)
            self._hay.clear()
            # what could not be read is asked for again
            self._pasts = {key: one for key, one in self._pasts.items() if one[1].problem is None}
        self.known = known
        self.picked = {key: None for key in self.picked if key in self._by_key}
        self.sieve()
        self.refresh_world()
        self._find()
        self._ask_past()

    def _ask_past(self) -> None:
        flag = self.marked
        if flag is not None and self._past_of(flag) is None:
            self.read_past(flag)

    @property
    def past(self) -> Past | None:
        """The history of the marked flag, once it was read."""
        return None if self.marked is None else self._past_of(self.marked)

    def _past_of(self, flag: Flag) -> Past | None:
        """Its history, if that was read of this very state of it."""
        of, past = self._pasts.get(flag.key, (None, None))
        return past if of is not None and of.raw == flag.raw else None

    @work(exclusive=True, group="past", exit_on_error=False)
    async def read_past(self, flag: Flag) -> None:
        """The history of ``flag``, once the mark rests on it."""
        app = console(self)
        await asyncio.sleep(REST_S)
        if app.cockpit is not None:
            past = await read_past(app.cockpit, flag)
            self._pasts[flag.key] = (flag, past)
            self._detail(app.present())

    # --- filtering -----------------------------------------------------------------------------

    @property
    def archived_wanted(self) -> bool:
        """Whether the filter asks for archived flags; else they are neither read nor shown."""
        return "archived" in self.pattern.casefold() or self._looked_for is not None

    def sieve(self) -> None:
        if self.archived_wanted and self.known.archived is None:
            self.read()
        if self.pattern:
            self.sift()
        else:
            self._keep(self.known.flags, [one.key for one in self.known.flags])

    @property
    def keys_read(self) -> list[str]:
        """The keys of all flags that were read."""
        return list(self._by_key)

    def look_for(self, key: str) -> None:
        """Mark the flag of that key, be it archived, as soon as the flags are read."""
        self._looked_for = key
        if key in self._by_key:
            self._find()
        else:
            self.read()

    def _find(self) -> None:
        key = self._looked_for
        if key is None or self.known.at is None:
            return
        flag = self._by_key.get(key)
        if flag is None and self.known.archived is None and self.known.problem is None:
            self.call_later(self.read)  # the archived ones were not asked for yet
            return
        self._looked_for = None
        if flag is None:
            named, problem = clean.cut(clean.clean(key), 60), self.known.problem
            missing = f"There is no flag {named}."
            unknown = f"Whether there is a flag {named} is not known: {problem.what}" if problem else ""
            console(self).say(unknown or missing, "warning")
            return
        self.pattern = "archived" if flag.archived else ""
        self.filter.put(self.pattern)
        self.rows.seek(key)
        self.sieve()

    @work(exclusive=True, group="sift", exit_on_error=False)
    async def sift(self) -> None:
        """Filter in slices, so that keys are answered between them."""
        keep, kept, now = matcher(self.pattern), list[Flag](), console(self).present()
        known = self.known
        flags = known.all if self.archived_wanted else known.flags
        for start in range(0, len(flags), SLICE):
            for one in flags[start : start + SLICE]:
                if one.key not in self._hay:
                    self._hay[one.key] = haystack(one, now, known.person(one.raw.get("updatedBy")))
                if keep(self._hay[one.key]):
                    kept.append(one)
            await asyncio.sleep(0)
        if known is self.known:
            self._keep(tuple(kept), [one.key for one in kept])

    def _keep(self, flags: tuple[Flag, ...], keys: list[str]) -> None:
        self._kept = flags
        self.rows.show(keys, self._row)
        self.refresh_world()

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        if self._due(world):
            self.read()
        cells = self.size.width
        self.lay_out(bool(self._kept))
        self.pane("summary", lambda: [self._summary(now)])
        self.pane("empty", lambda: self._empty(cells - 2))
        self.pane("heading", lambda: [heading(self.rows.size.width or cells)] if self._kept else [])
        self.rows.tick()
        self._detail(now)

    def _row(self, index: int, cells: int, marked: bool) -> Line:
        flag = self._kept[index]
        mine = next((one for one in self.overrides if one.event.key == flag.key), None)
        suspect = None if self.suspects is None else self.suspects.of(flag.key)
        by, picked = self.known.person(flag.raw.get("updatedBy")), flag.key in self.picked
        return row(flag, mine, console(self).present(), cells, marked, suspect, picked, by)

    def _summary(self, now: Millis) -> Line:
        parts = [span(" Flags", "strong", bold=True)]
        known = self.known
        parts += summary(self.suspects)
        if known.at is not None:
            gone = f" and {len(known.archived or ())} archived" if self.archived_wanted else ""
            parts.append(span(f"   {count(len(known.flags), 'flag')}{gone} of {known.provider}"))
        parts += self.matching(len(self._kept))
        if self.picked:
            parts.append(span(f"   ✓ {len(self.picked)} picked", "canary", bold=True))
        if self.overrides:
            parts.append(span(f"   ↺ {len(self.overrides)} for a set time", "caution", bold=True))
        if known.unreadable:
            parts.append(span(f"   ! {len(known.unreadable)} cannot be read", "worse", bold=True))
        parts += age_spans(known, self._reading, now)
        return paint.cut(tuple(parts), self.size.width)

    def _empty(self, cells: int) -> list[Line]:
        """Why there is no flag to show, and what is wrong with those that are not."""
        known, lines = self.known, list[Line]()
        if known.problem is not None:
            lines += paragraph(
                f"! {known.problem.what} {known.problem.next}", cells, "caution", indent=1, most=3
            )
        for one in known.unreadable[:2]:
            lines += paragraph(
                f"! A flag cannot be read and is left out: {one}.", cells, "worse", indent=1, most=2
            )
        said = "" if self._kept or (known.at is None and known.problem is not None) else self._why_none()
        return [*lines, *(paragraph(said, cells, "quiet", indent=1) if said else ())]

    def _why_none(self) -> str:
        if self.known.at is None:
            opening = console(self).cockpit is None
            return "… the console is still opening." if opening else "… the flags are being read."
        if self.known.flags:
            return "No flag matches; esc undoes the filter."
        return f"{self.known.provider} has no active flag for this project."

    def _detail(self, now: Millis) -> None:
        flag = self.marked
        if flag is None:
            self.pane("marked", list)
            return
        pane = self.query_one("#detail")
        cells = max((pane.size.width or self.size.width) - 3, 20)
        mine = [one for one in self.overrides if one.event.key == flag.key]
        past = self._past_of(flag)
        self.pane("marked", lambda: detail(flag, self.known, past, mine, now, cells, self.suspects))

    @on(Rows.Marked)
    def _other_marked(self) -> None:
        if self.ready:
            self._detail(console(self).present())
            self.detail_to_top()
            self._ask_past()

    def step_back(self) -> bool:
        if self.picked:
            self.picked.clear()
            self.refresh_world()
            return True
        return super().step_back()

    # --- actions -------------------------------------------------------------------------------

    def unable(self, action: str) -> str | None:
        if action in ("copy", "raw", "who", "pick", *WHAT) and self.marked is None:
            return "no flag is marked"
        return self.refused(action)

    def action_who(self) -> None:
        from screens.dialogs.who import WhoDialog

        flag = self.marked
        if flag is not None:
            known = self.known
            self.app.push_screen(WhoDialog(flag, known.segments, environment_of(flag), known.at))

    def action_again(self) -> None:
        self.read()
        self.app.action_refresh()  # type: ignore[attr-defined]

    def copied(self) -> Copied | str:
        flag = self.marked
        return "" if flag is None else Copied(flag.key, f"the key {clean.cut(clean.clean(flag.key), 40)}")

    def action_raw(self) -> None:
        from screens.dialogs.raw import RawDialog

        if self.marked is not None:
            self.app.push_screen(RawDialog(self.marked))


def _harm(world: World) -> Millis | None:
    """Since when a judge sees harm; ``None`` while none does."""
    incident = incident_of(world)
    return incident.since if incident.harm else None


def _ordered(known: Known, suspects: Suspects | None) -> Known:
    """The same where nothing has to move: what is new is told by its flags' identity."""
    flags = suspects_first(newest_first(known.flags), suspects)
    return known if flags == known.flags else replace(known, flags=flags)
