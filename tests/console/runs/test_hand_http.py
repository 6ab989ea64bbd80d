"""Requests of playbooks against a real server: where they go, what is read, what odd answers become."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep

import pytest

from console.runs.hand_http import MOST
from console.runs.run import Run
from console.runs.terms import RunState, StepState
from tests.console.runs.imagined import FRONT
from tests.console.runs.scene import SECRET, Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

OURS = FRONT.replace("hosts: [example.com]", "hosts: [127.0.0.1]")


class Server(ThreadingHTTPServer):
    """Answers by its path; keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        key = self.headers.get("X-Key", "")
        self.server.asked.append((self.command, f"{self.headers['Host'].partition(':')[0]}{self.path}", key))
        kind, _, rest = self.path[1:].partition("/")
        body = b'{"ok": true, "n": null, "list": [1, 2]}'
        self.send_response(302 if kind == "to" else 500 if kind == "bad" else 200)
        if kind == "to":
            self.send_header("Location", rest.replace("~", "//"))
        if kind == "big":
            body = b"x" * (MOST + 1)
        if kind == "hostile":
            body = b'{"a": NaN} \x1b[31m {{ API_TOKEN }} \xff'
        if kind == "slow":
            sleep(1.5)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 (the name that the library looks for)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    Thread(target=one.serve_forever, daemon=True).start()
    yield one
    one.shutdown()
    one.server_close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    one = Stage.at(tmp_path)
    yield one
    one.close()


async def asked(stage: Stage, url: str, wanted: str, more: str = "", method: str = "GET") -> Run:
    request = f'request: {{method: {method}, url: "{url}", headers: {{X-Key: "{{{{ API_TOKEN }}}}"}}}}'
    action = f"id: ask\nkind: http\n{request}\nassert: {json.dumps(wanted)}\n{more}".rstrip()
    return await stage.ran(action, front=OURS)


@pytest.mark.parametrize(
    ("path", "wanted", "state"),
    [
        ("/", "status == 200 and json.ok and json.list[1] == 2 and latency_ms < 60000", StepState.SUCCEEDED),
        ("/bad", "status == 200", StepState.FAILED),
        ("/", "json.n == 1", StepState.NO_DATA),
        ("/", "json.none.of.this == 1", StepState.NO_DATA),
        ("/hostile", "json.a == 1", StepState.NO_DATA),
        ("/big", 'body == "x"', StepState.NO_DATA),
        ("/big", "status == 200", StepState.SUCCEEDED),
        ("/", 'header["server"] == "x"', StepState.FAILED),
    ],
)
async def test_what_is_asserted_of_an_answer(
    stage: Stage, server: Server, path: str, wanted: str, state: StepState
) -> None:
    run = await asked(stage, f"{server.url}{path}", wanted)
    assert run.step("ask").state is state, run.step("ask").ended
    assert server.asked[0][2] == SECRET


async def test_a_redirect_is_followed_only_where_it_may_be(stage: Stage, server: Server) -> None:
    port = server.server_address[1]
    run = await asked(stage, f"{server.url}/to/http:~127.0.0.1:{port}/there", "status == 302")
    assert run.state is RunState.SUCCEEDED, "not followed unless it is said"
    follow = "follow_redirects: true"
    run = await asked(stage, f"{server.url}/to/http:~127.0.0.1:{port}/there", "status == 200", follow)
    assert run.state is RunState.SUCCEEDED
    assert server.asked[-1] == ("GET", "127.0.0.1/there", SECRET)
    run = await asked(stage, f"{server.url}/to/http:~localhost:{port}/there", "status == 200", follow)
    assert "localhost" in run.step("ask").says
    assert "neither among the `hosts`" in run.step("ask").says
    assert not [host for _, host, _ in server.asked if host.startswith("localhost")]


async def test_another_host_gets_no_headers(stage: Stage, server: Server) -> None:
    other = Server()
    Thread(target=other.serve_forever, daemon=True).start()
    aim = f"{server.url}/to/{other.url.replace('//', '~')}/x"
    run = await asked(stage, aim, "status == 200", "follow_redirects: true")
    other.shutdown()
    other.server_close()
    assert run.state is RunState.SUCCEEDED
    assert other.asked == [("GET", "127.0.0.1/x", "")], "another port is another host"


async def test_no_answer_is_told_and_of_an_effect_nobody_knows(stage: Stage, server: Server) -> None:
    run = await asked(stage, f"{server.url}/slow", "status == 200", "timeout: 500ms")
    assert run.step("ask").state is StepState.TIMED_OUT
    run = await asked(stage, f"{server.url}/slow", "status == 200", "timeout: 500ms", "POST")
    assert run.step("ask").state is StepState.UNKNOWN
    run = await asked(stage, "http://127.0.0.1:9/", "status == 200", method="POST")
    assert run.step("ask").state is StepState.FAILED, "it never left"


async def test_what_the_policy_refuses_is_not_sent(stage: Stage, server: Server) -> None:
    stage.objection = "No rule covers it."
    run = await asked(stage, f"{server.url}/", "status == 200", method="POST")
    assert "Nothing was sent" in run.step("ask").says
    assert (await asked(stage, f"{server.url}/", "status == 200")).state is RunState.SUCCEEDED
    assert [method for method, _, _ in server.asked] == ["GET"]


async def test_an_odd_answer_is_kept_as_text_without_secrets(stage: Stage, server: Server) -> None:
    run = await asked(stage, f"{server.url}/hostile/{SECRET}", "status == 200")
    ended = run.step("ask").ended
    assert ended is not None
    assert SECRET not in "".join(ended.evidence)
    assert "{{ API_TOKEN }}" in "".join(ended.evidence), "it was not filled in"
