"""``python -m tests.pictures``: the pictures of the documents, drawn from the prepared worlds.

Writes ``docs/pictures/*.svg`` and ``*.png``, the same bytes each time: the clock stands, the zone is
UTC. Braille, which many fonts lack, is drawn as the dots it stands for.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import unescape

from console.world import World
from tests.screens import worlds
from tests.screens.running import running

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
FONT, FONT_PX = "DejaVu Sans Mono", 20.265
"""Drawn with this font, at the size at which its characters are as wide as a cell of the picture."""
SCALE = 1.5

SHOTS: dict[str, tuple[Callable[[], World], tuple[int, int], tuple[str, ...], str]] = {
    "release": (worlds.rollback, (120, 34), (), "▼ ROLL BACK"),
    "release-small": (worlds.rollback, (80, 24), (), "▼ ROLL BACK"),
    "review": (worlds.rollback, (100, 30), ("X",), "RECORDED"),
    "ledger": (worlds.rollback, (120, 34), ("9", "j"), "before "),
}

_TEXT = re.compile(
    r'<text class="(?P<css>[^"]+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="(?P<length>[\d.]+)"'
    r"(?P<rest>[^>]*)>(?P<text>[^<]*)</text>"
)
_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and row of each bit of a braille character, in the order of Unicode."""


def with_dots(svg: str) -> str:
    """``svg`` with every braille character drawn as dots in the colour of its text."""
    return _TEXT.sub(_dotted, svg)


def _dotted(match: re.Match[str]) -> str:
    text = unescape(match["text"], {"&#160;": " "})
    if not any("\u2800" <= char <= "\u28ff" for char in text):
        return match[0]
    x, y, cell = float(match["x"]), float(match["y"]), float(match["length"]) / len(text)
    plain = "".join(" " if "\u2800" <= char <= "\u28ff" else char for char in text)
    dots = [
        f'<circle cx="{x + cell * (at + 0.27 + 0.46 * column):.1f}" cy="{y - 13.5 + 5.6 * row:.1f}" r="2.3"/>'
        for at, char in enumerate(text)
        if "\u2800" <= char <= "\u28ff"
        for bit, (column, row) in enumerate(_DOTS)
        if (ord(char) - 0x2800) >> bit & 1
    ]
    group = f'<g class="{match["css"]}"{match["rest"]}>{"".join(dots)}</g>'
    if not plain.strip():
        return group
    shown = plain.replace("&", "&amp;").replace("<", "&lt;").replace(" ", "&#160;")
    return group + match[0].replace(f">{match['text']}<", f">{shown}<")


async def picture(name: str) -> str:
    """One picture as SVG."""
    make, size, keys, shows = SHOTS[name]
    async with running(make(), size=size) as session:
        await session.drawn()
        if keys:
            await session.press(*keys)
        await session.shows(shows)
        svg = session.app.export_screenshot(title="coalmine", simplify=True)
    return with_dots(svg.replace("Fira Code", FONT).replace("font-size: 20px", f"font-size: {FONT_PX}px"))


def main() -> None:
    """Draw them all."""
    import cairosvg

    os.environ["TZ"] = "UTC"
    time.tzset()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in SHOTS:
        svg = asyncio.run(picture(name))
        (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")
        cairosvg.svg2png(bytestring=svg.encode(), write_to=str(PICTURES / f"{name}.png"), scale=SCALE)


if __name__ == "__main__":
    main()
