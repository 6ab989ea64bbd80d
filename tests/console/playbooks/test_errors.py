# ruff: noqa: E501 -- a message stands beside the mistake, on one line
"""One mistake, one message: what the broken file does not have."""

from __future__ import annotations

import pytest

from tests.console.playbooks.written import FRONT, LINE, MANUAL, METRIC, checked, errors


def test_a_right_playbook_has_nothing_wrong_and_is_read() -> None:
    found = checked(METRIC, "id: m\nkind: manual\ntext: Say it.\nnext: end")
    assert (found.errors, found.warnings) == ((), ())
    assert found.playbook is not None
    assert [(step.id, step.kind, step.effect) for step in found.playbook.steps] == [
        ("look", "metric", False),
        ("m", "manual", False),
    ]
    assert [(one.name, one.default) for one in found.playbook.params] == [
        ("canary", None),
        ("domain", None),
        ("most", 0.02),
        ("pause", "5m"),
        ("loud", False),
    ]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("kind: manual\ntext: x", "this action needs `id`"),
        ("id: Bad Id\nkind: manual\ntext: x", "`id`: `Bad Id` is not small letters, digits and `-`"),
        ("id: end\nkind: manual\ntext: x", "id `end` means the end of the playbook; choose another"),
        ("id: m\nkind: manual\ntext: 5", "`text`: expected a text, got the number 5; put it in quotes"),
        ("id: m\nkind: manual\ntext:", "`text` is empty"),
        ("id: m\nkind: manual\ntext: [a]", "`text`: expected a text, got a list"),
        (f"{MANUAL}\nskippable: yes", "YAML reads `yes` as true; write true"),
        (f'{MANUAL}\nskippable: "true"', '`skippable`: expected true or false, got the text "true"'),
        (f"{MANUAL}\ndocs: 2026-11-22", "YAML reads `2026-11-22` as a date; put it in quotes if you mean the text"),
        (f"{MANUAL}\ntimout: 5m", "`manual` has no field `timout`; did you mean `timeout`?"),
        (f"{MANUAL}\ntimeout: soon", "`timeout`: `soon` is no duration; write one such as `90s`, `5m` or `2h`"),
        (f"{MANUAL}\ntext: y", f"`text` is already given on line {LINE + 2}"),
        (f"{MANUAL}\nrole: incident_comander", "`role`: `incident_comander` is none of its words; did you mean `incident_commander`?"),
        (f"{MANUAL}\nretry: {{times: 012, every: 5s}}", "YAML reads `012` as the number 10; write 12"),
        (f"{MANUAL}\nretry: {{times: 0, every: 5s}}", "`retry.times`: 0 is not from 1 to 1000"),
        (f"{MANUAL}\nretry: {{times: 2}}", "`retry` needs `every`"),
        (f"{MANUAL}\non_fail: end", "`on_fail`: expected fields, `{goto: …}`"),
        (f"{MANUAL}\nnext: other.md", "`next: other.md` is in another playbook; a step of kind `playbook` runs one"),
        (f"{MANUAL}\nundo: {{kind: flag, flag: x}}", "`flag` needs `set`"),
        (f"{MANUAL}\nundo: {{kind: flg}}", "`undo` is an action: `{kind: …}` with the fields of that kind"),
        ('id: m\nkind: manual\ntext: "{{ canery }}"', "`{{ canery }}`: no such parameter; did you mean `canary`?"),
        ('id: m\nkind: manual\ntext: "{{ canary | upper }}"', "`{{ canary | upper }}`: only the name of a parameter belongs in here"),
        ('id: m\nkind: manual\ntext: "{{ canary"', "`{{` is never closed; write `{{ name }}`"),
        ('id: "{{ canary }}"\nkind: manual\ntext: x', "`id`: `{{ canary }}` is not small letters, digits and `-`"),
        ('id: t\nkind: timer\nfor: "{{ canary }}"', "`for`: one parameter of type duration may stand here, and nothing else"),
        ("id: t\nkind: timer", "`timer` needs either `for` or `until`"),
        ("id: t\nkind: timer\nfor: 5m\nuntil: x", "`timer` needs either `for` or `until`"),
        ("id: r\nkind: rollout\ndo: pause", "`do: pause`: Vercel cannot pause a rolling release; write `hold` (a change freeze)"),
        ("id: f\nkind: flag\nflag: x\nset: {enabled: false}", "a flag has no `enabled` on Vercel; write `pause_on: VARIANT`"),
        ("id: c\nkind: command\nargv: ls", '`argv` is a list with one argument an entry, `["vercel", "inspect"]`, never a shell line'),
        ('id: c\nkind: command\nargv: ["{{ canary }}"]', "`argv`: nothing is filled in here; write it out"),
        ("id: d\nkind: decision\nprompt: x\noptions: [{label: a, goto: end}]", "`options`: at least 2 entries belong here"),
        (METRIC.replace("subject < most", "control < most"), "`assert`: unknown name `control`"),
        (METRIC.replace("subject < most", "subject + most"), "`assert`: this is a number, no condition; compare it with something"),
        (METRIC.replace("subject < most", "subject = most"), "`assert`: `=` is no part of the language; write `==`"),
        (METRIC.replace("subject < most", '"subject < {{ most }}"'), "`assert`: in an expression a parameter is named as it is, without `{{ }}`"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_alone_and_in_words(action: str, message: str) -> None:
    assert errors(action) == [message]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("version: 3.10", "`version`: expected a whole number, got the number 3.10"),
        ('version: "3"', '`version`: expected a whole number, got the text "3"; leave the quotes out'),
        ("severity_hint: SEV5", "`severity_hint`: `SEV5` is none of its words; did you mean `SEV4`?"),
        ("secrets: [token]", "`secrets`: `token` is not the name of a variable, `API_TOKEN`"),
        ("titel: x", "front matter has no field `titel`; did you mean `title`?"),
        ("params: {1x: {type: string}}", "`params`: `1x` is no name"),
        ("params: {x: {type: number, default: yes}}", "YAML reads `yes` as true; write a number"),
        (
            "params: {x: {type: strin}}",
            "`params.x.type`: `strin` is none of its words; did you mean `string`?",
        ),
    ],
)
def test_the_front_matter_is_checked_alike(line: str, message: str) -> None:
    key = line.split(":")[0]
    rest = "\n".join(one for one in ["playbook: a", "version: 1", "title: A"] if not one.startswith(key))
    assert errors(MANUAL, front=f"{rest}\n{line}") == [message]


