"""One plot: canary against baseline over time. Draws its lines only when data, size or theme changed."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from screens import paint
from screens.paint import Line, Span, span
from screens.widgets import plot_raster
from screens.widgets.painted import Toned
from screens.widgets.plot_band import shaded, shading
from screens.widgets.plot_frame import Geometry, PlotData, frame, geometry, title


class Plot(Toned):
    """Axes first, lines when :meth:`build` is called: its owner builds one plot a frame at most."""

    DEFAULT_CSS = "Plot { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.data: PlotData | None = None
        self.note: Span | None = None
        self.built = 0
        """How often lines were drawn: tests hold it down."""
        self._geometry: Geometry | None = None
        self._raster: list[Line] | None = None
        self._strips: dict[int, Strip] = {}
        self._rows: list[Line] = []
        self._titled: str | None = None
        """The title of what is drawn."""

    class Wanting(Message):
        """It has another size, and its lines have to be drawn again."""

    def wants_building(self) -> bool:
        """Whether there is something to draw that has not been drawn at this size."""
        drawable = self._geometry is not None and self.data is not None and not self.data.empty
        return drawable and self._raster is None

    def show(self, data: PlotData | None, note: Span | None) -> None:
        """Show ``data``; ``note`` says what is not fresh about it, and costs no redrawing of the lines."""
        if data != self.data:
            self.data = data
            self._lay_out()
        if note != self.note:
            self.note = note
            if self._rows and data is not None:
                self._rows[0] = self._title(data)
                self._strips.pop(0, None)
                self.refresh(Region(0, 0, max(self.size.width, 1), 1))

    def build(self) -> None:
        """Draw the lines (a few milliseconds). On the event loop only."""
        if not self.wants_building() or self.data is None or self._geometry is None:
            return
        geo, data = self._geometry, self.data
        try:
            lines = plot_raster.raster(
                data.canary, data.baseline, geo.start, geo.end, geo.scale, geo.canvas, geo.rows, data.gaps
            )
            self._raster = shaded(lines, shading(data, geo))
        except Exception as error:  # the other plots and panes must stay
            self._raster = []
            self.note = span(f"! not drawn: {type(error).__name__}", "worse", bold=True)
        self.built += 1
        self._compose_rows()

    @property
    def text(self) -> str:
        """What is drawn now, without tones."""
        return "\n".join(paint.plain(row) for row in self._rows)

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out()
        if self.wants_building():
            self.post_message(self.Wanting())

    def notify_style_update(self) -> None:
        self._strips.clear()
        super().notify_style_update()

    def _lay_out(self) -> None:
        """Axes for the present data and size; the old lines stay where they still fit."""
        data, size, old = self.data, self.size, self._geometry
        new = None if data is None else geometry(data, size.width, size.height)
        built = self._raster is not None
        self._geometry, self._raster = new, None
        same = old is not None and new is not None and (old.canvas, old.rows) == (new.canvas, new.rows)
        if not (
            built
            and same
            and self._titled == (data.title if data is not None else None)
            and self.wants_building()
        ):
            self._compose_rows()

    def _title(self, data: PlotData) -> Line:
        return title(data, self.note, self.size.width)

    def _compose_rows(self) -> None:
        data = self.data
        if data is None or self.size.height == 0:
            rows: Sequence[Line] = ()
        elif self._geometry is None:
            rows = [self._title(data)]
        elif data.empty:
            rows = _with_words(frame(data, self._geometry, None, self.note), "? no data to plot yet")
        else:
            rows = frame(data, self._geometry, self._raster, self.note)
        old, self._rows = self._rows, list(rows)
        self._titled = None if data is None else data.title
        self._strips.clear()
        if len(old) == len(self._rows):
            self.redraw(old, self._rows)
        else:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        strip = self._strips.get(y)
        if strip is None or strip.cell_length != self.size.width:
            line = self._rows[y] if y < len(self._rows) else ()
            strip = self._strips[y] = self.strip(line, self.size.width)
        return strip


def _with_words(rows: list[Line], words: str) -> list[Line]:
    middle = len(rows) // 2
    rows[middle] = (*rows[middle][:1], span(f"  {words}", "quiet"))
    return rows
