"""What a report of a fault needs, in one zip file without any secret."""

from __future__ import annotations

import io
import json
import os
import platform
import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path

from console.calls import CallLog
from console.commands.homes import home
from console.commands.logfile import FILE_NAME
from console.doctor import Finding
from console.envelope import Json
from console.places import ALIASES, PREFIX, secret
from console.ports import StoreUnusable
from console.target import Target
from data.http.secret import HIDDEN, scrub
from data.sqlite.ledger import SqliteLedger

TAIL = 500
"""Lines of the log."""
PAGE = 1000
_BEARING = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")


def write_bundle(path: Path, aim: Target | None, findings: Sequence[Finding], calls: CallLog) -> None:
    """Write it whole or not at all, readable by its owner alone. Raises ``OSError``."""
    secrets = secrets_of(aim)
    parts = {
        "doctor.json": _json([asdict(one) for one in findings]),
        "versions.json": _json(_versions()),
        "environment.json": _json(_environment()),
        "calls.json": _json([asdict(one.call) for one in calls.newest_first()]),
    }
    if aim is not None:
        parts["settings.json"] = aim.settings.model_dump_json(indent=2)
        parts["ledger.json"] = _json(_ledger(aim))
        parts["coalmine.log"] = "\n".join(_log(aim.loaded.state_dir / FILE_NAME))
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in parts.items():
            bundle.writestr(f"coalmine/{name}", redacted(text, secrets))
    _replace(path, body.getvalue())


def redacted(text: str, secrets: Iterable[str]) -> str:
    """``text`` without the secrets in any spelling, without credentials of a header, and without the name
    of whoever's home directory it is."""
    text = _BEARING.sub(lambda found: f"{found[1]} {HIDDEN}", scrub(text, secrets))
    own = str(home() or "")
    return text.replace(own, "~") if len(own) > 1 else text


LONG = 12
"""Characters from which on a part of an address is taken for a key."""


def secrets_of(aim: Target | None) -> list[str]:
    """Every secret that the settings or the environment hold."""
    found = [text for name, text in os.environ.items() if _secret_name(name)]
    if aim is not None:
        vercel, prometheus = aim.settings.vercel, aim.settings.prometheus
        for one in (
            vercel.token,
            prometheus.bearer_token,
            prometheus.password,
            aim.settings.probes.bypass_secret,
        ):
            if one is not None:
                found.append(one.get_secret_value())
        for channel in aim.settings.channels.values():
            for url in channel.url:
                found += [url.get_secret_value(), *url_secrets(url.get_secret_value())]
    return [text for text in found if text]


def url_secrets(url: str) -> list[str]:
    """The parts of a channel's address that may be its key: long, and no host."""
    rest = url.partition("://")[2]
    return [one for one in re.split(r"[/?&=:@,]", rest) if len(one) >= LONG and "." not in one]


def _secret_name(name: str) -> bool:
    ours = name.startswith(PREFIX) or name in ALIASES
    return ours and secret(name)


def _environment() -> dict[str, str]:
    """Our own variables and those that decide how a terminal is drawn; a secret only as set."""
    shown = ("TERM", "COLORTERM", "LANG", "LC_ALL", "NO_COLOR", "TMUX", "COLUMNS", "LINES")
    names = [n for n in os.environ if n.startswith(PREFIX) or n in ALIASES or n in shown]
    return {name: HIDDEN if _secret_name(name) else os.environ[name] for name in sorted(names)}


def _versions() -> Json:
    installed = {one.metadata["Name"]: one.version for one in distributions()}
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": dict(sorted(installed.items())),
    }


def _ledger(aim: Target) -> Json:
    """Kinds and counts, never a payload."""
    try:
        if not aim.ledger_path.exists():
            return {"events": 0}
        kinds: Counter[str] = Counter()
        with closing(SqliteLedger(aim.ledger_path, aim.clock)) as ledger:
            head, after = ledger.head(), 0
            while page := ledger.read(after_seq=after, limit=PAGE):
                kinds.update(event.kind for event in page)
                after = page[-1].seq
    except StoreUnusable as error:
        return {"problem": error.problem.what}
    return {"events": sum(kinds.values()), "head": head.seq, "kinds": dict(sorted(kinds.items()))}


def _log(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:]
    except OSError:
        return []


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _replace(path: Path, body: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
