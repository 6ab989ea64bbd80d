"""A playbook's Markdown: its front matter, and its actions with the heading and the prose above each."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from console.playbooks.fault import Fault

ACTION = "yaml action"
LARGEST = 256 * 1024
"""Bytes of a playbook."""
LARGEST_BLOCK = 32 * 1024
"""Characters of one block of YAML."""
LONGEST_LINE = 4_000
MOST_ACTIONS = 500
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
"""What a terminal would obey, or what makes a line look other than it is."""


@dataclass(frozen=True, slots=True)
class Block:
    """An action as it stands in the file. ``line`` is that of its fence."""

    line: int
    text: str
    title: str
    prose: str
    """The Markdown between the heading, or the action before it, and this one."""


@dataclass(frozen=True, slots=True)
class Document:
    front: str | None
    """The YAML between the two ``---``, whose first line is the second of the file."""
    blocks: tuple[Block, ...]


def text_of(data: bytes, faults: list[Fault], what: str = "a playbook") -> str | None:
    """The file as text with ``\\n`` at its lines' ends; ``None`` with its faults where it is none."""
    if len(data) > LARGEST:
        split = "; split it, and use a step of kind `playbook`" if what == "a playbook" else ""
        said = f"{what} has at most {LARGEST // 1024} KiB{split}"
        faults.append(Fault(1, None, "file-size", said))
        return None
    try:
        text = data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        faults.append(Fault(line, None, "file-text", "this is no UTF-8 text"))
        return None
    amiss = list(_amiss(text, what))
    faults.extend(amiss[:20])
    return None if amiss else text


def _amiss(text: str, what: str) -> list[Fault]:
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LONGEST_LINE:
            found.append(
                Fault(number, None, "line-length", f"this line is longer than {LONGEST_LINE} characters")
            )
        for match in FORBIDDEN.finditer(line):
            said = f"the control character U+{ord(match[0]):04X} is not allowed in {what}"
            found.append(Fault(number, match.start() + 1, "control-character", said))
            break
    return found


def read(text: str, faults: list[Fault]) -> Document:
    """Front matter and actions; what is wrong with the Markdown goes to ``faults``."""
    lines = text.split("\n")
    front, body_from = front_and_rest(lines, faults)
    rest = "\n".join([""] * body_from + lines[body_from:])
    markdown = MarkdownIt("commonmark").disable("reference")  # slow on many, and none matters here
    markdown.core.ruler.enableOnly(["normalize", "block"])
    return Document(front, tuple(_blocks(markdown.parse(rest), lines, body_from, faults)))


def front_and_rest(lines: list[str], faults: list[Fault]) -> tuple[str | None, int]:
    """The YAML of the front matter, and the index of the line that the rest begins with."""
    if lines[0].rstrip() != "---":
        said = "front matter is missing: the first line has to be `---`"
        faults.append(Fault(1, None, "front-matter", said))
        return None, 0
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() in ("---", "..."):
            front = "\n".join(lines[1:number])
            if len(front) <= LARGEST_BLOCK:
                return front, number + 1
            faults.append(_too_long(1))
            return None, number + 1
    faults.append(Fault(1, None, "front-matter", "front matter is never closed: end it with a line `---`"))
    return None, len(lines)


def _too_long(line: int) -> Fault:
    return Fault(line, None, "block-size", f"this block is longer than {LARGEST_BLOCK // 1024} KiB")


def _blocks(tokens: list[Token], lines: list[str], begin: int, faults: list[Fault]) -> list[Block]:
    found: list[Block] = []
    title = ""
    for token, after in zip(tokens, [*tokens[1:], None], strict=False):
        if token.map is None or (token.level and token.type != "fence"):
            continue
        if token.type == "heading_open" and after is not None:
            title, begin = " ".join(after.content.split()), token.map[1]
        elif token.type == "fence" and _is_action(token, lines, faults):
            start, end = token.map
            prose = "\n".join(lines[begin:start]).strip("\n")
            if len(token.content) > LARGEST_BLOCK:
                faults.append(_too_long(start + 1))
            else:
                found.append(Block(start + 1, token.content, title, prose))
            begin = end
    if len(found) > MOST_ACTIONS:
        said = f"a playbook has at most {MOST_ACTIONS} actions; split it"
        faults.append(Fault(found[MOST_ACTIONS].line, None, "too-many", said))
        return found[:MOST_ACTIONS]
    return found


def _is_action(token: Token, lines: list[str], faults: list[Fault]) -> bool:
    """Whether a fence is an action that runs. One that only looks like an action is a fault, never prose."""
    assert token.map is not None
    start, end = token.map
    info, line = token.info.strip(), lines[start]
    if not _looks_like_one(info):
        return False
    if info != ACTION:
        skipped = info.split()
        at = skipped[1] if skipped[0] == "yaml" and len(skipped) > 1 else skipped[0]
        said = f"a fence marked `{info[:40]}` would be skipped; did you mean `{ACTION}`?"
        faults.append(Fault(start + 1, line.rfind(at) + 1, "fence", said, ACTION))
    elif token.level or not line.startswith("```"):
        said = "an action stands at the margin and between backticks; this one would not be run"
        faults.append(Fault(start + 1, None, "fence-place", said))
    elif end - start < 2 or lines[end - 1].strip().strip("`") or not lines[end - 1].startswith("```"):
        said = "this action is never closed: end it with a line of backticks"
        faults.append(Fault(start + 1, None, "fence-open", said))
    else:
        return True
    return False


def _looks_like_one(info: str) -> bool:
    words = info.casefold().split()
    if not words:
        return False
    return (words[0] in ("yaml", "yml") and len(words) > 1) or _distance(" ".join(words), ACTION) <= 2


def _distance(one: str, other: str) -> int:
    """Levenshtein's, of short words."""
    if abs(len(one) - len(other)) > 2:
        return 3
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        above, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (a != b))
    return row[-1]
