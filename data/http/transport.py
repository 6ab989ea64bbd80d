"""The one transport under every HTTP client of Coalmine.

``ask`` is for what may be repeated, ``effect`` for what must leave at most once. Both take a
:class:`Service` (where, and with which credentials) and a :class:`Request`, and give an
:class:`Answer` for *any* status: what a status means is the client's to say.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

import httpx

from console.ports import Clock
from console.readings import Problem
from data.http import failures
from data.http.circuit import Circuit
from data.http.host import Host, TransportHealth
from data.http.secret import Secret
from data.http.service import Answer, Call, OnCall, Request, Service, TransportError
from data.http.sharing import Shared
from data.http.telling import EFFECT, Ended, call_of

_LOG = logging.getLogger("coalmine.http")
_WORTH_REPEATING = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Limits:
    """Patience and caution of the transport. Times are seconds; network times are real ones."""

    connect_s: float = 3.0
    read_s: float = 10.0
    pool_s: float = 2.0
    whole_s: float = 30.0
    """For one attempt from end to end: a host that drips bytes is not waited for longer."""
    retries: int = 2
    backoff_s: float = 0.25
    backoff_cap_s: float = 4.0
    patience_s: float = 2.0
    """A wait asked for by the host up to this long is sat out; a longer one is reported at once."""
    max_body: int = 8 * 2**20
    in_flight: int = 4
    open_after_failures: int = 5
    open_after_timeouts: int = 3
    probe_after_s: float = 10.0


@cache
def user_agent() -> str:
    """``coalmine/VERSION``; finding the version takes milliseconds, so once."""
    try:
        return f"coalmine/{version('coalmine')}"
    except PackageNotFoundError:
        return "coalmine"


@cache
def _public_tls() -> ssl.SSLContext:
    """The usual certificate authorities; reading them takes 50 to 200 ms, so once, and in a thread."""
    return httpx.create_ssl_context(trust_env=False)


@cache
def _no_tls() -> ssl.SSLContext:
    """For connections without TLS: it knows no authority, so if one were made with it, it would fail."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Transport:
    """HTTP with timeouts, bounded repeats, the host's limits, a circuit per host and no secrets in errors.

    Proxies and certificate settings of the environment are ignored; give ``proxy`` or ``tls`` instead.
    ``chance`` gives numbers in [0, 1) for the jitter. Close it with :meth:`aclose`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        limits: Limits | None = None,
        chance: Callable[[], float] = random.random,
        on_call: OnCall | None = None,
        proxy: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._clock, self._chance, self._on_call = clock, chance, on_call
        self._limits = limits or Limits()
        self._proxy, self._tls = proxy, tls
        self._hosts: dict[str, Host] = {}
        self._shared: Shared[Answer] = Shared()
        self._clients: dict[tuple[bool, bool], httpx.AsyncClient] = {}
        self._making = asyncio.Lock()

    async def ask(self, service: Service, request: Request) -> Answer:
        """Send what may be repeated. Equal requests under way at the same time become one.

        Raises :class:`TransportError`; ``ValueError`` if the request is not marked repeatable.
        """
        if not request.repeatable:
            raise ValueError(f"{request.method} is not safe to repeat; use effect()")
        key = (id(service), request)
        return await self._shared.run(key, lambda: self._ask(service, request))

    async def effect(self, service: Service, request: Request) -> Answer:
        """Send what changes something: exactly once, on a fresh connection, never queued behind reads.

        Raises :class:`TransportError`, whose ``sent`` says whether the host may have acted. Limits that
        other requests used up do not hold an effect back: a 429 is a clear refusal, and it may be urgent.
        """
        host = self._host(self._origin(service))
        answer = await self._once(service, request, host, EFFECT)
        self._report(host, service, request, answer, EFFECT)
        return answer

    def health(self) -> tuple[TransportHealth, ...]:
        """How every host asked so far has been doing."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        return tuple(host.health(now, monotonic) for host in self._hosts.values())

    def skew_ms(self, service: Service) -> int | None:
        """The host's clock minus ours, from its last ``Date``; ``None`` while unknown."""
        host = self._hosts.get(self._origin(service))
        return host.skew_ms if host else None

    async def aclose(self) -> None:
        """Give up what is under way and close every connection."""
        await self._shared.cancel()
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    # --- repeating ---------------------------------------------------------------------------

    async def _ask(self, service: Service, request: Request) -> Answer:
        host = self._host(self._origin(service))
        retries = self._limits.retries
        if request.retries is not None:
            retries = min(retries, request.retries)
        for attempt in range(1, retries + 2):
            last = attempt == retries + 1
            await self._sit_out(host, service, request)
            try:
                async with host.slots:
                    answer = await self._once(service, request, host, attempt)
            except TransportError as error:
                if last or not error.transient:
                    raise
            else:
                if last or not self._worth_repeating(answer):
                    self._report(host, service, request, answer, attempt)
                    if answer.fault is not None:
                        raise TransportError(answer.fault, sent=True)
                    return answer
                self._report(host, service, request, answer, attempt)
            wait = min(self._limits.backoff_cap_s, self._limits.backoff_s * 2 ** (attempt - 1))
            await self._clock.sleep(self._chance() * wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _worth_repeating(self, answer: Answer) -> bool:
        if answer.retry_at is not None and answer.status in (429, 503):
            return answer.retry_at - self._clock.now() <= self._limits.patience_s * 1000
        if answer.fault is not None:
            return answer.fault.kind != "too_large"
        return answer.status in _WORTH_REPEATING

    async def _sit_out(self, host: Host, service: Service, request: Request) -> None:
        """Wait out a limit of the host if it is short; raise if it is long."""
        until = host.blocked.get(request.bucket or request.path)
        if until is None:
            return
        wait_s = (until - self._clock.now()) / 1000
        if wait_s <= 0:
            host.blocked.pop(request.bucket or request.path, None)
        elif wait_s <= self._limits.patience_s:
            await self._clock.sleep(wait_s * (1 + 0.1 * self._chance()))
        else:
            subject = "how often it may be asked"
            problem = failures.from_status(service, 429, "its limit is used up", subject, until)
            raise self._noted(host, service, request, TransportError(problem, sent=False), None, 1)

    # --- one attempt -------------------------------------------------------------------------

    async def _once(self, service: Service, request: Request, host: Host, attempt: int) -> Answer:
        """``attempt`` counts from 1; :data:`EFFECT` for what leaves once."""
        started = asyncio.get_running_loop().time()
        if not host.circuit.admit(self._clock.monotonic()):
            raise self._noted(host, service, request, self._held_back(host, service), None, attempt)
        try:
            async with asyncio.timeout(self._limits.whole_s):
                answer = await self._send(service, request, attempt == EFFECT)
        except asyncio.CancelledError:
            host.circuit.abandoned()
            raise
        except Exception as raised:
            error = raised if isinstance(raised, TransportError) else failures.from_exception(raised, service)
            if error.problem.kind == "unconfigured":
                host.circuit.abandoned()
            else:
                host.circuit.failed(self._clock.monotonic(), timeout=error.timeout)
            ms = (asyncio.get_running_loop().time() - started) * 1000
            raise self._noted(host, service, request, error, ms, attempt) from None
        return self._learn(host, request, answer)

    async def _send(self, service: Service, request: Request, effect: bool) -> Answer:
        client = await self._client(effect, self._secure(service))
        started = asyncio.get_running_loop().time()
        response = await client.send(self._build(client, service, request), stream=True)
        body, fault = bytearray(), None
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self._limits.max_body:
                    fault = failures.too_large(service, self._limits.max_body)
                    break
        except (httpx.HTTPError, TimeoutError) as error:
            fault = failures.from_exception(error, service).problem
        finally:
            await response.aclose()
        ms = (asyncio.get_running_loop().time() - started) * 1000
        return Answer(response.status_code, response.headers, bytes(body), ms, self._clock.now(), fault=fault)

    def _build(self, client: httpx.AsyncClient, service: Service, request: Request) -> httpx.Request:
        headers = {"User-Agent": user_agent(), "Accept": "application/json"}
        for name, value in service.headers.items():
            headers[name] = value.reveal() if isinstance(value, Secret) else value
        headers |= dict(request.headers)
        if request.content_type is not None:
            headers["Content-Type"] = request.content_type
        url = service.base_url.rstrip("/") + "/" + request.path.lstrip("/")
        try:
            return client.build_request(
                request.method, url, params=request.params or None, content=request.body, headers=headers
            )
        except (ValueError, TypeError, httpx.InvalidURL) as error:
            raise failures.unconfigured(service, service.clean(str(error))) from None

    def _learn(self, host: Host, request: Request, answer: Answer) -> Answer:
        until = host.note_answer(answer, request.bucket or request.path)
        broken = answer.fault is not None and answer.fault.kind != "too_large"
        if answer.status >= 500 or broken:
            timeout = answer.fault is not None and answer.fault.kind == "timeout"
            host.circuit.failed(self._clock.monotonic(), timeout=timeout)
        else:
            host.circuit.answered()
        return Answer(answer.status, answer.headers, answer.body, answer.ms, answer.at, until, answer.fault)

    def _held_back(self, host: Host, service: Service) -> TransportError:
        wait = host.circuit.opens_in(self._clock.monotonic())
        last = f" (last: {host.last_failure.what.rstrip('.')})" if host.last_failure else ""
        problem = Problem(
            "unreachable",
            f"{service.name} failed repeatedly{last}; the request was not sent.",
            f"Coalmine tries again in {wait:.0f} s.",
            retry_at=self._clock.now() + int(wait * 1000),
        )
        return TransportError(problem, sent=False)

    # --- what is remembered and told -----------------------------------------------------------

    def _noted(
        self,
        host: Host,
        service: Service,
        request: Request,
        error: TransportError,
        ms: float | None,
        attempt: int,
    ) -> TransportError:
        """``ms`` is ``None`` for what was held back."""
        now = self._clock.now()
        if error.problem.retry_at is None:
            host.note_failure(error.problem, now)
        self._tell(host, service, request, attempt, Ended(now, ms, None, error.problem))
        return error

    def _report(self, host: Host, service: Service, request: Request, answer: Answer, attempt: int) -> None:
        problem = answer.fault
        if not 200 <= answer.status < 300:
            subject = service.clean(request.path)
            problem = failures.from_status(service, answer.status, "", subject, answer.retry_at)
        if problem is None:
            host.last_ok_at = answer.at
        else:
            host.note_failure(problem, answer.at)
        self._tell(host, service, request, attempt, Ended(answer.at, answer.ms, answer, problem))

    def _tell(self, host: Host, service: Service, request: Request, attempt: int, ended: Ended) -> None:
        if self._on_call is None:
            return
        try:
            self._on_call(call_of(service, host.name, request, attempt, ended))
        except Exception:
            # a broken log must not turn an effect that happened into an error
            _LOG.exception("the call log failed")

    # --- hosts and connections -----------------------------------------------------------------

    def _origin(self, service: Service) -> str:
        try:
            parts = urlsplit(service.base_url)
            port = f":{parts.port}" if parts.port else ""
        except ValueError as error:
            raise failures.unconfigured(service, service.clean(str(error))) from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise failures.unconfigured(service, f"“{service.clean(service.base_url)}” is not an address")
        return f"{parts.scheme}://{parts.hostname}{port}"

    def _secure(self, service: Service) -> bool:
        """Whether TLS may be spoken on the way there."""
        return self._proxy is not None or self._origin(service).startswith("https:")

    def _host(self, name: str) -> Host:
        if name not in self._hosts:
            own = self._limits
            circuit = Circuit(
                failures=own.open_after_failures,
                timeouts=own.open_after_timeouts,
                probe_after_s=own.probe_after_s,
            )
            self._hosts[name] = Host(name, circuit, asyncio.Semaphore(own.in_flight))
        return self._hosts[name]

    async def _client(self, effect: bool, secure: bool) -> httpx.AsyncClient:
        """Two pools: effects get a new connection each, so that no stale one makes an outcome unknown."""
        async with self._making:
            if (effect, secure) not in self._clients:
                tls = self._tls
                if tls is None:
                    tls = await asyncio.to_thread(_public_tls) if secure else _no_tls()
                self._clients[effect, secure] = self._made(effect, tls)
            return self._clients[effect, secure]

    def _made(self, effect: bool, tls: ssl.SSLContext) -> httpx.AsyncClient:
        own = self._limits
        return httpx.AsyncClient(
            verify=tls,
            proxy=self._proxy,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(connect=own.connect_s, read=own.read_s, write=own.read_s, pool=own.pool_s),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=0 if effect else 8),
        )


__all__ = [
    "Answer",
    "Call",
    "Limits",
    "Request",
    "Secret",
    "Service",
    "Transport",
    "TransportError",
    "user_agent",
]
