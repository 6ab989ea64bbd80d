"""What is wrong with settings, and where: the line of the file or the variable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.places import ALIASES, PREFIX

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True)
class Given:
    """What file and environment say, to find the place of a fault."""

    in_file: dict[str, Any]
    in_environment: dict[str, Any]
    file: Path | None
    text: str
    environ: Mapping[str, str]

    def base(self, key: str) -> Path:
        if self.file is None or key in self.in_environment:
            return Path()
        return self.file.parent

    def fault(self, loc: tuple[int | str, ...], what: str) -> str:
        known = loc  # what is missing stands nowhere: then its nearest table tells where it belongs
        while len(known) > 1 and at(self.in_environment, known) is None and at(self.in_file, known) is None:
            known = known[:-1]
        in_environment, in_file = at(self.in_environment, known), at(self.in_file, known)
        if in_environment is None or (isinstance(in_environment, dict) and in_file is not None):
            key = ".".join(str(part) for part in loc)
            return f"{self.file}:{line_of(self.text, loc)}: {key}: {what}."
        variable = PREFIX + "__".join(str(part).upper() for part in loc).replace(".", "__")
        if isinstance(in_environment, dict):
            return f"{variable}__…: {what}."
        if variable not in self.environ:
            variable = next((name for name, path in ALIASES.items() if path == loc), variable)
        return f"{variable}: {what}."

    def led_astray(self) -> list[tuple[str, ...]]:
        """The addresses that the file alone gives: to which the environment gives the secrets, or (channels)
        to which what is said of an incident would go."""
        named = at(self.in_file, ("channels",))
        channels = [("channels", name, "url") for name in named] if isinstance(named, dict) else []
        unsaid = [one for one in channels if at(self.in_environment, one) is None]
        return unsaid + [
            (table, address)
            for table, address, secrets in (
                ("vercel", "api_url", ("token",)),
                ("prometheus", "url", ("bearer_token", "password")),
                ("alertmanager", "url", ("bearer_token", "password")),
                ("probes", "url", ("bypass_secret",)),
            )
            if at(self.in_file, (table, address)) is not None
            and at(self.in_environment, (table, address)) is None
            and any(at(self.in_environment, (table, secret)) is not None for secret in secrets)
        ]


def at(node: Any, loc: tuple[int | str, ...]) -> Any:
    for part in loc:
        if isinstance(node, list) and isinstance(part, int):
            node = node[part] if part < len(node) else None
        else:
            node = node.get(part) if isinstance(node, dict) else None
    return node


WORDS = {
    "extra_forbidden": "there is no such setting",
    "missing": "it has to be set",
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dict_type"), "this is a table: its keys are set one by one"
    ),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "it has to be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "it has to be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "it has to be true or false"),
    **dict.fromkeys(("string_type", "path_type"), "it has to be text, in quotes"),
    **dict.fromkeys(("list_type", "tuple_type"), "this is a list of tables: each in double brackets"),
    "too_short": "it is empty",
    "string_too_short": "it is empty",
    "greater_than": "it has to be greater than {gt}",
    "greater_than_equal": "it has to be at least {ge}",
    "less_than_equal": "it has to be at most {le}",
    "literal_error": "it has to be {expected}",
    "string_pattern_mismatch": "it does not have the form {pattern}",
}
"""Pydantic's types of errors, for a person; those of its context stand in braces."""


def in_words(error: ErrorDetails) -> str:
    """What is wrong with a value, without the value: it may be a secret."""
    text = WORDS.get(error["type"])
    if text is None:
        return str(error["msg"]).removeprefix("Value error, ")
    return text.format_map(
        {
            name: f"{value:g}" if isinstance(value, float) else value
            for name, value in error.get("ctx", {}).items()
        }
    )


def line_of(text: str, loc: tuple[int | str, ...]) -> int:
    """The line (from 1) on which the TOML key path ``loc`` stands, or its nearest parent; 1 if none."""
    table: list[str] = []
    arrays: dict[tuple[str, ...], int] = {}
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?", line)
        here: list[str] = []
        if header:
            named = [part.strip().strip("\"'") for part in header[1].split(".")]
            if line.lstrip().startswith("[["):
                arrays[tuple(named)] = arrays.get(tuple(named), -1) + 1
            table = _numbered(named, arrays)
            here = table
        elif pair := re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line):
            here = table + [part.strip().strip("\"'") for part in pair[1].split(".")]
        wanted = ".".join(str(part) for part in loc).split(".")  # a name with dots may be quoted or not
        shared = 0
        while shared < min(len(here), len(wanted)) and here[shared] == wanted[shared]:
            shared += 1
        if shared > depth and shared == len(here):
            best, depth = number, shared
    return best


def _numbered(named: list[str], arrays: Mapping[tuple[str, ...], int]) -> list[str]:
    """A table's path with the number of the element after each array of tables in it."""
    path: list[str] = []
    for length, part in enumerate(named, 1):
        path.append(part)
        if tuple(named[:length]) in arrays:
            path.append(str(arrays[tuple(named[:length])]))
    return path
