"""Messages carried by the real Apprise to a real HTTP server: once each, and what became of them."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from data.notify import NOT_ONE, AppriseSender
from tests.crash.mailbox import mailbox
from tests.servers import free_port

pytestmark = pytest.mark.slow

SUBJECT = "Checkout: {{ who }}"
TEXT = "First <b>line</b> & more\n\\n {{ who }} error=404 Socket Exception: Connection refused\nlast"


async def sent(url: str, answer_s: float = 20.0) -> tuple[str, str]:
    found = await AppriseSender(answer_s).send(SecretStr(url), SUBJECT, TEXT)
    return found.how, found.says


@pytest.mark.parametrize(
    ("path", "how", "says"),
    [
        ("ok", "sent", "taken"),
        ("404?retry=3", "failed", "refused with status 404"),
        ("503?retry=3", "unknown", "answered with status 503: it may have taken it all the same"),
        ("307", "failed", "refused with status 307"),
        ("drop", "unknown", "no answer came"),
        ("slow", "unknown", "no answer came"),
    ],
)
async def test_what_became_of_it_and_that_it_was_tried_once(path: str, how: str, says: str) -> None:
    with mailbox() as box:
        assert await sent(box.url(path), 1.0 if path == "slow" else 20.0) == (how, says)
    assert len(box.taken) == 1, "never a second time, whatever the address says"
    [(_, body)] = box.taken
    assert (body["title"], body["message"]) == (SUBJECT, TEXT), "to the byte"


@pytest.mark.parametrize("scheme", ["form", "xml"])
async def test_other_kinds_of_hooks(scheme: str) -> None:
    with mailbox() as box:
        assert (await sent(box.url("ok", scheme)))[0] == "sent"
    assert len(box.taken) == 1


async def test_where_nobody_listens_it_surely_did_not_go_out() -> None:
    assert await sent(f"json://127.0.0.1:{free_port()}/x") == ("failed", "no connection")
    assert await sent("nonsense://x") == ("failed", NOT_ONE)
    assert await sent("slack://x") == ("failed", NOT_ONE)
    assert AppriseSender().refusals([SecretStr("slack://x"), SecretStr("json://h")]) == (f"slack: {NOT_ONE}",)


async def test_nothing_is_logged_or_written(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with caplog.at_level(logging.DEBUG), mailbox() as box:
        await sent(box.url("404").replace("//", "//user:hunter22@"))
    said = caplog.text + "".join(capfd.readouterr())
    assert "hunter22" not in said
    assert "First <b>" not in said
