"""ssh-keygen as a child: bounded in time, asked by its exit code alone, never by what it prints."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from console.readings import Problem

PROGRAM = "ssh-keygen"
CHECK_S = 10.0
"""How long a check may take. It asks nobody and no network."""

_PASSED = ("PATH", "HOME", "TMPDIR", "SYSTEMROOT")
_PASSED_TO_SIGN = (
    *("SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "SSH_SK_PROVIDER", "SSH_SK_HELPER"),
    *("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "TERM"),
)


class Unavailable(Exception):
    """ssh-keygen could not be run to its end; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.what} {problem.next}")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended. ``said`` is its first word on stderr, to show to a person and to decide nothing by."""

    code: int
    out: str
    said: str

    @property
    def good(self) -> bool:
        return self.code == 0


def keygen(
    words: Sequence[str], content: bytes, timeout_s: float, *, signing: bool, at_terminal: bool
) -> Ended:
    """Run ssh-keygen on ``content``. Raises :class:`Unavailable`.

    Without ``at_terminal`` it has no terminal, so that it cannot ask for a passphrase across a full screen:
    then only an agent or an askpass program can.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        what = "There is no ssh-keygen on this machine, so no signature can be made or checked."
        raise Unavailable(Problem("not_found", what, "Install OpenSSH's client."))
    passed = (*_PASSED, *(_PASSED_TO_SIGN if signing else ()))
    env = {name: os.environ[name] for name in passed if name in os.environ}
    try:
        done = subprocess.run(
            [program, *words],
            input=content,
            capture_output=True,
            timeout=timeout_s,
            env={**env, "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=not at_terminal,
            check=False,
        )
    except subprocess.TimeoutExpired:
        what = f"ssh-keygen did not end within {timeout_s:g} s and was stopped."
        following = "Was it waiting for a touch or a passphrase? Try again." if signing else "Try again."
        raise Unavailable(Problem("timeout", what, following)) from None
    except OSError as error:
        what = f"ssh-keygen could not be run: {error.strerror}."
        raise Unavailable(Problem("refused", what, "Look at the installation of OpenSSH.")) from None
    lines = [line.strip() for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return Ended(done.returncode, done.stdout.decode("ascii", "replace"), lines[-1][:300] if lines else "")
