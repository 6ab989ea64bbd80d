"""What a name or an address that somebody was sent stands for: a room and what is to be shown there. Pure."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal["incident", "run", "request", "deployment", "room"]

NAMES: dict[str, Kind] = {"INC": "incident", "PB": "run", "RB": "request"}
NAME = re.compile(r"\b(INC|PB|RB)-(\d{1,9})\b", re.IGNORECASE | re.ASCII)
DEPLOYMENT = re.compile(r"\bdpl_[A-Za-z0-9]{1,64}\b", re.ASCII)
ON_HOST = re.compile(r"[A-Za-z0-9]{20,40}")
"""How the host's own pages name a deployment: its id without what it begins with."""
PAGES = {"flags": "flags", "deployments": "release", "observability": "metrics"}
"""Pages of a project on the host → our rooms."""
HOST = "vercel.com"
LONGEST = 2_000


def target_of(text: str) -> tuple[Kind, str] | None:
    """What is meant; ``None`` where nothing of it is known here."""
    text = text.strip()[:LONGEST]
    if found := NAME.search(text):
        return NAMES[found[1].upper()], found[0].upper()
    if found := DEPLOYMENT.search(text):
        return "deployment", found[0]
    try:
        address = urlsplit(text)
        host = address.hostname or ""
    except ValueError:
        return None
    if address.scheme not in ("http", "https") or (host != HOST and not host.endswith(f".{HOST}")):
        return None
    parts = [one for one in address.path.split("/") if one]
    if len(parts) >= 3 and parts[2] in PAGES:
        return "room", PAGES[parts[2]]
    if len(parts) >= 3 and ON_HOST.fullmatch(parts[2]):
        return "deployment", f"dpl_{parts[2]}"
    return ("room", "release") if len(parts) == 2 else None
