"""Hosts that refuse, do not answer or answer nonsense: a sentence, exit code 4, and nothing changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.commands.running import Place, Shop

HTML = b"<!doctype html><html><head><title>Sign in</title></head><body>\x1b[2JPlease sign in</body></html>"


class Answers(BaseHTTPRequestHandler):
    """Answers every request with what the server was given."""

    server: Server

    def do_GET(self) -> None:
        self.server.answer(self)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass

    def reply(self, body: bytes, kind: str = "application/json", length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


class Server(ThreadingHTTPServer):
    def __init__(self, answer: Callable[[Answers], None]) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.answer = answer

    def handle_error(self, *_: object) -> None:
        """The client hung up, as it should on 10 MB."""


@contextmanager
def serving(answer: Callable[[Answers], None]) -> Iterator[str]:
    with Server(answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def large(request: Answers) -> None:
    request.reply(b'{"pad": "' + b"x" * 10_000_000 + b'"}')


def ssh(request: Answers) -> None:
    request.wfile.write(b"SSH-2.0-OpenSSH_9.7\r\n")


NONSENSE: dict[str, Callable[[Answers], None]] = {
    "a page": lambda request: request.reply(HTML, "text/html"),
    "a page that says it is JSON": lambda request: request.reply(HTML),
    "garbage": lambda request: request.reply(bytes(range(256)) * 40),
    "nothing": lambda request: request.reply(b""),
    "null": lambda request: request.reply(b"null"),
    "another document": lambda request: request.reply(
        b'{"user": [], "rollingRelease": 3, "status": "success"}'
    ),
    "deep": lambda request: request.reply(b"[" * 200_000),
    "truncated": lambda request: request.reply(b'{"user": {"id":', length=5000),
    "10 MB": large,
    "no HTTP": ssh,
}


@pytest.mark.slow
@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE.keys())
def test_a_host_that_talks_nonsense(here: Place, answer: Callable[[Answers], None]) -> None:
    assert here.run("config", "init").code == 0
    with serving(answer) as url:
        status = here.run("status", env={"COALMINE_VERCEL__API_URL": url})
        assert (status.code, "Vercel" in status.err) == (4, True), status
        assert len(status.err) < 4000
        act = here.run("release", "abort", "--arm", "errors", env={"COALMINE_VERCEL__API_URL": url})
        assert (act.code, act.out) in ((4, ""), (5, "")), act
        metrics = here.run("status", env={"COALMINE_PROMETHEUS__URL": url})
        assert metrics.code == 4, metrics
        assert "Prometheus" in metrics.err
        assert "rolling release at 5 %" in metrics.out
    assert here.run("ledger", "verify").code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        pytest.param({"COALMINE_VERCEL__TOKEN": "wrong-token"}, "is not valid. (forbidden)", id="bad token"),
        pytest.param(
            {"COALMINE_VERCEL__PROJECT_ID": "prj_none"},
            "COALMINE_VERCEL__PROJECT_ID",
            id="unknown project",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"COALMINE_VERCEL__TEAM_ID": "team_none"},
            "COALMINE_VERCEL__TEAM_ID",
            id="wrong team",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"COALMINE_VERCEL__API_URL": "http://127.0.0.1:9"},
            "cannot be reached",
            id="not listening",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"COALMINE_VERCEL__API_URL": "http://nowhere.invalid"},
            "cannot be reached",
            id="no such host",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_host_that_refuses_or_is_away(here: Place, settings: dict[str, str], says: str) -> None:
    status = here.run("status", env=settings)
    assert (status.code, says in status.err) == (4, True), status
    assert "wrong-token" not in status.out + status.err
    abort = here.run("release", "abort", "--arm", "errors", "--json", env=settings)
    assert (abort.code, abort.json["outcome"]) == (4, "not_sent"), abort


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_every_refusal_is_said_with_what_to_do(there: Place, moving: Shop, status: int) -> None:
    for path in ("/v2/user", "rolling-release"):
        moving.control(
            "fault", {"path": path, "kind": "status", "status": status, "times": 20, "retry_after": 1}
        )
        done = there.run("status")
        if path != "/v2/user":
            assert done.code == 4, done
            assert str(status) in done.err or "failed repeatedly" in done.err, done
    assert there.run("ledger", "verify").code == 0
