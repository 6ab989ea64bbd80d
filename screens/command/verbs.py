"""The words of the command line and what each does: what keys do, and what no key can say."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from screens import clean, themes
from screens.browsing import browse
from screens.command.grammar import Verb
from screens.copying import copy
from screens.keys import ACTIONS
from screens.screen_mode import MODES
from screens.status import TABS

if TYPE_CHECKING:
    from console.canary.stages import Deployment
    from console.world import World
    from screens.app import CoalmineApp

Run = Callable[[str], object]
ROOMS = {
    "overview": "Everything that matters now: release, flags, approvals, incident",
    "incidents": "What is wrong, who works on it, what is due",
    "release": "The rolling release",
    "flags": "The feature flags, and who gets what",
    "rollbacks": "What other people approve, and what became of it",
    "metrics": "Every metric of both tracks",
    "ledger": "Everything recorded",
    "sources": "The sources: what works, what does not, what to do",
}
UNNUMBERED = ("sources",)
"""Rooms that no tab leads to."""
REVIEWS: dict[str, str] = {
    "advance": "Advance to the next stage",
    "complete": "Give the canary all visitors",
    "abort": "Abort: everyone back to the baseline",
    "start": "Start a rolling release",
    "promote": "Make a deployment production",
    "rollback": "Instant rollback",
}
CHOOSING = ("start", "promote", "rollback")
DIALOGS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("why", "The evidence behind the verdict", ()),
    ("raw", "The raw data, as JSON", ("json",)),
)
SHORT_THEMES = {"dark": themes.DARK.name, "light": themes.LIGHT.name, "terminal": themes.TERMINAL.name}


def verbs(app: CoalmineApp) -> list[Verb]:
    """All words. What changes production opens its review, and sends nothing by itself."""
    return [*_rooms(app), *_reviews(app), _flag(app), *_finding(app), *_looking(app), *_session(app)]


def _rooms(app: CoalmineApp) -> list[Verb]:
    keys = {tab.mode: (tab.key,) for tab in TABS} | dict.fromkeys(UNNUMBERED, ())
    goes = [(mode, ROOMS[mode]) for mode in keys]
    return [
        *(Verb(mode, ROOMS[mode], _room(app, mode), short) for mode, short in keys.items()),
        Verb("goto", "Go to a screen", lambda room: _goto(app, room), ("go",), "SCREEN", True, lambda: goes),
    ]


def _room(app: CoalmineApp, mode: str) -> Run:
    return lambda rest: app.switch_mode(mode)


def _goto(app: CoalmineApp, room: str) -> None:
    keyed = {tab.key: tab.mode for tab in TABS}
    found = keyed.get(room, room if room in ROOMS else None)
    if found is None:
        app.say(f"There is no screen {room}.", "warning")
    else:
        app.switch_mode(found)


def _reviews(app: CoalmineApp) -> list[Verb]:
    def verb(name: str) -> Verb:
        refused = None if app.cockpit is None else app.cockpit.refusal(name)
        does, run = REVIEWS[name], _review(app, name)
        if name not in CHOOSING:
            return Verb(name, does, run, refused=refused)
        return Verb(name, does, run, (), "DEPLOYMENT", False, lambda: offered(app.world), refused)

    return [verb(name) for name in ACTIONS]


def _review(app: CoalmineApp, name: str) -> Run:
    def run(deployment_id: str) -> None:
        if name in CHOOSING and not deployment_id:
            app.acting.choose(name)  # type: ignore[arg-type]
        else:
            app.acting.review(name, deployment_id or None)

    return run


def deployments(world: World) -> dict[str, Deployment]:
    """The deployments that are known by name: the candidates, newest first, then those of the release."""
    listed = world.candidates.value.candidates if world.candidates.value is not None else ()
    return {one.deployment.id: one.deployment for one in listed} | dict(world.deployments)


def offered(world: World) -> list[tuple[str, str]]:
    """Each deployment's id, and what a person knows it by: commit, message, author."""
    return [
        (name, " ".join(clean.clean(text) for text in _known_by(one) if text))
        for name, one in deployments(world).items()
    ]


def _known_by(one: Deployment) -> tuple[str | None, ...]:
    message = clean.first_line(one.commit_message) if one.commit_message else one.name
    return (one.commit_sha or "")[:7], message, one.author


def _flag(app: CoalmineApp) -> Verb:
    """The flag of a key, on the flags screen; those that it has read are offered there."""
    from screens.flags.keyed import Keyed

    def words() -> list[tuple[str, str]]:
        room = app.top()
        return [(one, "") for one in room.keys_read] if isinstance(room, Keyed) else []

    async def show(key: str) -> None:
        await app.switch_mode("flags")
        room = app.top()
        if isinstance(room, Keyed):
            room.look_for(key)

    def run(key: str) -> None:
        app.run_worker(show(key), group="flag", exclusive=True, exit_on_error=False)

    return Verb("flag", "A feature flag, by its key", run, (), "KEY", True, words, free=True)


