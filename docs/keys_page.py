"""docs/keys.md: the one table of keys, from the bindings that the screens declare."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

from screens.keytable import bound, declared

HEAD = """\
# Keys

<!-- Written by `make docs` from the bindings in screens/. -->

In the console `?` shows the keys of the screen you are on, and `:` or `ctrl+p` lists every action by name.
Arrow keys and `h` `j` `k` `l` move alike. Keys that change production are upper case, and show a preview
before anything is sent. By its name an action can have [keys of your own](keyboard.md#keys-of-your-own).
"""


def where(class_name: str) -> str:
    """Where the keys of a class work: ``ReleaseScreen`` is the release screen, an app is everywhere."""
    if class_name.endswith("App"):
        return "Everywhere"
    return " ".join(re.findall(r"[A-Z][a-z0-9]*", class_name)).capitalize()


def keys_page(package: ModuleType, written: Any) -> str:
    """The page for the keys of ``package``; ``written`` says how the key of a binding is written."""
    parts = [HEAD]
    classes = bound(package)
    classes.sort(key=lambda c: (not c.__name__.endswith("App"), "dialogs" in c.__module__, c.__module__))
    for class_ in classes:
        parts.append(f"## {where(class_.__name__)}\n\n| key | does | name |\n| --- | --- | --- |")
        for binding in declared(class_):
            does = binding.tooltip or binding.description
            parts[-1] += f"\n| `{written(binding)}` | {does} | `{binding.id or ''}` |"
        parts[-1] += "\n"
    return "\n".join(parts)
