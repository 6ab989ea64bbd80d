"""The deployment view: state, what it serves, its checks, and its build with the live log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget

from console.host import Candidate
from console.looking import LogState, Looking
from console.readings import Millis, Rhythm
from console.world import World
from screens import clean
from screens.addresses import listed, page_of
from screens.context import console
from screens.deployment.about import about_lines
from screens.deployment.checks import check_lines
from screens.deployment.log import LogView
from screens.deployment.log_text import heading, nothing
from screens.dialogs.choose import Wish, why_not
from screens.keys import hidden, shown, typing
from screens.list_room import Copied, ListRoom
from screens.matching import matcher
from screens.paint import Line, paragraph
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted

FRAME_ROWS = 5
AIRY = 32
"""Rows from which the parts stand apart."""
WISHES: dict[str, Wish] = {"start": "start", "promote": "promote", "rollback": "rollback"}


class DeploymentScreen(ListRoom):
    """Lies over the screen it was opened from; what it shows is asked for only while it is open."""

    MODE = "release"
    CSS_PATH = "deployment.tcss"
    AUTO_FOCUS = "#log"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("escape", "back", "deployment.back", "back", "Undo the filter, then back; ends the asking"),
        typing("slash", "filter", "deployment.filter", "filter", "Keep the lines that match"),
        shown("e", "error", "deployment.error", "error", "The next error of the log"),
        shown("c", "checks", "deployment.checks", "checks", "Every check in full"),
        shown("P", "act('promote')", "deployment.promote", "promote", "Make this deployment production"),
        shown("R", "act('rollback')", "deployment.rollback", "roll back", "Instant rollback to this one"),
        shown("S", "act('start')", "deployment.start", "start", "Start a rolling release of this one"),
        hidden("h,left", "neighbour(-1)", "deployment.newer", "The newer production deployment"),
        hidden("l,right", "neighbour(1)", "deployment.older", "The older production deployment"),
        hidden("d", "raw", "deployment.raw", "The raw data, as JSON"),
        hidden("o", "dashboard", "deployment.dashboard", "Open it in the browser"),
        hidden("y", "copy", "deployment.copy", "Copy its id"),
        hidden(
            "ctrl+r", "again", "deployment.again", "Ask everything now, also a log that could not be read"
        ),
    ]

    def __init__(self, deployment_id: str) -> None:
        super().__init__()
        self.deployment_id = deployment_id
        self.looking: Looking | None = None
        self._taken = (-1, 0)
        """Epoch of the log, and how many of its lines the list has."""

    def body(self) -> Iterable[Widget]:
        yield Painted(id="about")
        yield Painted(id="checks")
        yield Painted(id="loghead")
        yield LogView(id="log")
        yield Painted(id="logsays")
        yield FilterLine()

    def on_mount(self) -> None:
        super().on_mount()
        self.look()

    @property
    def rows(self) -> LogView:
        """The log's lines."""
        return self.query_one(LogView)

    @work(exclusive=True, group="looking", exit_on_error=False)
    async def look(self) -> None:
        """Ask about the deployment until the view is closed (or another deployment is looked at)."""
        app = console(self)
        if app.cockpit is None:
            return
        self.looking = app.cockpit.production.look(self.deployment_id)
        self._taken = (-1, 0)
        self.rows.following = True
        self.rows.begin((), self._keep())
        self.refresh_world()
        await self.looking.run(self.refresh_world)

    # --- drawing -------------------------------------------------------------------------------

    @property
    def candidate(self) -> Candidate | None:
        """The deployment as it was read last."""
        detail = self.looking.detail.value if self.looking else None
        return detail.candidate if detail else listed(console(self).picture, self.deployment_id)

    def draw(self, world: World, now: Millis) -> None:
        looking, cells = self.looking, self.size.width
        if looking is None:
            return
        self.set_class(self.size.height >= AIRY, "-airy")
        rhythm = Rhythm.of(int(looking.every_s * 1000))
        one = listed(world, self.deployment_id)
        about = self.pane(
            "about",
            lambda: about_lines(world, self.deployment_id, one, looking.detail, rhythm, now, cells),
        )
        free = self.size.height - FRAME_ROWS - len(self.query_one("#notices", Painted).lines) - about
        self.pane("checks", lambda: check_lines(looking.checks, rhythm, now, cells, max(free // 3, 2)))
        self._take(looking)
        self._head(now)

    def _head(self, now: Millis) -> None:
        looking, rows, cells = self.looking, self.rows, self.size.width
        if looking is None:
            return
        log = looking.log
        self.pane("loghead", lambda: [heading(log, len(rows.kept), self.pattern, rows.following, now, cells)])
        says: list[Line] = []
        if not log.lines:
            says = nothing(log, looking.detail.value, now, cells)
        elif self.pattern and not rows.kept:
            says = nothing_matches(self.pattern, len(log.lines), cells)
        rows.display = not says
        self.query_one("#logsays").display = bool(says)
        self.pane("logsays", lambda: says)

    def _take(self, looking: Looking) -> None:
        """Show the lines that came since, unless the picture stands still."""
        log = looking.log
        epoch, taken = self._taken
        if console(self).paused() or (epoch, taken) == (log.epoch, len(log.lines)):
            return
        if epoch != log.epoch:
            self.rows.begin(log.lines, self._keep())
        else:
            self.rows.add(log.lines[taken:])
        self._taken = (log.epoch, len(log.lines))

    @on(LogView.Moved)
    def _moved(self) -> None:
        self._head(console(self).present())

    # --- filtering -----------------------------------------------------------------------------

    def _keep(self) -> Callable[[str], bool] | None:
        return matcher(self.pattern) if self.pattern else None

    def sieve(self) -> None:
        if self.looking is not None:
            self.rows.begin(self.looking.log.lines[: max(self._taken[1], 0)], self._keep())
        self.refresh_world()

    # --- keys ----------------------------------------------------------------------------------

    def leave(self) -> None:
        self.dismiss()

    def action_error(self) -> None:
        if not self.rows.next_error():
            log = self.looking.log if self.looking else None
            whole = log is not None and log.state is LogState.ENDED
            console(self).say("No error in the log." if whole else "No error in the log so far.")

    def action_checks(self) -> None:
        from screens.dialogs.checks import ChecksDialog

        if self.looking is not None:
            self.app.push_screen(ChecksDialog(self.looking))

    def action_neighbour(self, step: int) -> None:
        """Look at the production deployment before or after this one."""
        found = console(self).picture.candidates.value
        ids = [one.deployment.id for one in found.candidates] if found else []
        at = ids.index(self.deployment_id) + step if self.deployment_id in ids else 0
        if not ids or not 0 <= at < len(ids):
            console(self).say("The list ends here.")
            return
        self.deployment_id = ids[at]
        self.look()

    def action_raw(self) -> None:
        from screens.dialogs.raw import RawDialog

        of = self.looking.detail.value if self.looking and self.looking.detail.value else self.candidate
        if of is not None:
            self.app.push_screen(RawDialog(of))

    def action_dashboard(self) -> None:
        one = self.candidate
        url = None if one is None else page_of(one)
        if url is None:
            console(self).say("Its address is not known.", "warning")
            return
        console(self).say(f"Opening {url}")
        self.app.open_url(url)

    def copied(self) -> Copied | str:
        return Copied(self.deployment_id, self.deployment_id)

    async def action_again(self) -> None:
        if self.looking is not None:
            self.looking.again()
        await self.app.run_action("app.refresh")

    # --- what can be done with it --------------------------------------------------------------

    def withholds(self, action: str) -> str | None:
        """As everywhere; and what makes no sense for this deployment."""
        general = super().withholds(action)
        one, world = self.candidate, console(self).world
        if general is not None or one is None or action not in WISHES:
            return general
        serving = world.project.value.serving_id if world.project.value else None
        reason = why_not(WISHES[action], one, serving)
        if reason:
            return f"This deployment: {reason}."
        if one.deployment.target != "production":
            return "This deployment is a preview: it would have to be built for production first."
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "act" and parameters and self.withholds(str(parameters[0])):
            return None
        return True

    def action_act(self, action: str) -> None:
        console(self).review(action, self.deployment_id)


def nothing_matches(pattern: str, lines: int, cells: int) -> list[Line]:
    """What stands there when the filter keeps nothing."""
    says = f"None of {lines:,} lines matches {clean.clean(pattern)}: esc undoes the filter."
    return paragraph(says, cells - 3, indent=2)
