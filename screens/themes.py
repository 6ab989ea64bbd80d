"""The themes: dark, light, and one of the terminal's own colours.

Blue is the canary and orange the baseline on every screen. No meaning hangs on red against green.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="coalmine-dark",
    dark=True,
    primary="#56B4E9",
    secondary="#E69F00",
    accent="#56B4E9",
    warning="#F0D264",
    error="#FF7A90",
    success="#5CC8A8",
    foreground="#D6DADF",
    background="#14171B",
    surface="#1A1E23",
    panel="#22272E",
    variables={
        "canary": "#56B4E9",
        "baseline": "#E69F00",
        "canary-band": "#356682",
        "baseline-band": "#7D5B0E",
        "good": "#5CC8A8",
        "worse": "#FF7A90",
        "caution": "#F0D264",
        "quiet": "#8A939E",
        "quiet-style": "none",
        "strong": "#FFFFFF",
        "rule": "#3A424C",
        "cursor-back": "#2B3440",
        "cursor-style": "none",
        "input-selection-background": "#56B4E9 35%",
    },
)

LIGHT = Theme(
    name="coalmine-light",
    dark=False,
    primary="#0B62A8",
    secondary="#A85B00",
    accent="#0B62A8",
    warning="#7A5C00",
    error="#B3123D",
    success="#00705A",
    foreground="#22272E",
    background="#FBFBF9",
    surface="#F3F3F0",
    panel="#E8E8E4",
    variables={
        "canary": "#0B62A8",
        "baseline": "#A85B00",
        "canary-band": "#83AED0",
        "baseline-band": "#D2AB7C",
        "good": "#00705A",
        "worse": "#B3123D",
        "caution": "#7A5C00",
        "quiet": "#666E78",
        "quiet-style": "none",
        "strong": "#000000",
        "rule": "#C4C8CC",
        "cursor-back": "#DDE7F0",
        "cursor-style": "none",
    },
)

TERMINAL = Theme(
    name="coalmine-terminal",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_yellow",
    accent="ansi_blue",
    warning="ansi_yellow",
    error="ansi_magenta",
    success="ansi_cyan",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "canary": "ansi_blue",
        "baseline": "ansi_yellow",
        "canary-band": "ansi_blue",
        "baseline-band": "ansi_yellow",
        "good": "ansi_cyan",
        "worse": "ansi_magenta",
        "caution": "ansi_yellow",
        "quiet": "ansi_default",
        "quiet-style": "dim",
        "strong": "ansi_default",
        "rule": "ansi_default",
        "cursor-back": "ansi_default",
        "cursor-style": "reverse",
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "border-blurred": "ansi_default",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_white",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_black",
        "screen-selection-background": "ansi_blue",
        "screen-selection-foreground": "ansi_black",
    },
)

THEMES = (DARK, LIGHT, TERMINAL)
BY_NAME = {theme.name: theme for theme in THEMES}


def fallback(theme: Theme) -> dict[str, str]:
    """Our own variables for a theme that does not define them (Textual's built-in ones)."""
    base = TERMINAL if theme.ansi else DARK if theme.dark else LIGHT
    own = ("canary", "baseline", "canary-band", "baseline-band", "good", "worse", "caution", "quiet")
    looks = ("quiet-style", "strong", "rule", "cursor-back", "cursor-style")
    return {name: base.variables[name] for name in (*own, *looks)}
