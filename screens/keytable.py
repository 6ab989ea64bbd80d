"""Every key that is bound anywhere, by the place where it works: for the docs, and to check one's own.

Finding them loads every screen and dialog: not before the first paint, unless there are keys of one's own.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.screen import ModalScreen, Screen

import screens


@dataclass(frozen=True)
class Place:
    """Where keys work together: a screen or dialog with its widgets, and what works everywhere.

    ``bindings``: one for each key; what a class inherits and then binds to something else is not among them.
    """

    name: str
    bindings: tuple[Binding, ...]


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """``package`` and every module in it, by name."""
    yield package
    for info in sorted(pkgutil.walk_packages(package.__path__, f"{package.__name__}."), key=lambda i: i.name):
        yield importlib.import_module(info.name)


def members(package: ModuleType) -> list[type[Any]]:
    """The classes that ``package`` defines, by module and name."""
    return [
        member
        for module in modules(package)
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__
    ]


def bound(package: ModuleType) -> list[type[Any]]:
    """The classes of ``package`` that declare keys of their own."""
    return [member for member in members(package) if member.__dict__.get("BINDINGS")]


def declared(class_: type[Any]) -> list[Binding]:
    """The bindings of ``class_`` itself, one for each key."""
    return list(Binding.make_bindings(class_.__dict__.get("BINDINGS", ())))


def inherited(class_: type[Any], package: str) -> list[Binding]:
    """The bindings of ``class_`` and of our own classes that it is made from; the nearest wins a key."""
    by_key: dict[str, Binding] = {}
    for one in class_.__mro__:
        if one.__module__.partition(".")[0] == package:
            for binding in declared(one):
                by_key.setdefault(binding.key, binding)
    return list(by_key.values())


def places_of(package: ModuleType) -> list[Place]:
    """Every screen and dialog of ``package`` with all the keys that work there at the same time."""
    classes = members(package)
    everywhere = [one for app in classes if issubclass(app, App) for one in declared(app)]
    first = [one for one in everywhere if one.priority]
    widgets = [one for one in classes if not issubclass(one, Screen | App) and one.__dict__.get("BINDINGS")]
    out = []
    for screen in classes:
        if not issubclass(screen, Screen):
            continue
        within = [one for widget in widgets if _stands_in(widget, screen) for one in declared(widget)]
        own = inherited(screen, package.__name__)
        again = any(str(one.id).endswith(".again") for one in own)  # asks what app.refresh asks, and more
        around = first if issubclass(screen, ModalScreen) else everywhere
        around = [one for one in around if not (again and one.id == "app.refresh")]
        out.append(Place(screen.__name__, (*within, *own, *around)))
    return out


def _stands_in(widget: type[Any], screen: type[Any]) -> bool:
    """Whether ``screen`` may hold ``widget``, or one made from it: the modules of its classes know it."""
    known = (vars(sys.modules[one.__module__]) for one in screen.__mro__)
    classes = (value for names in known for value in names.values() if isinstance(value, type))
    return any(issubclass(one, widget) for one in classes)


@cache
def places() -> list[Place]:
    """The places of this program."""
    return places_of(screens)
