"""Choosing a deployment: to release, to promote, to roll back to. Nothing is sent from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from console.host import Candidate
from console.last_verdicts import LastVerdict
from console.ports import SourceError
from console.readings import Millis
from console.world import World
from screens import clean, paint
from screens.context import console
from screens.copying import copy
from screens.dialogs.base import Dialog
from screens.dialogs.moves import Moves
from screens.keys import hidden, typing
from screens.matching import matcher
from screens.paint import Line, paragraph, span
from screens.present import NOTHING, duration
from screens.release.deployments import haystack, state_of
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted
from screens.words import VERDICTS

Wish = Literal["start", "promote", "rollback"]
TITLES: dict[Wish, str] = {
    "start": "START a rolling release of which deployment?",
    "promote": "PROMOTE which deployment?",
    "rollback": "ROLL BACK to which deployment?",
}


def why_not(wish: Wish, one: Candidate, serving: str | None) -> str:
    """Why a deployment cannot be chosen, in a few words; empty if it can."""
    if one.deployment.id == serving and wish != "promote":
        return "serves now"
    if one.deployment.ready_state != "READY":
        return "not ready"
    if wish == "rollback":
        return "not eligible" if one.rollback_candidate is False else ""
    if one.checks_alias_state == "failed" or one.checks_conclusion == "failed":
        return "checks failed"
    return ""


def judged(said: LastVerdict | None) -> str:
    """The last word on it as a canary."""
    if said is None:
        return NOTHING
    glyph, word, _ = VERDICTS[said.word]
    return f"{glyph} {word.lower()}"


def row(
    wish: Wish, one: Candidate, serving: str | None, last: LastVerdict | None, now: Millis, cells: int
) -> str:
    """One deployment as a line of text. ``last``: what was said last of it."""
    deployment = one.deployment
    glyph, word, _ = state_of(one, serving)
    age = NOTHING if deployment.created_at is None else duration(now - deployment.created_at)
    message = clean.first_line(deployment.commit_message or deployment.name or deployment.id)
    said = why_not(wish, one, serving)
    line = paint.columns(
        [
            (span(f"{glyph} {said or word}"), 15),
            (span((deployment.commit_sha or deployment.id)[:7]), 7),
            (span(message), max(cells - 15 - 7 - 11 - 10 - 7 - 10, 8)),
            (span(judged(last)), 11),
            (span(deployment.author or NOTHING), 10),
            (span(age), 7),
        ]
    )
    return paint.plain(paint.cut(line, cells))


class ChooseDialog(Moves, Dialog[str]):
    """Dismissed with the chosen deployment's id, or with ``None``."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = "#options"
    BINDINGS: ClassVar[list[BindingType]] = [
        typing("slash", "filter", "choose.filter", "filter", "Keep what matches (a regular expression)"),
        hidden("b", "build", "choose.build", "Look closely at the marked one: its checks, its build"),
        hidden("j", "move(1)", "choose.down", "The deployment below"),
        hidden("k", "move(-1)", "choose.up", "The deployment above"),
        hidden("g", "end(0)", "choose.first", "The first deployment"),
        hidden("G", "end(1)", "choose.last", "The last deployment"),
        hidden("ctrl+d", "half(1)", "choose.half_down", "Half a page down"),
        hidden("ctrl+u", "half(-1)", "choose.half_up", "Half a page up"),
        hidden("y", "copy", "choose.copy", "Copy the id of the marked deployment"),
    ]

    def __init__(self, wish: Wish) -> None:
        super().__init__()
        self._wish = wish
        self._candidates: list[Candidate] = []
        self._serving: str | None = None
        self._verdicts: Mapping[str, LastVerdict] = {}
        self._says = "… asking the host"

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Painted(id="text")
            yield OptionList(id="options", markup=False, compact=True)
            yield FilterLine()
            yield Painted(id="foot")

    def on_mount(self) -> None:
        super().on_mount()
        self.read()

    @work(exclusive=True, group="candidates", exit_on_error=False)
    async def read(self) -> None:
        """Ask the host afresh for what can be chosen."""
        app = console(self)
        if app.cockpit is None:
            self.dismiss(None)
            return
        try:
            production = app.cockpit.production
            found = await production.candidates(for_rollback=self._wish == "rollback")
            self._serving = (await production.project()).serving_id  # the picture's may be seconds old
        except SourceError as error:
            self._says = f"{error.problem.what} {error.problem.next}"
        else:
            self._verdicts = await production.last_verdicts(one.deployment.id for one in found)
            self._candidates = found
            self._says = "" if found else "The host offers none."
            self._fill(app.present())
        self.refresh_world()

    def _fill(self, now: Millis) -> None:
        options = self.options
        options.clear_options()
        first = None
        keep = matcher(self.filter.value)
        for index, one in enumerate(one for one in self._candidates if keep(haystack(one))):
            barred = bool(why_not(self._wish, one, self._serving))
            last = self._verdicts.get(one.deployment.id)
            text = row(self._wish, one, self._serving, last, now, self.box_cells() - 2)
            options.add_option(Option(text, id=one.deployment.id, disabled=barred))
            first = index if first is None and not barred else first
        options.highlighted = first

    def draw(self, world: World, now: Millis) -> None:
        cells = self.box_cells()
        text: list[Line] = paragraph(TITLES[self._wish], cells, "strong", bold=True)
        self.query_one("#text", Painted).show(text)
        options = self.options
        options.styles.max_height = max(self.size.height - 8 - self.filter.open, 3)
        said = self._says or self._hint(self.filter.value, options.option_count)
        self.query_one("#foot", Painted).show(paragraph(said, cells, "quiet"))

    def _hint(self, pattern: str, kept: int) -> str:
        if not pattern:
            return "enter previews it; nothing is sent yet   b looks closer   / filters"
        if not kept:
            return f"None of {len(self._candidates)} matches {clean.clean(pattern)}   esc undoes the filter"
        return f"{kept} of {len(self._candidates)} match   enter previews it; esc undoes the filter"

    # --- filtering -----------------------------------------------------------------------------

    @property
    def filter(self) -> FilterLine:
        """What is typed after ``/``."""
        return self.query_one(FilterLine)

    def action_filter(self) -> None:
        self.filter.begin()

    @on(Input.Changed, "#filter")
    def _filter_changed(self) -> None:
        app = console(self)
        if self._candidates:
            self._fill(app.present())
        self.refresh_world()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.filter.done(self.options)

    def action_back(self) -> None:
        """One step: the filter, then the dialog."""
        if not self.filter.undo(self.options):
            self.leave()

    # --- choosing ------------------------------------------------------------------------------

    def action_copy(self) -> None:
        marked = self.options.highlighted_option
        if marked is not None and marked.id is not None:
            copy(self.app, marked.id, marked.id)

    def action_build(self) -> None:
        """Look at the marked deployment; nothing is chosen by that, and ``esc`` comes back here."""
        options = self.options
        if options.highlighted is not None:
            console(self).look_at(options.get_option_at_index(options.highlighted).id or "")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)
