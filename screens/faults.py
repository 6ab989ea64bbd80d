"""What goes wrong in the background is said, never swallowed."""

from __future__ import annotations

from textual.worker import Worker, WorkerState


def fault(event: Worker.StateChanged) -> str | None:
    """The sentence to show for a worker that failed; ``None`` for any other change of state."""
    if event.state is not WorkerState.ERROR or event.worker.error is None:
        return None
    from console.ports import SourceError, StoreUnusable

    error = event.worker.error
    if isinstance(error, StoreUnusable | SourceError):
        return f"{error.problem.what} {error.problem.next}"
    return f"{event.worker.group}: {str(error) or 'no reason given'} ({type(error).__name__})"
