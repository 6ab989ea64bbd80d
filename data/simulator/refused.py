"""How the simulated host says no."""

from __future__ import annotations


class Refused(Exception):
    """The host says no, in its own envelope."""

    def __init__(self, status: int, code: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more
