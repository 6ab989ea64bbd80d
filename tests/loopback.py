"""The tests' own process reaches nothing but this machine, and says so where it tries.

Only this process is guarded; a program that a test starts is told by its settings where to go.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

RESERVED = ("invalid", "test", "example", "localhost")
"""Top-level names that never exist outside (RFC 2606, RFC 6761)."""


class LeftTheMachine(RuntimeError):
    """A test tried to reach another machine."""


def is_here(host: object) -> bool:
    """Whether ``host`` is a loopback address or ``localhost`` (or no host: every address of this machine)."""
    if host in (None, "", b"", "localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


@contextmanager
def only_loopback() -> Iterator[list[str]]:
    """Guard the sockets of this process; yields the list of attempts to reach another machine.

    A reserved name (``nowhere.invalid``) fails to resolve, as everywhere, without asking a name server.
    """
    attempts: list[str] = []

    def refuse(target: object) -> None:
        attempts.append(str(target))
        raise LeftTheMachine(f"a test tried to reach {target}: tests talk to loopback addresses only")

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(sock: socket.socket, *args: Any) -> Any:
            address = args[-1]
            if sock.family in (socket.AF_INET, socket.AF_INET6) and not is_here(address[0]):
                refuse(address)
            return method(sock, *args)

        return call

    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_here(host):
            name = host.decode() if isinstance(host, bytes) else str(host)
            if name.rstrip(".").rpartition(".")[2] in RESERVED:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            refuse(name)
        return resolve(host, *args, **kwargs)

    patch = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
    for name, method in patch.items():
        setattr(socket.socket, name, guarded(method))
    socket.getaddrinfo = getaddrinfo
    try:
        yield attempts
    finally:
        socket.getaddrinfo = resolve
        for name, method in patch.items():
            setattr(socket.socket, name, method)
