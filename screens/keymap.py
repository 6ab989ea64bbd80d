"""A person's own keys (``[keys]`` of the settings), checked against every binding there is. Pure.

Refused: a name that nothing has, a key that no terminal sends, one key for two things in one place, and a
key that is too easily pressed for what it does.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from screens.keys import changes, key_name, listed, sends, writes
from screens.keytable import Place

MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
NAMED = {key.value for key in Keys if "+" not in key.value and "<" not in key.value} - {"ignore"} | {
    *KEY_NAME_REPLACEMENTS.values()
}
"""The keys that have a name instead of a sign: enter, tab, f1, …"""
SAME = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
    "ctrl+at": "nothing",
    "return": "enter",
}
"""What a terminal sends for a key that it cannot tell from another."""
TAKEN = {"ctrl+c": "it copies, or says how to quit", "ctrl+z": "terminals stop the program with it"}
DELIBERATE = "with ctrl or alt, or F1 to F24"
Moved = Mapping[str, list[str]]
"""Name of a binding → the keys that it has instead of the usual one."""
RASH = ("ctrl+k", "ctrl+d")
"""Keys that hands press without looking: never for what changes production."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the key of ``name``, as a sentence without its full stop."""

    name: str
    what: str


def faults(own: Mapping[str, str], table: Iterable[Place]) -> list[Fault]:
    """Everything that is wrong with ``own`` (name of a binding → its keys, separated by commas)."""
    places = list(table)
    by_name: dict[str, list[Binding]] = {}
    for place in places:
        for binding in place.bindings:
            by_name.setdefault(binding.id or "", []).append(binding)
    found = [fault for name, keys in own.items() for fault in _of_one(name, keys, by_name)]
    wrong = {one.name for one in found}
    sound = {name: keys for name, keys in own.items() if name not in wrong}
    moved: dict[str, list[str]] = {name: [] for name in wrong}  # to which keys cannot be told yet
    moved |= {name: listed(keys) for name, keys in sound.items()}
    found += [*_confirming(sound, moved, by_name), *_meeting(sound, moved, places)]
    return list(dict.fromkeys(found))


def _of_one(name: str, keys: str, by_name: Mapping[str, list[Binding]]) -> Iterator[Fault]:
    if name not in by_name:
        close = difflib.get_close_matches(name, by_name, 1)
        meant = f"; did you mean {close[0]}" if close else ""
        yield Fault(name, f"no key has this name{meant} (the page of keys lists the names)")
        return
    wanted = listed(keys)
    for key in wanted:
        wrong = _no_key(key) or _too_easy(key, by_name[name])
        if wrong is not None:
            yield Fault(name, wrong)
    if len(set(wanted)) < len(wanted):
        yield Fault(name, f"{key_name(_first_double(wanted))} is named twice")


def _first_double(keys: list[str]) -> str:
    return next(key for at, key in enumerate(keys) if key in keys[:at])


def _no_key(key: str) -> str | None:
    """Why no terminal sends ``key``; ``None`` if one does."""
    *modifiers, base = key.split("+")
    if key == "":
        return "it is empty: every action keeps a key"
    for one in modifiers:
        if one not in MODIFIERS:
            return f"there is no key {key}: {one} is none of {', '.join(MODIFIERS)}"
    if len(base) > 1 and len(set(base)) == 1 and base.isalnum():
        return f"there is no key {key}: a key is pressed once, and does it at once"
    if not base or (base not in NAMED and key_to_character(base) is None):
        close = difflib.get_close_matches(base.lower(), sorted(NAMED), 1)
        return f"there is no key {key}" + (
            f"; did you mean {'+'.join([*modifiers, close[0]])}" if close else ""
        )
    if modifiers and base.isalpha() and len(base) == 1 and base.isupper():
        return f"there is no key {key}: write {'+'.join(dict.fromkeys([*modifiers, 'shift']))}+{base.lower()}"
    if modifiers == ["shift"] and len(base) == 1:
        return f"there is no key {key}: write {base.upper()}"
    if key in SAME:
        return f"{key} cannot be told from {SAME[key]}"
    return f"{key} is taken: {TAKEN[key]}" if key in TAKEN else None


def deliberate(key: str) -> bool:
    """Whether ``key`` is pressed on purpose: upper case, with ctrl or alt, or F1 to F24."""
    *modifiers, base = key.split("+")
    if {"ctrl", "alt"} & set(modifiers):
        return key not in RASH
    return (len(base) == 1 and base.isupper()) or _function_key(base)


def _function_key(base: str) -> bool:
    return base[:1] == "f" and base[1:].isdigit()


def _in_fields(binding: Binding) -> bool:
    """Whether the binding works in text fields, too. (One whose own key writes something does not.)"""
    return binding.priority and not writes(binding.key)


def _too_easy(key: str, bindings: list[Binding]) -> str | None:
    """Why ``key`` must not do what ``bindings`` do; ``None`` if it may."""
    typed = not ({"ctrl", "alt"} & set(key.split("+")[:-1]) or _function_key(key))
    if typed and any(sends(one) or _in_fields(one) for one in bindings):
        return f"{key_name(key)} would type into text fields, where this works, too: take one {DELIBERATE}"
    if any(changes(one) or sends(one) for one in bindings) and not typed and key in RASH:
        return f"{key} is pressed without looking: never for what changes production"
    if any(changes(one) for one in bindings) and not deliberate(key):
        return f"{key_name(key)} is too easily pressed for this: take upper case, or one {DELIBERATE}"
    return None


def _keys(binding: Binding, moved: Moved) -> list[str]:
    """The keys of ``binding`` with one's own laid over it."""
    return moved[binding.id] if binding.id and binding.id in moved else [binding.key]


def _confirming(
    own: Mapping[str, str], moved: Moved, by_name: Mapping[str, list[Binding]]
) -> Iterator[Fault]:
    """The key that opens a review must not be one that confirms it: pressed twice it would send."""
    every = [one for bindings in by_name.values() for one in bindings]
    confirm = {key for one in every if sends(one) for key in _keys(one, moved)}
    opening = {key for one in every if changes(one) for key in _keys(one, moved)}
    for name in own:
        mine = set(listed(own[name]))
        both = mine & confirm if any(changes(one) for one in by_name[name]) else mine & opening
        if both and any(changes(one) or sends(one) for one in by_name[name]):
            yield Fault(name, f"{key_name(min(both))} would both open and confirm: twice would send")


def _meeting(own: Mapping[str, str], moved: Moved, places: list[Place]) -> Iterator[Fault]:
    """One key for two things in one place, where one of the two was given by ``own``."""
    for place in places:
        holders: dict[str, set[str]] = {}
        for binding in place.bindings:
            for key in _keys(binding, moved):
                holders.setdefault(key, set()).add(binding.id or "")
        for key, names in holders.items():
            for name in sorted(names & own.keys()) if len(names) > 1 else ():
                if key in listed(own[name]):
                    other = min(names - {name})
                    yield Fault(name, f"{key_name(key)} is the key of {other} already")
