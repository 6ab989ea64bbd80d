"""A widget that paints toned lines, and repaints only the rows that changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from screens import paint
from screens.paint import Line, Tone


class Toned(Widget):
    """A widget that draws toned lines; the look of each tone is worked out once a theme, not once a span."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._looks: dict[tuple[Tone, bool], Style] = {}

    def notify_style_update(self) -> None:
        self._looks.clear()
        super().notify_style_update()

    def look(self, tone: Tone, bold: bool = False) -> Style:
        """The widget's own style with the tone of the present theme laid over it."""
        look = self._looks.get((tone, bold))
        if look is None:
            look = self.rich_style + tone_style(self.app.theme_variables, tone)
            look = self._looks[tone, bold] = look + Style(bold=True) if bold else look
        return look

    def strip(self, line: Line, cells: int) -> Strip:
        """``line`` as exactly ``cells`` cells in the widget's colours."""
        fitted = paint.fit(line, cells)
        return Strip([Segment(part.text, self.look(part.tone, part.bold)) for part in fitted], cells)

    def redraw(self, old: Sequence[Line], new: Sequence[Line]) -> None:
        """Paint the cells in which ``new`` rows differ from as many ``old`` ones: few bytes over SSH."""
        cells = self.size.width
        changed = [
            Region(start, y, end - start, 1)
            for y, (before, after) in enumerate(zip(old, new, strict=True))
            if before != after
            for start, end in paint.differing(paint.fit(before, cells), paint.fit(after, cells))
        ]
        if changed:
            self.refresh(*changed)


def tone_style(variables: Mapping[str, str], tone: Tone) -> Style:
    """What ``tone`` adds to a widget's style in the theme of these ``variables``."""
    if tone == "normal":
        return Style.null()
    if tone == "cursor":
        back = Color.parse(variables["cursor-back"]).rich_color
        return Style.parse(variables["cursor-style"]) + Style(bgcolor=back)
    style = Style(color=Color.parse(variables["accent" if tone == "key" else tone]).rich_color)
    if tone in ("strong", "key"):
        return style + Style(bold=True)
    faint = tone in ("quiet", "canary-band", "baseline-band")
    return style + Style.parse(variables["quiet-style"]) if faint else style


class Painted(Toned):
    """Draws the lines last given to :meth:`show`; as high as they are many, unless CSS says otherwise."""

    DEFAULT_CSS = "Painted { height: auto; width: 1fr; }"

    def __init__(
        self,
        lines: Sequence[Line] = (),
        *,
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = tuple(lines)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is drawn now."""
        return self._lines

    @property
    def text(self) -> str:
        """What is drawn now, without tones: for tests and for copying."""
        return "\n".join(paint.plain(line) for line in self._lines)

    def show(self, lines: Sequence[Line]) -> None:
        """Draw ``lines``; what did not change is left alone."""
        new, old = tuple(lines), self._lines
        if new == old:
            return
        self._lines = new
        self.set_class(not new, "-empty")
        if len(new) != len(old):
            self.refresh(layout=True)
            return
        self.redraw(old, new)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else paint.EMPTY
        return self.strip(line, self.size.width)
