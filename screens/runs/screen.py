"""One run: the current step large on one side, every step on the other; one key does the step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from console.outcome import Outcome
from console.readings import Millis
from console.world import World
from screens import paint
from screens.context import console
from screens.incidents.reading import FollowsLedger
from screens.keys import MITIGATE, hidden, shown, typing
from screens.list_room import Copied
from screens.matching import matcher
from screens.paint import Line, paragraph, span
from screens.screen_mode import ScreenMode
from screens.two_panes import DetailPane, ListPane
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted
from screens.widgets.rows import Rows
from screens.widgets.steady_rows import SteadyRows

if TYPE_CHECKING:
    from console.incidents.room import IncidentRoom
    from console.playbooks.model import Step
    from console.runs.room import RunRoom, Seen
    from screens.asked import Asked

GO_ON = ("do", "leave_out", "retry", "abort", "take_over", "hand_over")
"""What is done with a run that goes on."""
MODULES = ("console.runs.room", "screens.runs.page", "screens.runs.verbs")


class RunScreen(FollowsLedger):
    """Lies over the screen it was opened from; whoever watches sees each step when it is recorded."""

    MODE = "incidents"
    MARKED = "step"
    CSS_PATH = "runs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("enter", "do", "run.do", "do it", "Answer the step, or drive the run from here"),
        shown("s", "leave_out", "run.skip", "skip…", "Leave the step out, with a reason"),
        shown("t", "retry", "run.retry", "again…", "Try the step again, or go on after its time"),
        shown("x", "abort", "run.abort", "abort…", "End the run here; what was done stays done"),
        shown("T", "take_over", "run.take_over", "take over…", "Drive on in place of who is gone"),
        hidden("h", "hand_over", "run.hand_over", "Ask somebody else to drive on"),
        MITIGATE,
        typing("slash", "filter", "run.filter", "filter", "Keep the steps that match"),
        hidden("f", "scroll(1)", "run.on", "Scroll on in the current step"),
        hidden("b", "scroll(-1)", "run.before", "Scroll back in it"),
        hidden("c", "current", "run.current", "Mark the current step"),
        hidden("y", "copy", "run.copy", "Copy the command that shows the run"),
        hidden("d", "raw", "run.raw", "The run as JSON"),
        hidden("ctrl+r", "again", "run.again", "Read it again, and ask every source"),
        shown("escape", "back", "run.back", "back", "Undo filter and screen mode, then back"),
    ]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.seen: Seen | None = None
        self._kept: tuple[tuple[int, Step], ...] = ()
        self._followed = ""
        """The step that was marked because the run came to it."""

    def body(self) -> Iterable[Widget]:
        yield Painted(id="summary")
        yield Painted(id="empty")
        with Vertical(id="panes"):
            with DetailPane(id="detail", can_focus=False):
                yield Painted(id="marked")
            with ListPane(id="list"):
                yield Painted(id="heading")
                yield SteadyRows(id="rows")
        yield FilterLine()

    # --- reading -------------------------------------------------------------------------------

    def _room(self) -> RunRoom:
        cockpit = console(self).cockpit
        assert cockpit is not None
        return cockpit.runs()

    @work(group="run", exit_on_error=False)
    async def read(self) -> None:
        """Read the run as it stands."""

        async def read(_: IncidentRoom) -> None:
            self.seen = await self._room().look(self.run_id)

        await self.reading(read, *MODULES)
        if self.read_at is not None and self.seen is None and self.is_current:
            console(self).say(f"There is no run {self.run_id} in this ledger.", "warning")
            self.leave()
            return
        self.sieve()
        self._follow()

    def sieve(self) -> None:
        seen = self.seen
        steps = seen.playbook.steps if seen is not None and seen.playbook is not None else ()
        kept = tuple(enumerate(steps, 1))
        if self.pattern and seen is not None:
            from screens.runs.page import haystack

            keep = matcher(self.pattern)
            kept = tuple(one for one in kept if keep(haystack(one[1], seen.run.step(one[1].id))))
        self._kept = kept
        self.rows.show([one.id for _, one in kept], self._row)
        self.refresh_world()

    def _follow(self) -> None:
        """The mark goes with the run, and what comes next stays in sight."""
        at = self.seen.run.current if self.seen is not None else ""
        if at and at != self._followed:
            self._followed = at
            self.action_current()

    def action_current(self) -> None:
        at = self.seen.run.current if self.seen is not None else ""
        place = next((index for index, (_, one) in enumerate(self._kept) if one.id == at), None)
        if place is not None:
            rows = self.rows
            rows.at = place
            rows.scroll_to(y=max(place - rows.size.height // 3, 0), animate=False, immediate=True)

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        if self.due(world):
            self.read()
        seen, cells = self.seen, self.size.width
        self.lay_out(seen is not None)
        self.pane("empty", lambda: self._empty(cells - 2))
        if seen is None:
            self.pane("summary", list)
            return
        from screens.runs.page import head

        self.pane("summary", lambda: head(seen, now, cells, here=self._room().here(seen.run.id)))
        self.pane("marked", lambda: self._current(seen, world, now))
        self._share()
        done = sum(there.ended is not None for there in seen.run.steps.values())
        of = f"STEPS  {done} of {len(seen.playbook.steps) if seen.playbook else 0} came to their end"
        self.pane("heading", lambda: [(span(of, "quiet"), *self.matching(len(self._kept)))])
        self.rows.tick()

    def _current(self, seen: Seen, world: World, now: Millis) -> list[Line]:
        from screens.runs.page import current

        pane = self.query_one("#detail")
        cells = max((pane.size.width or self.size.width) - 3, 20)
        return current(seen, world, now, cells, self._room().progress(seen.run.id, seen.run.current))

    def _share(self) -> None:
        """Above the steps the current one has what it needs, up to two thirds; beside them all rows."""
        high: int | str = "1fr"
        if self.screen_mode is ScreenMode.NORMAL and not self.has_class("-wide"):
            free = self.query_one("#panes").size.height * 2 // 3
            high = max(min(len(self.query_one("#marked", Painted).lines), free), 1)
        self.share("#detail", high)

    def _empty(self, cells: int) -> list[Line]:
        if self.problem is not None:
            return paragraph(f"! {self.problem.what} {self.problem.next}", cells, "caution", most=3)
        if self.seen is not None:
            return []
        opening = console(self).cockpit is None
        said = "… the console is still opening." if opening else "… the run is being read."
        return paragraph(said, cells, "quiet", indent=1)

    def _row(self, index: int, cells: int, marked: bool) -> Line:
        from screens.runs.page import row

        if self.seen is None:
            return paint.EMPTY
        number, step = self._kept[index]
        run = self.seen.run
        return row(number, step, run.step(step.id), cells, marked, at=run.current == step.id and not run.over)

    @on(Rows.Marked)
    def _other_marked(self) -> None:
        """The list's mark says nothing of the step in hand."""

    # --- actions -------------------------------------------------------------------------------

    def unable(self, action: str) -> str | None:
        if self.seen is None and action not in ("back", "filter", "again"):
            return "The run is still being read."
        if self.seen is not None and self.seen.run.over and action in GO_ON:
            return f"{self.run_id} is over: nothing more happens in it."
        return None

    def _with(self, made: Callable[[Seen, str], Asked | Outcome]) -> None:
        """Open what ``made`` asks, as whoever sits here."""
        app, refused = console(self), self.unable("do")
        if app.cockpit is None or self.seen is None or refused is not None:
            app.say(refused or "The run is still being read.", "warning")
            return
        who = self._room().who()
        found = who if isinstance(who, Outcome) else made(self.seen, who.person)
        if isinstance(found, Outcome):
            app.say(f"{found.says} {found.next}".strip(), "warning")
        else:
            self.ask(found, self.run_id)

    def action_do(self) -> None:
        """Answer where a person is asked; else drive it, where nobody does."""
        seen = self.seen
        if seen is None or seen.playbook is None or self.unable("do") is not None:
            console(self).say(self.unable("do") or "Nothing can be done about this run.", "warning")
            return
        from console.runs.next import step_of
        from console.runs.telling import waits_for_answer
        from console.runs.terms import StepState
        from screens.runs.verbs import agree, answer, retry

        waiting = self._room().wanted(self.run_id)
        if waiting is not None:
            self.ask(agree(self.run_id, waiting), self.run_id)
            return
        run, step = seen.run, step_of(seen.playbook, seen.run.current)
        if step is not None and (waits_for_answer(run, step) or run.step(step.id).state is StepState.UNKNOWN):
            self._with(answer)
        elif run.asks is not None:
            self._with(retry)
        else:
            self._drive()

    def _drive(self) -> None:
        app, name = console(self), self.run_id
        app.on_request(
            f"coalmine playbook resume {name}", name, lambda cockpit: cockpit.runs().drive(name), self._driven
        )

    def _driven(self, outcome: Outcome) -> bool:
        self.read()
        return False

    def action_leave_out(self) -> None:
        from screens.runs.verbs import skip

        self._with(skip)

    def action_retry(self) -> None:
        from screens.runs.verbs import retry

        self._with(retry)

    def action_abort(self) -> None:
        from screens.runs.verbs import abort

        self._with(abort)

    def action_hand_over(self) -> None:
        from screens.runs.verbs import hand_over

        self._with(lambda seen, person: hand_over(seen, person, self._room().desk.listed))

    def action_take_over(self) -> None:
        from screens.runs.verbs import take_over

        self._with(lambda seen, person: take_over(seen))

    def action_scroll(self, pages: int) -> None:
        pane = self.query_one("#detail")
        pane.scroll_relative(y=pages * max(pane.size.height - 1, 1), animate=False)

    def action_raw(self) -> None:
        from screens.dialogs.run_raw import RunRaw

        if self.seen is not None:
            self.app.push_screen(RunRaw(self.seen, console(self).present()))

    def action_again(self) -> None:
        self.read()
        self.app.action_refresh()  # type: ignore[attr-defined]

    def copied(self) -> Copied | str:
        name = self.run_id
        return Copied(f"coalmine playbook status {name}", f"the command that shows {name}")

    def leave(self) -> None:
        if self.is_current:
            self.app.pop_screen()
