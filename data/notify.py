"""Messages carried by Apprise: one address at a time, one try each, nothing written to disk.

Apprise says only whether it went well. Whether a message that did not is surely not there is read from what
it logs of the try: an answer of the service, or a connection that never came about. Everything else is
``unknown``. Its log lines can hold what was sent and to whom, so none of them is kept or shown.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import SecretStr

from console.messages.sender import Carried

if TYPE_CHECKING:
    from apprise import NotifyBase
    from apprise.logger import NotifyLogEntry

TIMEOUT_S = 60.0
"""How long one address may take in all."""
CONNECT_S, ANSWER_S = 10.0, 20.0
"""How long a connection, and each answer on it, is waited for; what comes later stays unknown."""
_ANSWERED = re.compile(r"error=(\d{3})\b")
_NEVER_THERE = re.compile(
    r"NewConnectionError|ConnectTimeoutError|NameResolutionError|Connection refused|ConnectionRefusedError"
    r"|Name or service not known|No route to host|Network is unreachable|certificate verify failed"
)
"""Words of errors that come before anything was sent."""
_SILENT = logging.getLogger("coalmine.notify")


class AppriseSender:
    """Implements :class:`console.messages.sender.Sender`."""

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        self._answer_s = answer_s

    def refusals(self, urls: Sequence[SecretStr]) -> tuple[str, ...]:
        return tuple(f"{_service(one)}: {NOT_ONE}" for one in urls if _plugin(one.get_secret_value()) is None)

    async def send(self, url: SecretStr, subject: str, text: str) -> Carried:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await asyncio.to_thread(_sent, url.get_secret_value(), subject, text, self._answer_s)
        except TimeoutError:
            return Carried("unknown", f"no answer within {TIMEOUT_S:g} s")


NOT_ONE = "this is no address that Apprise understands"


def _service(url: SecretStr) -> str:
    return url.get_secret_value().partition("://")[0].lower()


def _plugin(url: str) -> NotifyBase | None:
    """What carries to an address; ``None`` where Apprise makes nothing of it."""
    from apprise import Apprise, AppriseAsset, PersistentStoreMode

    asset = AppriseAsset(storage_mode=PersistentStoreMode.MEMORY, allow_templates=False)
    asset.http_redirects = False  # nobody else is told because a service has moved
    asset.async_mode = False
    asset.app_id, asset.app_desc = "Coalmine", "Coalmine"
    found = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if found is not None:
        found.retry = 0  # ?retry= of an address would send it again
    return found


def _sent(url: str, subject: str, text: str, answer_s: float) -> Carried:
    """Blocking. Never raises."""
    try:
        plugin = _plugin(url)
        if plugin is None:
            return Carried("failed", NOT_ONE)
        plugin.socket_connect_timeout, plugin.socket_read_timeout = CONNECT_S, answer_s
        return _carried(plugin, subject, text)
    except Exception as error:  # whatever a service's own code does, the message may have left
        _SILENT.warning("Apprise failed with %s", type(error).__name__)
        return Carried("unknown", f"Apprise failed with {type(error).__name__}")


class _Heard:
    """What Apprise logs of one try, an entry at a time: the words of a message cannot look like one."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.errors: list[str] = []

    def __call__(self, entry: NotifyLogEntry, plugin: NotifyBase | None) -> None:
        if entry.level in ("WARNING", "ERROR", "CRITICAL"):
            self.warnings.append(entry.message)
        elif entry.message.startswith("Socket Exception"):
            self.errors.append(entry.message)


def _carried(plugin: NotifyBase, subject: str, text: str) -> Carried:
    from apprise import Apprise, NotifyFormat

    heard, apprise = _Heard(), Apprise(asset=plugin.asset)
    apprise.add(plugin)
    _logs_for_us_alone()
    took = apprise.notify(
        body=text,
        title=subject,
        body_format=NotifyFormat.TEXT,  # escaped where a service wants HTML
        interpret_escapes=False,
        log_callback=heard,
        log_level=logging.DEBUG,
    )
    if took:
        return Carried("sent", "taken")
    if len(plugin) > 1:
        return Carried("unknown", "not all of its recipients took it")
    return _not_taken(heard.warnings, heard.errors)


def _logs_for_us_alone() -> None:
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # else warnings go to stderr


def _not_taken(warnings: Sequence[str], errors: Sequence[str]) -> Carried:
    answered = _ANSWERED.search("\n".join(warnings))
    if answered is not None and not answered[1].startswith("5"):
        return Carried("failed", f"refused with status {answered[1]}")
    if answered is not None:
        return Carried("unknown", f"answered with status {answered[1]}: it may have taken it all the same")
    if errors and all(_NEVER_THERE.search(one) for one in errors):
        return Carried("failed", "no connection")
    return Carried("unknown", "no answer came")
