"""What every test of the transport needs: a service with a token, requests, and the problem that came."""

from __future__ import annotations

import socket

import pytest

from console.readings import Problem
from data.http import Request, Secret, Service, Transport, TransportError

TOKEN = "tok_s3cr3t/+value"
GET = Request("GET", "/v2/user")
POST = Request("POST", "/v1/act", body=b"{}", content_type="application/json")


def service(url: str, **more: object) -> Service:
    return Service.at("Vercel", url, bearer=Secret(TOKEN), **more)  # type: ignore[arg-type]


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


async def problem_of(asking: Transport, where: Service, request: Request = GET) -> Problem:
    with pytest.raises(TransportError) as raised:
        await asking.ask(where, request)
    return raised.value.problem
