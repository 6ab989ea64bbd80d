"""Writes the pages of docs/ that are taken from the program itself (``make docs``).

With ``--check`` it writes nothing, and fails when a committed page differs from what it would write.
"""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

from cli_page import cli_page
from keys_page import keys_page
from metrics_page import metrics_page
from settings_page import settings_page

HERE = Path(__file__).resolve().parent


def pages() -> dict[str, str]:
    """Every generated page by name, and what belongs in it."""
    import screens
    from console.__main__ import cli
    from console.canary.catalogue import packaged
    from console.settings import PREFIX, Settings
    from screens.keys import key_text

    return {
        "cli.md": cli_page(cli),
        "keys.md": keys_page(screens, key_text),
        "metrics.md": metrics_page(packaged()),
        "settings.md": settings_page(Settings, PREFIX),
    }


def check(path: Path, text: str) -> bool:
    """Whether the page at ``path`` is ``text``; the difference is printed."""
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    name = f"docs/{path.name}"
    difference = difflib.unified_diff(there.splitlines(True), text.splitlines(True), name, name)
    sys.stdout.writelines(difference)
    return there == text


def main(words: list[str]) -> int:
    if words not in ([], ["--check"]):
        print("usage: python docs/generate.py [--check]", file=sys.stderr)
        return 2
    if words:
        current = [check(HERE / name, text) for name, text in pages().items()]
        if not all(current):
            print("generated pages are out of date: make docs", file=sys.stderr)
            return 1
        return 0
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
        print(f"wrote docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
