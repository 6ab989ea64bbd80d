"""Keys and what they do, as people read them; which of them would be refused now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from textual.binding import ActiveBinding, Binding
from textual.keys import KEY_NAME_REPLACEMENTS, _character_to_key, key_to_character

from console.offers import not_offered
from screens.context import console

if TYPE_CHECKING:
    from textual.binding import ActiveBinding
    from textual.screen import Screen

    from console.world import World

ACTIONS = ("advance", "complete", "abort", "start", "promote", "rollback")
"""The gate's actions; each is bound as ``app.act('NAME')`` or ``app.choose('NAME')``."""

CHANGING = (
    "app.freeze",
    "arm",
    "app.arm",
    "kill",
    "edit",
    "take_back",
    "approve",
    "execute",
    "skip",
    "reverse",
)
"""Actions besides the gate's that may lead to a change of production."""
SENDING = "send"
"""The action that every dialog confirms by."""

_NAMES = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "plus": "+",
    "underscore": "_",
    "exclamation_mark": "!",
    "escape": "esc",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "page up",
    "pagedown": "page down",
}


def shown(keys: str, action: str, name: str, word: str, does: str) -> Binding:
    """A binding on show at the foot of its screen, as ``word``."""
    return Binding(keys, action, word, id=name, tooltip=does)


def typing(keys: str, action: str, name: str, word: str, does: str) -> Binding:
    """As :func:`shown`, for a key after which one types: it works before any key that comes after it.

    (Other keys wait in the queue of what has the focus, and what was typed after them would wait there, too.)
    A key that writes something keeps doing so in text fields.
    """
    return Binding(keys, action, word, id=name, tooltip=does, priority=True)


def hidden(keys: str, action: str, name: str, does: str, *, priority: bool = False) -> Binding:
    """A binding that the help and the palette show, but not the foot of the screen."""
    return Binding(keys, action, does, show=False, id=name, tooltip=does, priority=priority)


SOURCES = hidden(
    "s", "app.room('sources')", "room.sources", "The sources: what works, what does not, what to do"
)
"""For every screen on which ``s`` is free: the sources have no number."""


MITIGATE = shown(
    "m",
    "app.mitigate",
    "room.mitigate",
    "stop harm",
    "What would stop the harm: flags to turn off, the release to abort; each is previewed first",
)
"""For the screens on which harm is seen."""
INCIDENT = hidden("i", "app.incident", "room.incident", "Open an incident, with what is measured now")
"""For the same screens."""
PLAYBOOKS = shown(
    "p", "app.playbooks", "room.playbooks", "playbooks", "The playbooks: look for one, and read it"
)
"""For those on which ``p`` is free."""


def listed(keys: str) -> list[str]:
    """The keys of a list as Textual names them: ``?`` is ``question_mark``."""
    return [_named(key.strip()) for key in keys.split(",")]


def _named(key: str) -> str:
    head, plus, last = key.rpartition("+")
    if key.endswith("+"):  # the sign itself, alone or with ctrl
        head, plus, last = key[:-2], key[-2:-1], "+"
    return f"{head}{plus}{_character_to_key(last) if len(last) == 1 else last}"


def writes(key: str) -> bool:
    """Whether ``key`` writes something into a text field. (Textual 8.2 does not know it of ``/ - + _``.)"""
    return (key_to_character(key) or "\n").isprintable() or key in KEY_NAME_REPLACEMENTS.values()


def key_name(key: str) -> str:
    """A Textual key name as it is written on the keyboard."""
    head, plus, last = key.rpartition("+")
    if (sign := _NAMES.get(last)) is None:
        sign = key_to_character(last) or last if len(last) > 1 else last
    return f"{head}{plus}{sign if sign.strip() else last}"


def key_text(binding: Binding) -> str:
    """How the binding's key is written."""
    return binding.key_display or key_name(binding.key)


def action_of(binding_action: str) -> str | None:
    """The gate's action that a binding opens, if it opens one."""
    for name in ACTIONS:
        if binding_action.endswith((f"act('{name}')", f"choose('{name}')")):
            return name
    return None


class Withholding(Protocol):
    """A screen that knows what it does not offer."""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]: ...

    def withholds(self, action: str) -> str | None: ...


def withheld(screen: Withholding) -> dict[str, tuple[ActiveBinding, str]]:
    """Key → its binding, and why what it does is not offered on this account or in this state."""
    found: dict[str, tuple[ActiveBinding, str]] = {}
    for key, active in screen.active_bindings.items():
        name = None if active.enabled else action_of(active.binding.action)
        reason = None if name is None else screen.withholds(name)
        if reason is not None:
            found[key] = (active, reason)
    return found


def offers(world: World, action: str, parameters: tuple[object, ...]) -> bool | None:
    """Textual's answer on a binding: ``None`` (there, but off) for a gate's action that is not offered."""
    if action in ("act", "choose") and parameters and not_offered(world, str(parameters[0])):
        return None
    return True


def changes(binding: Binding) -> bool:
    """Whether the binding leads to a change of production: its key must not be pressed by accident."""
    return action_of(binding.action) is not None or binding.action in CHANGING


def sends(binding: Binding) -> bool:
    """Whether the binding confirms what a dialog asks."""
    return binding.action == SENDING


def live(screen: Screen[Any]) -> list[ActiveBinding]:
    """The live bindings of ``screen`` in the order in which they are declared, also those with other keys.

    (Textual puts what a keymap gave another key at the end, where the foot of the screen has no room.)
    """
    found = list(screen.active_bindings.values())
    nodes = list(dict.fromkeys(active.node for active in found))
    places = {
        (node, binding.id): (at, row)
        for at, node in enumerate(nodes)
        for row, (_, binding) in reversed(list(enumerate(node._bindings)))
    }
    return sorted(found, key=lambda one: places.get((one.node, one.binding.id), (len(nodes), 0)))


def refusals(screen: Screen[Any], among: Iterable[ActiveBinding] | None = None) -> dict[str, str]:
    """Binding action → why it would do nothing now: the gate's word, or that of the screen it works on.

    ``among``: the live bindings, where the caller has them: Textual works them out at each look.
    """
    cockpit = console(screen).cockpit
    out: dict[str, str] = {}
    for active in screen.active_bindings.values() if among is None else among:
        binding = active.binding
        if not active.enabled:
            continue
        name = action_of(binding.action)
        reason: str | None = None
        if changes(binding) and cockpit is None:
            reason = "the console is still opening"
        elif name is not None and cockpit is not None:
            reason = cockpit.refusal(name)
        elif (unable := getattr(active.node, "unable", None)) is not None:
            reason = unable(binding.action)
        if reason is not None:
            out[binding.action] = reason
    return out


def live_key(screen: Screen[Any], name: str, usual: str) -> str:
    """How the key of the binding ``name`` is written: the person's own, or else the ``usual`` one."""
    own = console(screen).look.keys.get(name)
    return usual if own is None else key_name(listed(own)[0])
