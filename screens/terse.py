"""The screen's updates in few bytes: whoever watches over a slow line pays for each.

Textual paints a changed cell with all that stands left of it in the same widget, and spells every style
out anew. Here an update begins at the first changed cell, and a style says only what differs from the one
before it. What the terminal shows afterwards is the same.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console, RenderableType
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate  # the one place where Textual's updates can be told apart
from textual.strip import Strip

RESET = "\x1b[0m"
ATTRIBUTES = ("bold", "dim", "italic", "underline", "blink", "reverse", "conceal", "strike", "overline")
PLAIN = Style.null()


class TerseUpdate(ChopsUpdate):
    """The same spans of the same lines, painted with fewer bytes."""

    def render_segments(self, console: Console) -> str:
        """What to write to the terminal; its style is reset before and after."""
        colours = COLOR_SYSTEMS.get(console.color_system or "", ColorSystem.TRUECOLOR)
        out: list[str] = []
        style = PLAIN
        for y, first, last in self.spans:
            at: int | None = None
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                begin, stop = max(x, first), min(end, last)
                if strip is None or begin >= stop:
                    continue
                if begin != at:  # what follows directly needs no new place
                    out.append(Control.move_to(begin, y).segment.text)
                style = _paint(out, strip.crop(begin - x, stop - x), style, colours)
                at = stop
        if style != PLAIN:
            out.append(RESET)
        return "".join(out)


def terse(update: RenderableType | None) -> RenderableType | None:
    """A partial update of Textual's as a :class:`TerseUpdate`; anything else as it is."""
    if type(update) is ChopsUpdate:
        return TerseUpdate(update.chops, update.spans, update.chop_ends)
    return update


def _paint(out: list[str], strip: Strip, before: Style, colours: ColorSystem) -> Style:
    """Append ``strip`` to ``out``, and give the style that the terminal is left with."""
    for text, style, control in strip:
        if control or not text:
            continue
        after = style or PLAIN
        if after.link:  # a link spells itself out, and ends in a reset
            out.append(turned(before, PLAIN, colours) + Strip.render_style(after, text, colours))
            before = PLAIN
            continue
        if after != before:
            out.append(turned(before, after, colours))
            before = after
        out.append(text)
    return before


@lru_cache(maxsize=4096)
def turned(before: Style, after: Style, colours: ColorSystem) -> str:
    """What turns a terminal from ``before`` to ``after``; no more than differs, where that can be said."""
    off = any(getattr(before, name) and not getattr(after, name) for name in ATTRIBUTES)
    uncoloured = (before.color and not after.color) or (before.bgcolor and not after.bgcolor)
    if off or uncoloured:
        return RESET + _codes(after, colours)
    new = {name: True for name in ATTRIBUTES if getattr(after, name) and not getattr(before, name)}
    return _codes(
        Style(
            color=after.color if after.color != before.color else None,
            bgcolor=after.bgcolor if after.bgcolor != before.bgcolor else None,
            **new,  # type: ignore[arg-type]  # a keyword for each attribute
        ),
        colours,
    )


def _codes(style: Style, colours: ColorSystem) -> str:
    return Strip.render_style(style, "\0", colours).partition("\0")[0]