def test_what_was_captured_can_be_named_and_not_filled_in() -> None:
    taking = f"{METRIC}\ncapture: {{seen: {{type: number, value: subject}}}}"
    assert errors(taking, f"{MANUAL}\nif: seen > 1") == []
    assert errors(taking, f"{MANUAL}\nif: seen") == [
        "`if`: this is a number, no condition; compare it with something"
    ]
    assert errors(taking.replace("number", "string")) == [
        "`capture.seen`: this is a number, and it is declared as a string"
    ]
    told = errors(taking, 'id: m\nkind: manual\ntext: "{{ seen }}"')
    assert told == ["`{{ seen }}` is captured during the run; only parameters are filled in"]


def test_the_place_within_a_text_in_quotes_is_exact_and_else_that_of_the_text() -> None:
    (one,) = checked(METRIC.replace("subject < most", "'subject < nothing'")).errors
    assert (one.line, one.column) == (LINE + 5, len("assert: 'subject < ") + 1)
    (one,) = checked(METRIC.replace("assert: subject < most", "assert: >-\n  subject <\n  nothing")).errors
    assert (one.line, one.column) == (LINE + 5, len("assert: ") + 1)


FENCES = [
    ("```yml action", "a fence marked `yml action` would be skipped; did you mean `yaml action`?"),
    ("```yaml aktion x", "a fence marked `yaml aktion x` would be skipped; did you mean `yaml action`?"),
    ("~~~yaml action", "an action stands at the margin and between backticks; this one would not be run"),
    ("- ```yaml action", "an action stands at the margin and between backticks; this one would not be run"),
    ("```yaml action", "this action is never closed: end it with a line of backticks"),
]


@pytest.mark.parametrize(("fence", "message"), FENCES)
def test_what_only_looks_like_an_action_is_no_prose(fence: str, message: str) -> None:
    from console.playbooks.validate import validate

    text = f"---\n{FRONT}\n---\n\n{fence}\nid: x\n"
    assert [one.message for one in validate(text.encode()).errors] == [message]


@pytest.mark.parametrize("fence", ["```yaml", "```bash", "```", "    ```yaml action"])
def test_other_fences_are_prose(fence: str) -> None:
    from console.playbooks.validate import validate

    text = f"---\n{FRONT}\n---\n\n```yaml action\n{MANUAL}\n```\n\n{fence}\nid: x\n```\n"
    assert validate(text.encode()).errors == ()
