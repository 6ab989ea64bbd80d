"""What went wrong, in words: from the HTTP library's exceptions and from statuses to problems."""

from __future__ import annotations

import httpx

from console.readings import Millis, Problem
from data.http.service import Service, TransportError

_OUTAGE = "Coalmine keeps trying; check the network and {setting}."


def from_exception(error: Exception, service: Service) -> TransportError:
    """Map what httpx (or the event loop's timeout) raised. What may have left counts as sent."""
    name, detail = service.name, service.clean(str(error))
    again = _OUTAGE.format(setting=service.setting)
    match error:
        case httpx.ConnectTimeout():
            what = f"{name} did not accept a connection in time."
            return TransportError(Problem("timeout", what, again), sent=False, transient=True, timeout=True)
        case httpx.PoolTimeout():
            what = f"All connections to {name} stayed busy; the request never left."
            return TransportError(Problem("timeout", what, again), sent=False)
        case httpx.ConnectError() | httpx.ProxyError():
            what = f"{name} cannot be reached: {detail or 'the connection failed'}."
            return TransportError(Problem("unreachable", what, again), sent=False, transient=True)
        case httpx.LocalProtocolError() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return unconfigured(service, detail)
        case httpx.TimeoutException() | TimeoutError():
            what = f"{name} did not answer in time."
            return TransportError(Problem("timeout", what, again), sent=True, timeout=True)
        case httpx.DecodingError():
            what = f"The answer of {name} could not be decoded: {detail}."
            return TransportError(
                Problem("garbage", what, "Check what stands between here and the host."), sent=True
            )
        case _:
            what = f"{name} closed the connection before it had answered{f': {detail}' if detail else ''}."
            return TransportError(Problem("unreachable", what, again), sent=True, transient=True)


def unconfigured(service: Service, detail: str) -> TransportError:
    """The request could not even be formed: an address or a credential is not usable."""
    problem = Problem(
        "unconfigured",
        f"A request to {service.name} cannot be made: {detail}.",
        f"Check {service.setting} and the credentials.",
    )
    return TransportError(problem, sent=False)


def too_large(service: Service, cap: int) -> Problem:
    return Problem(
        "too_large",
        f"{service.name} sent more than {cap / 2**20:.3g} MiB; reading was stopped there.",
        f"Check that {service.setting} points to the right place.",
    )


def from_status(
    service: Service, status: int, detail: str, subject: str, retry_at: Millis | None = None
) -> Problem:
    """The problem an answer other than 2xx stands for. ``detail`` is the host's own (cleaned) words."""
    said = f": {detail.rstrip('.')}" if detail else ""
    name = service.name
    if status == 401:
        return Problem("unauthorised", f"{name} refused the token (401){said}.", service.renew)
    if status == 402:
        return Problem(
            "payment_required",
            f"{name} wants another plan or a payment (402){said}.",
            "Check the plan and the bill.",
        )
    if status in (403, 407):
        return Problem(
            "forbidden",
            f"The token may not touch {subject} ({status}){said}.",
            "Use a token with rights there, and check which team is configured.",
        )
    if status in (404, 410):
        return Problem(
            "not_found",
            f"{name} does not know {subject} ({status}){said}.",
            "Check the ids in the settings, and the team.",
        )
    if status == 429:
        return Problem(
            "rate_limited",
            f"{name} limits how often it may be asked (429){said}.",
            "Coalmine waits as long as the host asks, then goes on.",
            retry_at,
        )
    if status == 408:
        return Problem("timeout", f"{name} gave up waiting (408){said}.", "Coalmine tries again.", retry_at)
    if status >= 500:
        return Problem(
            "server_error",
            f"{name} failed with {status} on {subject}{said}.",
            "Coalmine tries again; see the host's status page.",
            retry_at,
        )
    if 300 <= status < 400:
        return Problem(
            "garbage",
            f"{name} answered with a redirect ({status}){said}; it was not followed.",
            f"Check {service.setting}: a proxy or a sign-in page may stand in front of it.",
        )
    return Problem(
        "refused",
        f"{name} refused the request about {subject} ({status}){said}.",
        "Read its reason; reload, then try again.",
    )
