"""The project's environment variables, as the host lists them: some were set after older builds were made."""

from __future__ import annotations

from typing import Any

from console.readings import Millis
from data.simulator.records import Project

BEGAN_DAYS = 410
"""How old the project is when the world begins."""
DAY: Millis = 24 * 60 * 60_000

_VARIABLES = (
    ("DATABASE_URL", 410.0, 390.0, "sensitive", ("production", "preview")),
    ("STRIPE_SECRET_KEY", 410.0, 31.0, "sensitive", ("production", "preview")),
    ("SEARCH_URL", 410.0, 9.0, "plain", ("production", "preview")),
    ("NEXT_PUBLIC_FREE_SHIPPING_FROM", 120.0, 0.75, "plain", ("production", "preview")),
    ("LOYALTY_API_URL", 1.5, 1.5, "encrypted", ("production",)),
    ("PREVIEW_BANNER", 30.0, 0.5, "plain", ("preview",)),
)
"""Name, days before the world's beginning when it was added and when it was last set, kind, targets."""
_PLAIN = {
    "SEARCH_URL": "https://search.acme.example",
    "NEXT_PUBLIC_FREE_SHIPPING_FROM": "60",
    "PREVIEW_BANNER": "Not for sale",
}


def listed(project: Project) -> list[dict[str, Any]]:
    """All of them; what is secret has no value, as from the host."""
    began = project.created_at + BEGAN_DAYS * DAY
    return [
        {
            "id": f"env_{place:016d}",
            "key": key,
            "type": kind,
            "value": _PLAIN.get(key, "eyJ2IjoidjIifQ" if kind == "encrypted" else ""),
            "target": list(targets),
            "createdAt": began - round(added * DAY),
            "updatedAt": began - round(changed * DAY),
            "createdBy": project.people[0].id,
            "updatedBy": project.people[2].id,
            "securityIssues": [],
        }
        for place, (key, added, changed, kind, targets) in enumerate(_VARIABLES)
    ]


def names(project: Project, built_at: Millis) -> list[str]:
    """Those that a build of that moment got."""
    return [one["key"] for one in listed(project) if one["createdAt"] <= built_at]