def _finding(app: CoalmineApp) -> list[Verb]:
    def words() -> list[tuple[str, str]]:
        return offered(app.world)

    def incidents() -> list[tuple[str, str]]:
        return [(one.id, clean.clean(f"{one.severity} {one.title}")) for one in app.world.incidents]

    def browsed(name: str) -> None:
        browse(app, deployments(app.world).get(name))

    one, event = "DEPLOYMENT", "An event of the ledger, by its number"
    return [
        Verb(
            "filter", "Keep what matches; alone: all", lambda rest: app.room().filter_by(rest), (), "PATTERN"
        ),
        Verb("event", event, lambda rest: _event(app, rest), ("e",), "NUMBER", True),
        Verb("request", "Look at a request", app.show_request, ("rb",), "REQUEST", True),
        Verb(
            "incident",
            "Look at an incident",
            app.show_incident,
            ("inc",),
            "INCIDENT",
            True,
            incidents,
            free=True,
        ),
        Verb("run", "Look at a run of a playbook", app.show_run, (), "RUN", True),
        Verb("show", "Go where a name or an address leads", app.show, (), "ID or URL", True),
        Verb("playbooks", "The playbooks", lambda rest: app.action_playbooks(), ("pb",)),
        Verb(
            "declare",
            "Open an incident",
            lambda rest: _does(app, app.action_incident()),
        ),
        Verb(
            "worst",
            "The worst thing now, wherever it is",
            lambda rest: _does(app, app.action_worst()),
            ("!",),
        ),
        Verb("open", "Open a deployment in the browser", browsed, (), one, True, words),
        Verb("deployment", "Look closely at a deployment", app.look_at, ("build",), one, True, words),
        Verb("copy", "Copy a deployment's id", lambda rest: copy(app, rest, rest), (), one, True, words),
    ]


def _does(app: CoalmineApp, action: Coroutine[Any, Any, None]) -> None:
    """Do what a key does that is waited for."""
    app.run_worker(action, group="typed", exit_on_error=False)


def _event(app: CoalmineApp, number: str) -> None:
    if not (number.isascii() and number.isdigit() and int(number)):
        app.say(f"{number} is no number of an event.", "warning")
    elif app.cockpit is None:
        app.say("No event can be read yet: the console is still opening.", "warning")
    else:
        app.run_worker(_show_event(app, int(number)), group="event", exclusive=True, exit_on_error=False)


async def _show_event(app: CoalmineApp, seq: int) -> None:
    from screens.dialogs.event import EventDialog

    assert app.cockpit is not None
    newest = app.world.ledger_size
    found = await app.cockpit.events(before_seq=seq + 1, limit=1)
    if found and found[0].seq == seq:
        app.push_screen(EventDialog(found[0]))
    else:
        app.say(f"The ledger has no event {seq}: the newest is {newest}.", "warning")


def _looking(app: CoalmineApp) -> list[Verb]:
    def colours() -> list[tuple[str, str]]:
        own = list(SHORT_THEMES.items())
        return own + [(name, "") for name in sorted(app.available_themes)]

    def modes() -> list[tuple[str, str]]:
        return [(mode.value, says) for mode, says in MODES.items()]

    def resize(word: str) -> None:
        app.room().set_screen_mode(word)

    return [
        *(Verb(name, does, _dialog(app, name), short) for name, does, short in DIALOGS),
        Verb("calls", "What this session sent, as commands", lambda rest: app.action_calls(), ("log",)),
        Verb("messages", "All messages of this session", lambda rest: app.action_messages()),
        Verb("help", "The keys of this screen", lambda rest: app.action_help(), ("keys", "?")),
        Verb("mode", "How much of the screen a pane gets", resize, ("size",), "MODE", True, modes),
        Verb("theme", "Change the colours", lambda rest: _theme(app, rest), (), "THEME", True, colours),
    ]


def _dialog(app: CoalmineApp, name: str) -> Run:
    def run(rest: str) -> None:
        from screens.dialogs.raw import RawDialog
        from screens.dialogs.why import WhyDialog

        app.push_screen({"why": WhyDialog, "raw": RawDialog}[name]())

    return run


def _theme(app: CoalmineApp, name: str) -> None:
    found = SHORT_THEMES.get(name, name)
    if found in app.available_themes:
        app.theme = found
    else:
        app.say(f"There is no theme {name}.", "warning")


def _session(app: CoalmineApp) -> list[Verb]:
    return [
        Verb("arm", "Arm this session, or disarm it", lambda rest: app.acting.arm(), ("disarm",)),
        Verb("token", "Give another token for the host", lambda rest: app.action_token()),
        Verb("freeze", "Freeze changes, or end the freeze", lambda rest: app.acting.freeze(), ("thaw",)),
        Verb("pause", "Let the picture stand still, or follow again", lambda rest: app.action_pause()),
        Verb("refresh", "Ask every source now", lambda rest: app.action_refresh()),
        Verb("quit", "Leave the console", lambda rest: app.exit(0), ("q", "q!", "exit")),
    ]
