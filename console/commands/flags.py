"""``coalmine flags``: how they stand, and who gets what, offline, on a packed definition."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import IO, Any

import click

from console.commands.flags_acting import COMMANDS
from console.commands.flags_read import list_, show
from console.commands.flags_set import set_
from console.commands.shared import USAGE, answer, answer_line, explain, say


@click.group("flags")
def command() -> None:
    """Feature flags: how they stand, who gets what, and why."""


for _command in (list_, show, set_, *COMMANDS):
    command.add_command(_command)


@command.command("evaluate")
@click.option("--definition", type=click.File("rb"), help="The packed definition; - for standard input.")
@click.option("--segments", type=click.File("rb"), help="The packed segments, by id.")
@click.option("--environment", default="production", show_default=True, help="Whose rules are asked.")
@click.option("--now", type=float, help="The clock, in milliseconds since 1970; without it, the present.")
@click.option("--context", help='Who asks: JSON such as {"user": {"id": "u1"}}, or a file with it.')
@click.option("--native", is_flag=True, help="Reasons by Vercel's names instead of OpenFeature's.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def evaluate(
    definition: IO[bytes] | None,
    segments: IO[bytes] | None,
    environment: str,
    now: float | None,
    context: str | None,
    native: bool,
    as_json: bool,
) -> None:
    """What a context gets from a packed definition, as Vercel's own evaluator decides it; nothing is asked.

    Without --definition, JSON Lines of cases on standard input: {"id", "flag", "environment", "definition",
    "segments", "entities", "now_ms", "default"}, and a line for each. A case that raises is an answer too.
    Exit code: 0 answered, 2 bad input.
    """
    if definition is None:
        if context is not None or segments is not None:
            raise click.UsageError("--context and --segments belong to a --definition, which is not given.")
        sys.exit(_cases(sys.stdin.buffer, native))
    case = {
        "definition": _document(definition.read(), "--definition"),
        "segments": _document(segments.read(), "--segments") if segments else None,
        "environment": environment,
        "entities": _context(context),
    }
    if now is not None:
        case["now_ms"] = now
    found = _evaluated(case)
    if as_json:
        answer(_answer(None, found, native, True))
        return
    shown = "nothing" if found["absent"] else json.dumps(found["value"], ensure_ascii=False)
    say(f"{shown}  ({found['reason' if native else 'open_feature']})\n{found['step']}")
    for doubt in found["doubts"]:
        say(f"Not exactly predictable: {doubt}.")


def _cases(file: IO[bytes], native: bool) -> int:
    """Answer each line; a line that is no case is explained, and the rest go on."""
    code = 0
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            case = _parsed(line)
            if not isinstance(case, dict):
                raise ValueError("it is no JSON object")
        except (ValueError, RecursionError) as error:
            explain(f"line {number}: this is no case: {error}.")
            code = USAGE
            continue
        answer_line(_answer(case.get("id"), _evaluated(case), native, False))
    return code


def _evaluated(case: dict[str, Any]) -> dict[str, Any]:
    from console.flags.evaluating import evaluate
    from console.flags.javascript import UNDEFINED, is_number

    now = case.get("now_ms")
    found = evaluate(
        case.get("definition"),
        str(case.get("environment", "production")),
        case.get("entities"),
        segments=case.get("segments"),
        now_ms=float(now) if now is not None and is_number(now) else time.time() * 1000,
        default=case.get("default", UNDEFINED),
        flag=str(case.get("flag", "")),
    )
    return {
        "absent": found.value is UNDEFINED,
        "value": found.value,
        "variant_id": found.variant_id,
        "reason": found.reason,
        "open_feature": found.open_feature_reason,
        "outcome": found.outcome,
        "error": found.error,
        "step": found.step,
        "doubts": list(found.doubts),
    }


def _answer(case: Any, found: dict[str, Any], native: bool, alone: bool) -> dict[str, Any]:
    """The answer's fields; ``value`` is left out where there is none, ``inexact`` where it is exact."""
    told: dict[str, Any] = {} if alone else {"id": case}
    if not found["absent"]:
        told["value"] = found["value"]
    told["variant_id"] = found["variant_id"]
    told["reason"] = found["reason" if native else "open_feature"]
    told |= {"outcome": found["outcome"], "error": found["error"]}
    if alone:
        told["step"] = found["step"]
    return told | ({"inexact": found["doubts"]} if found["doubts"] else {})


def _context(text: str | None) -> Any:
    if text is None:
        return {}
    if text.lstrip().startswith("{"):
        return _document(text.encode("utf-8", "surrogateescape"), "--context")
    try:
        found = Path(text).read_bytes()
    except (OSError, ValueError) as error:
        raise click.BadParameter(
            f"it is neither a JSON object nor a file that can be read: {error}"
        ) from error
    return _document(found, "--context")


def _document(text: bytes, option: str) -> Any:
    try:
        found = _parsed(text)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{option} is no JSON: {error}") from error
    if not isinstance(found, dict) and found is not None:
        raise click.UsageError(f"{option} has to be a JSON object.")
    return found


def _parsed(text: bytes) -> Any:
    def constant(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=constant)
