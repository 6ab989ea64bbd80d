"""Opening a deployment in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from screens.addresses import dashboard

if TYPE_CHECKING:
    from textual.app import App

    from console.canary.stages import Deployment
    from screens.app import CoalmineApp


def browse(app: App[Any], deployment: Deployment | None) -> None:
    """Open the page of ``deployment`` in the dashboard, else itself; where there is neither, say so."""
    console = cast("CoalmineApp", app)
    url = None if deployment is None else dashboard(console.world, deployment)
    if url is None:
        console.say("There is no deployment to open.", "warning")
        return
    console.say(f"Opening {url}")
    app.open_url(url)
