"""People in a document: as the roles that they had, unless their names are asked for. Pure.

A review looks for what let it happen, not for who did it. The keys and names of those whom the people file
knows are replaced wherever they stand, in text that people wrote too; a name that it does not know stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from console.incidents.incident import Incident
from console.incidents.terms import ROLE_WORDS

OWN = frozenset({"", "coalmine", "host"})
"""Who is no person."""
SHORTEST = 3
"""Characters of a part of a name that is looked for by itself."""


class Naming:
    """How everybody is called in one document."""

    def __init__(self, labels: Mapping[str, str], forms: Mapping[str, str], names: bool) -> None:
        """``forms``: every spelling that is looked for → whose it is."""
        self._labels, self._names = labels, names
        self._forms = forms
        some = "|".join(re.escape(one) for one in sorted(forms, key=lambda one: (-len(one), one)))
        self._pattern = re.compile(rf"(?<![\w-])(?:{some})(?![\w-])") if forms else None

    def who(self, person: str) -> str:
        """What somebody is called."""
        if self._names or person in OWN:
            return person
        return self._labels.get(person) or self.words(person)

    def words(self, text: str) -> str:
        """Text with everybody in it called so."""
        if self._names or self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._labels[self._forms[found[0]]], text)

    def mentioned(self, text: str) -> bool:
        """Whether somebody is named in it."""
        return self._pattern is not None and self._pattern.search(text) is not None


def naming_of(
    incident: Incident, people: Iterable[str], full_names: Mapping[str, str], *, names: bool
) -> Naming:
    """``people``: everybody who has to do with it, in the order in which they came; ``full_names``: of the
    people file, by key."""
    everybody = list(dict.fromkeys(one for one in (*people, *sorted(full_names)) if one not in OWN))
    labels = _labels(incident, everybody)
    forms: dict[str, str] = {}
    for person in everybody:
        for form in _forms(person, full_names.get(person, "")):
            forms.setdefault(form, person)
    return Naming(labels, forms, names)


def _labels(incident: Incident, people: Iterable[str]) -> dict[str, str]:
    first: dict[str, str] = {}
    for one in incident.roles.held:
        first.setdefault(one.person, ROLE_WORDS[one.role])
    labels: dict[str, str] = {}
    counts: dict[str, int] = {}
    for person in (*dict.fromkeys(one.person for one in incident.roles.held), *people):
        if person in labels:
            continue
        role = first.get(person, "responder")
        counts[role] = counts.get(role, 0) + 1
        number = counts[role]
        labels[person] = f"the {role}" if number == 1 and person in first else f"{role} {number}"
    return labels


def _forms(person: str, full_name: str) -> list[str]:
    """The spellings of somebody's name, the full ones first."""
    parts = [one for one in full_name.split() if len(one) >= SHORTEST and one[:1].isupper()]
    found = [full_name, person, person.capitalize(), *parts]
    return [one for one in dict.fromkeys(found) if one]
