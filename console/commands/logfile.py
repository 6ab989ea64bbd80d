"""Our log: a file of bounded size in the state directory, never the screen."""

from __future__ import annotations

from pathlib import Path

FILE_NAME = "coalmine.log"


def log_to(state_dir: Path) -> None:
    """Send the program's log to its file; without a place for it, nowhere."""
    import logging
    from logging.handlers import RotatingFileHandler

    logger = logging.getLogger("coalmine")
    logger.propagate = False
    if logger.handlers:
        return
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler: logging.Handler = RotatingFileHandler(
            state_dir / FILE_NAME, maxBytes=1_000_000, backupCount=2, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.NullHandler()
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk is no reason to print
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger.addHandler(handler)
