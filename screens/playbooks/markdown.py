"""Markdown as toned lines: headings, prose, lists and quotes as on a forge; actions as what they do. Pure.

The Markdown is read by its library; nothing of it becomes a link, a picture or a colour of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from screens.paint import EMPTY, Line, Span, paragraph

ACTION = "yaml action"
FRONT = "---\n"
STEP = 2
"""Cells by which what belongs to a list is indented."""


@dataclass(frozen=True, slots=True)
class Action:
    """What stands in the place of a fence of an action: its title, and what it does."""

    title: str
    lines: tuple[str, ...]


def body_of(text: str) -> tuple[str, int]:
    """The Markdown without its front matter, and how many lines that has."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if not unified.startswith(FRONT):
        return unified, 0
    end = unified.find("\n---", 3)
    if end < 0:
        return unified, 0
    after = unified.find("\n", end + 1)
    return (unified[after + 1 :] if after >= 0 else ""), unified[: after + 1].count("\n")


def rendered(
    text: str,
    cells: int,
    actions: Mapping[int, Action] | None = None,
    filled: Callable[[str], str] = lambda words: words,
) -> list[Line]:
    """The text in rows of ``cells``. ``actions``: line of a fence in the file → what stands in its place.

    ``filled`` puts values into the words of a paragraph, after the Markdown was read: values are none of it.
    """
    body, before = body_of(text)
    walk = _Walk(cells, actions or {}, before, filled)
    for token in MarkdownIt("commonmark").disable(["reference", "html_block", "html_inline"]).parse(body):
        walk.take(token)
    lines: list[Line] = []
    for block in walk.blocks:
        lines += [*([EMPTY] if lines else []), *block]
    return lines


class _Walk:
    """From token to token; what belongs to one list stays together."""

    def __init__(
        self, cells: int, actions: Mapping[int, Action], before: int, filled: Callable[[str], str]
    ) -> None:
        self._filled = filled
        self._cells, self._actions, self._before = cells, actions, before
        self.blocks: list[list[Line]] = []
        self._marks: list[str] = []
        """What stands before the next item of each list that is open."""
        self._heading = False
        self._quoted = 0
        self._begun = False
        """Whether the list that is open has rows."""

    def take(self, token: Token) -> None:
        """One more token."""
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                self._marks.append("")
            case "bullet_list_close" | "ordered_list_close":
                self._marks.pop()
                self._begun = self._begun and bool(self._marks)
            case "list_item_open":
                self._marks[-1] = f"{token.info}." if token.info else "•"
            case "blockquote_open" | "blockquote_close":
                self._quoted += token.nesting
            case "heading_open" | "heading_close":
                self._heading = token.nesting > 0
            case "inline":
                self._add(self._inline(token))
            case "fence" | "code_block":
                self._add(self._fence(token))
            case "hr":
                self._add([(Span("─" * min(self._cells, 40), "quiet"),)])

    def _add(self, rows: list[Line]) -> None:
        if self._begun:
            self.blocks[-1] += rows
        else:
            self.blocks.append(rows)
            self._begun = bool(self._marks)

    def _inline(self, token: Token) -> list[Line]:
        text = self._filled(_text(token))
        if self._heading:
            return paragraph(text, self._cells, "strong", bold=True)
        if self._quoted:
            return paragraph(f"│ {text}", self._cells, "quiet")
        if not self._marks:
            return paragraph(text, self._cells)
        mark, self._marks[-1] = self._marks[-1], ""
        indent = min((len(self._marks) - 1) * STEP, self._cells // 2)
        head = f"{mark or ' '} "
        rows = paragraph(text, max(self._cells - indent - len(head), 8))
        return [
            (Span(" " * indent), Span(head if place == 0 else " " * len(head), "quiet"), *row)
            for place, row in enumerate(rows)
        ]

    def _fence(self, token: Token) -> list[Line]:
        at = self._before + (token.map[0] if token.map else 0) + 1
        action = self._actions.get(at)
        if action is not None and token.info.strip() == ACTION:
            head = paragraph(action.title, self._cells, "canary", bold=True)
            return [*head, *(row for one in action.lines for row in paragraph(one, self._cells, indent=2))]
        rows = token.content.rstrip("\n").split("\n")
        return [row for one in rows for row in paragraph(one, self._cells, "quiet", indent=2)]


def _text(token: Token) -> str:
    """The words of a paragraph: code stays between backticks, a link keeps its address behind it."""
    out: list[str] = []
    address = ""
    for one in token.children or ():
        match one.type:
            case "text":
                out.append(one.content)
            case "code_inline":
                out.append(f"`{one.content}`")
            case "softbreak" | "hardbreak":
                out.append(" ")
            case "link_open":
                address = str(one.attrs.get("href", ""))
            case "link_close":
                out.append(f" ({address})")
            case "image":
                out.append(f"[picture: {one.content}]")
    return "".join(out)
