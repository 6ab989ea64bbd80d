"""Which screen is a dialog; while none was ever open, what dialogs are made of is not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.screen import Screen

    from screens.dialogs.base import Dialog


def dialog(screen: Screen[Any]) -> Dialog[Any] | None:
    """``screen`` if it is one of our dialogs."""
    if not screen.is_modal:
        return None
    from screens.dialogs.base import Dialog

    return screen if isinstance(screen, Dialog) else None
