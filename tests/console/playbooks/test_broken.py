"""The broken file: everything that is wrong with it in one run, each with its place."""

from __future__ import annotations

from pathlib import Path

from console.playbooks.validate import validate

BROKEN = Path(__file__).with_name("broken.md")
TOLD = """\
broken.md:1: front matter: `title` is missing
broken.md:5:43: `params.error_rate_max.default`: expected a number, got the text "2%"; write 0.02
broken.md:12:7: unknown kind `metrc`; did you mean `metric`?
broken.md:13:9: `window`: YAML reads `1:30` as the number 90; write a duration such as `90s`
broken.md:14:20: `assert`: unknown name `eror_rate_max`; did you mean `error_rate_max`?
broken.md:15:17: `goto: false-alrm`: no step has this id; steps are confirm, flag-off, roll
broken.md:22:1: `flag` has no field `to`; use `set: {pause_on: VARIANT}`
broken.md:22:5: YAML reads `off` as false; put it in quotes if you mean the word
broken.md:26:5: id `flag-off` is already used on line 19
broken.md:28:1: `command` takes `argv`, a list, never a shell line (`&&` would be an argument)
broken.md:28:6: `{{ canary }}`: no such parameter
broken.md:29:10: `timeout`: 5 of what? write `5s` or `5m`
broken.md:32: `rollback` needs `to`, `approval` and `reason`
broken.md:36:7: `{{ canary }}`: no such parameter
broken.md:39:9: a fence marked `yaml acton` would be skipped; did you mean `yaml action`?
"""


def test_all_errors_of_the_broken_file_are_told_at_once() -> None:
    found = validate(BROKEN.read_bytes())
    assert found.playbook is None
    assert "".join(f"{one.words('broken.md')}\n" for one in found.errors) == TOLD


def test_further_checks_are_a_second_list() -> None:
    found = validate(BROKEN.read_bytes())
    assert {one.code for one in found.warnings} == {"effect-role", "effect-unchecked"}
    assert [one.line for one in found.warnings] == sorted(one.line for one in found.warnings)


def test_what_to_write_instead_is_told_to_programs_too() -> None:
    found = {one.line: one.suggestion for one in validate(BROKEN.read_bytes()).errors}
    assert (found[5], found[12], found[13], found[14], found[39]) == (
        "0.02",
        "metric",
        "90s",
        "error_rate_max",
        "yaml action",
    )


def test_line_ends_of_other_systems_change_no_place() -> None:
    data = BROKEN.read_bytes()
    assert validate(data.replace(b"\n", b"\r\n")) == validate(data)
