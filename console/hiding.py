"""What in a text from outside looks like a secret, hidden. Pure.

It is found by its form or by the name it is given. A secret that is known is searched for by its value, where
the values are known: :func:`data.http.secret.scrub`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

HIDDEN = "***"

LOGIN = re.compile(r"://([^\s/:@]*):([^\s/@]+)@")
"""A password in an address."""
_BEARING = re.compile(r"(?i)\b(bearer|basic)\s{1,8}[A-Za-z0-9._~+/=-]{6,}")
_COOKIES = re.compile(r"(?i)(cookie[\"']?\s{0,8}:\s{0,8})[^\n\"']{1,8000}")
_NAMED = re.compile(
    r"(?i)((?:password|passwd|secret|token|api[_-]?key|access[_-]?key|authorization)[\w-]{0,24})"
    r"([\"']?\s{0,8}[=:]\s{0,8})(\"[^\"\n]*\"|'[^'\n]*'|[^\s,;&}]+)"
)
_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_FORMS = re.compile(
    r"\b(?:"
    r"eyJ[A-Za-z0-9_-]{8,600}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # JSON web tokens
    r"|(?:vc[a-z]|gh[oprsu])_[A-Za-z0-9]{16,}|github_pat_\w{20,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|xox[a-z]-[A-Za-z0-9-]{10,}"
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|sk-[A-Za-z0-9_-]{20,}"
    r"|glpat-[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{30,}"
    r")"
)


def hidden(text: str) -> tuple[str, int]:
    """``text`` with ``***`` in place of what looks like a secret, and how often that was."""
    count = 0

    def put(with_it: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
        def replaced(found: re.Match[str]) -> str:
            nonlocal count
            new = with_it(found)
            count += new != found[0]
            return new

        return replaced

    text = _BLOCK.sub(put(lambda found: HIDDEN), text)
    text = LOGIN.sub(put(lambda found: f"://{found[1]}:{HIDDEN}@"), text)
    text = _BEARING.sub(put(lambda found: f"{found[1]} {HIDDEN}"), text)
    text = _COOKIES.sub(put(lambda found: f"{found[1]}{HIDDEN}"), text)
    text = _NAMED.sub(put(_named), text)
    return _FORMS.sub(put(lambda found: HIDDEN), text), count


def _named(found: re.Match[str]) -> str:
    value = found[3].strip("\"'")
    if value.startswith(HIDDEN) or value.lower() in ("bearer", "basic"):
        return found[0]
    return f"{found[1]}{found[2]}{HIDDEN}"
