"""A web hook: a real HTTP server that keeps what it is sent, and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Mailbox:
    """``before`` and ``after``: called around the answer to each request with its path."""

    port: int = 0
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    before: Callable[[str], None] = field(default=lambda path: None)
    after: Callable[[str], None] = field(default=lambda path: None)
    late: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for an answer any more."""

    def url(self, path: str = "ok", scheme: str = "json") -> str:
        """``404``, ``503``, ``307``: that status; ``drop``: no answer; ``slow``: one that comes too late."""
        return f"{scheme}://127.0.0.1:{self.port}/{path}"

    def of(self, subject: str) -> int:
        """How often a message with this subject has come."""
        return sum(body.get("title") == subject for _, body in self.taken)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            body = json.loads(raw) if raw.startswith(b"{") else {"raw": raw.decode()}
            box.taken.append((self.path, body))
            box.before(self.path)
            word = self.path.strip("/").split("/")[0]
            if word == "drop":
                return
            if word == "slow":
                box.late.wait(60)
            self.send_response(int(word) if word.isdigit() else 200)
            if word == "307":
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.flush()
            box.after(self.path)

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.late.set()
        server.shutdown()
        server.server_close()
        thread.join()
