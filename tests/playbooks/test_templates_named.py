"""What the shipped playbooks tell people: by templates that are there, with fields that these have."""

from __future__ import annotations

from console.messages.filled import Unfilled, fill
from console.messages.template import validate as read_template
from console.playbooks.validate import validate
from data.playbook_files import shipped
from data.template_files import templates

KNOWN: dict[str, str | int] = {
    "incident": "INC-1",
    "title": "x",
    "severity": "SEV2",
    "started": 1,
    "next_update": 2,
    "mitigated": 1,
}


def test_every_step_that_tells_people_can_be_filled_in() -> None:
    found = {path.stem: read_template(path.read_bytes()).template for path in templates()}
    told = 0
    for path in shipped():
        playbook = validate(path.read_bytes()).playbook
        assert playbook is not None
        for step in playbook.steps:
            if step.kind != "message":
                continue
            told += 1
            template = found[str(step.fields["template"])]
            assert template is not None
            fields = step.fields.get("fields", {})
            assert isinstance(fields, dict)
            words = fill(template, {name: str(one) for name, one in fields.items()}, KNOWN, 0)
            assert not isinstance(words, Unfilled), (path.name, step.id, words)
            confirmed = step.fields.get("requires_confirm") == "incident_commander"
            assert confirmed or template.audience == "internal", (path.name, step.id)
    assert told >= 6
