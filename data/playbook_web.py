"""Requests of playbooks: one at a time, nothing followed, nothing kept between two of them."""

from __future__ import annotations

import asyncio
import time

import httpx

from console.runs.hand_http import NoReply, Reply, Request


class HttpxWeb:
    """Implements :class:`console.runs.hand_http.Web`. No proxy, netrc or certificate of the environment.

    ``connect_to``: for drills, where each request goes instead, with the name that was meant as ``Host``.
    """

    def __init__(self, connect_to: str | None = None) -> None:
        self._connect_to = None if connect_to is None else httpx.URL(connect_to)

    def _place(self, request: Request) -> tuple[str | httpx.URL, dict[str, str]]:
        headers, there = dict(request.headers), self._connect_to
        if there is None:
            return request.url, headers
        meant = httpx.URL(request.url)
        headers["host"] = meant.netloc.decode("ascii")
        return meant.copy_with(scheme=there.scheme, host=there.host, port=there.port), headers

    async def ask(self, request: Request, most: int) -> Reply:
        limit = request.timeout_ms / 1000
        body = request.body.encode() if request.body is not None else None
        began = time.monotonic()
        try:
            url, headers = self._place(request)
            async with (
                httpx.AsyncClient(timeout=limit, follow_redirects=False, trust_env=False) as client,
                asyncio.timeout(limit),
                client.stream(request.method, url, headers=headers, content=body) as answer,
            ):
                taken = bytearray()
                async for piece in answer.aiter_bytes():
                    taken += piece
                    if len(taken) > most:
                        break
                latency = round((time.monotonic() - began) * 1000)
                told = {name.lower(): value for name, value in answer.headers.items()}
                return Reply(answer.status_code, told, bytes(taken[:most]), latency, cut=len(taken) > most)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            late = isinstance(error, httpx.ConnectTimeout)
            raise NoReply(f"No connection: {_words(error)}.", sent=False, late=late) from None
        except (httpx.TimeoutException, TimeoutError):
            raise NoReply(f"No answer within {limit:g} s.", sent=True, late=True) from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            sent = isinstance(error, httpx.HTTPError)
            raise NoReply(f"No readable answer: {_words(error)}.", sent=sent) from None


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
