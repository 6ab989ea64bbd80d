"""What a person does with an incident on show: each verb is one key, and opens what it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.outcome import Outcome
from screens.context import console
from screens.incidents.reading import FollowsLedger

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.incidents.incident import Incident


class ActsOnIncident(FollowsLedger):
    """Subclasses say which incident is meant."""

    @property
    def incident(self) -> Incident | None:
        """The one that is meant; ``None`` while none is."""
        raise NotImplementedError

    def person(self) -> str | None:
        """Who sits here, as people.yaml calls them."""
        person = console(self).picture.person.value
        return person.key if person is not None else None

    def writer(self) -> tuple[Incident, str] | None:
        """The incident and who writes, where both are known; why not is said."""
        app, one = console(self), self.incident
        if app.cockpit is None or one is None:
            app.say("There is no incident to work on yet.", "warning")
            return None
        who = app.cockpit.incidents().who()
        if isinstance(who, Outcome):
            app.say(f"{who.says} {who.next}".strip(), "warning")
            return None
        return one, who.person

    def unable(self, action: str) -> str | None:
        one = self.incident
        if action == "acknowledge" and one is not None:
            from console.incidents.rules import acknowledged

            found = acknowledged(one, self.person() or "")
            return found.says if isinstance(found, Outcome) else None
        return None

    # --- verbs ---------------------------------------------------------------------------------

    def action_acknowledge(self) -> None:
        """Take care of it, at once: nothing has to be said."""
        written = self.writer()
        if written is None:
            return
        from console.incidents.rules import acknowledged

        name = written[0].id

        async def do(cockpit: Cockpit) -> Outcome:
            return await cockpit.incidents().record(
                name, lambda who: lambda one, now: acknowledged(one, who), f"{{person}} takes care of {name}."
            )

        console(self).on_request(f"coalmine incident ack {name}", name, do, self._acknowledged)

    def _acknowledged(self, outcome: Outcome) -> bool:
        self.read()
        return False

    def action_note(self) -> None:
        from screens.incidents.verbs import note

        if (found := self.writer()) is not None:
            self.ask(note(*found), found[0].id)

    def action_update(self) -> None:
        from screens.incidents.verbs import update

        if (found := self.writer()) is not None:
            self.ask(update(*found, console(self).present()), found[0].id)

    def action_severity(self) -> None:
        from screens.incidents.page import measured_worse
        from screens.incidents.verbs import severity

        if (found := self.writer()) is not None:
            app = console(self)
            live = measured_worse(found[0], app.world)
            self.ask(severity(*found, app.present(), live), found[0].id)

    def action_state(self) -> None:
        from screens.incidents.verbs import state

        if (found := self.writer()) is None:
            return
        asked = state(*found, console(self).present())
        if not asked.choices:
            console(self).say(f"{found[0].id} is over: nothing leads on from here.", "warning")
        else:
            self.ask(asked, found[0].id)

    def action_roles(self) -> None:
        from screens.incidents.role_verbs import roles

        app = console(self)
        if (found := self.writer()) is not None and app.cockpit is not None:
            book = app.cockpit.incidents().book
            self.ask(roles(*found, book, app.present()), found[0].id)

    def action_link(self) -> None:
        from screens.incidents.verbs import link

        if (found := self.writer()) is not None:
            self.ask(link(*found, console(self).world), found[0].id)

    def action_raw(self) -> None:
        from screens.dialogs.incident_raw import IncidentRaw

        if self.incident is not None:
            self.app.push_screen(IncidentRaw(self.incident))
