"""What is told of a call: everything that helps, and a secret in none of its spellings."""

from __future__ import annotations

import contextlib
from urllib.parse import quote

from hypothesis import example, given
from hypothesis import strategies as st

from console.calls import CallLog
from console.readings import Problem
from data.http import Answer, Request, Secret, Service, TransportError
from data.http.secret import spellings
from data.http.telling import EFFECT, Ended, call_of, shown_query
from tests.data.hosts import StillClock, host, says, transport

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)
ENDED = Ended(1, 12.5, Answer(200, {}, b"{}", 12.5, 1), None)


def leaks(call: object, secret: str) -> list[str]:
    told = repr(call)
    return [form for form in spellings(secret) if form in told]


@given(token=SECRETS, password=SECRETS, name=st.sampled_from(["teamId", "q", "token", "apiKey"]))
@example(token="a/b+c==%20x", password="p@ss:w/rd#1", name="q")
def test_no_secret_is_told_wherever_it_stands(token: str, password: str, name: str) -> None:
    url = f"https://ana:{quote(password, safe='')}@prometheus.example:9090/base"
    for service, secret in (
        (Service.at("Vercel", "https://api.vercel.com", bearer=Secret(token)), token),
        (Service.at("Prometheus", url), password),
    ):
        origin = "https://api.vercel.com:8443"
        for request in (
            Request("GET", "/v2/user", ((name, secret), ("limit", "20"))),
            Request("GET", f"/v1/{quote(secret, safe='')}", ((secret, "x"),)),
            Request("POST", f"/v1/{secret}", body=secret.encode()),
        ):
            for ended in (ENDED, Ended(1, None, None, None)):
                call = call_of(service, origin, request, 1, ended)
                assert leaks(call, secret) == []
                assert call.host == "api.vercel.com:8443"


@given(value=SECRETS, name=st.sampled_from(["token", "X-Api-Key", "client_secret", "PASSWORD", "sig"]))
def test_a_value_under_a_secrets_name_is_never_told(value: str, name: str) -> None:
    """Also where it is nothing that the service knows."""
    service = Service.at("Vercel", "https://api.vercel.com", bearer=Secret("the-known-token"))
    assert shown_query(service, [(name, value), ("limit", "20")]) == f"{name}=***&limit=20"


async def test_every_attempt_is_told_once_with_what_it_was_about() -> None:
    log = CallLog()
    async with host() as there, transport(StillClock(), on_call=log.add) as asking:
        there.says(says({}, 503), says({"a": 1}), says({}, 201))
        where = Service.at("Vercel", there.url, bearer=Secret("tok-very-secret"))
        await asking.ask(where, Request("GET", "/a", (("limit", "2"), ("token", "hush-hush"))))
        await asking.effect(where, Request("POST", "/b"))
    calls = [one.call for one in reversed(log.newest_first())]
    assert [(c.method, c.path, c.status, c.attempt, c.effect, c.held) for c in calls] == [
        ("GET", "/a", 503, 1, False, False),
        ("GET", "/a", 200, 2, False, False),
        ("POST", "/b", 201, 1, True, False),
    ]
    assert calls[1].query == "limit=2&token=***"
    assert calls[1].size == len(b'{"a": 1}')
    assert calls[1].host == there.url.removeprefix("http://")
    assert (calls[0].problem.kind if calls[0].problem else None) == "server_error"
    assert "hush" not in repr(calls)


async def test_what_is_held_back_is_told_as_such() -> None:
    log = CallLog()
    async with host() as there, transport(StillClock(), on_call=log.add) as asking:
        there.says(says({}, 429, {"Retry-After": "600"}))
        where = Service.at("Vercel", there.url)
        for _ in range(2):
            with contextlib.suppress(TransportError):
                await asking.ask(where, Request("GET", "/a"))
    held, sent = (one.call for one in log.newest_first())
    assert ((sent.status, sent.held), (held.status, held.held)) == ((429, False), (None, True))
    assert len(there.asked) == 1


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 10))
def test_the_log_keeps_the_newest_and_their_numbers(found: list[int], kept: int) -> None:
    log = CallLog(kept)
    service = Service.at("Vercel", "https://api.vercel.com")
    for number in found:
        ended = Ended(number, 1.0, None, Problem("timeout", "It was late.", "Wait."))
        log.add(call_of(service, "https://api.vercel.com", Request("GET", "/"), EFFECT, ended))
    told = log.newest_first()
    assert log.count == len(found)
    assert [one.number for one in told] == list(range(len(found), 0, -1))[:kept]
    assert [one.call.at for one in told] == found[::-1][:kept]
