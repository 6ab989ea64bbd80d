"""Playbooks for tests: written short, checked whole."""

from __future__ import annotations

from console.playbooks.validate import Checked, validate

FRONT = """\
playbook: a
version: 1
title: A
secrets: [API_TOKEN]
hosts: [example.com]
params:
  canary: {type: deployment, required: true}
  domain: {type: hostname, required: true}
  most: {type: number, default: 0.02}
  pause: {type: duration, default: 5m}
  loud: {type: boolean, default: false}"""

LINE = FRONT.count("\n") + 6
"""The line of the first action's first field."""


def written(*actions: str, front: str = FRONT) -> bytes:
    blocks = "\n".join(f"```yaml action\n{action}\n```" for action in actions)
    return f"---\n{front}\n---\n\n{blocks}\n".encode()


def checked(*actions: str, front: str = FRONT) -> Checked:
    return validate(written(*actions, front=front), metrics={"error_rate"}, environment={"API_TOKEN"})


def errors(*actions: str, front: str = FRONT) -> list[str]:
    return [one.message for one in checked(*actions, front=front).errors]


def warnings(*actions: str, front: str = FRONT) -> list[str]:
    return [one.code for one in checked(*actions, front=front).warnings]


MANUAL = "id: m\nkind: manual\ntext: x"
METRIC = (
    'id: look\nkind: metric\nquery: error_rate\nsubject: "{{ canary }}"\nwindow: 5m\nassert: subject < most'
)
ROLLOUT = "id: abort\nkind: rollout\ndo: abort\nrole: ops_lead"
