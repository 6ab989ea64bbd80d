"""The projects that a token reaches: of its person and of each of their teams."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from data.http.secret import plain
from data.vercel import models as wire
from data.vercel.client import VercelClient
from data.vercel.models_host import Page

PAGE = 100
MOST_PAGES = 20


class _Team(wire.Wire):
    id: wire.Name
    slug: str
    name: str | None = None


class _Teams(Page):
    teams: list[_Team]


class _Project(wire.Wire):
    id: wire.Name
    name: str
    accountId: str | None = Field(default=None)  # noqa: N815 (Vercel's name)


class _Projects(Page):
    projects: list[_Project]


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    slug: str


@dataclass(frozen=True, slots=True)
class Reachable:
    """One project that the token reaches; ``team`` is ``None`` for one of the person's own."""

    id: str
    name: str
    team: Team | None

    @property
    def label(self) -> str:
        return f"{plain(self.team.slug, 40)}/{plain(self.name, 60)}" if self.team else plain(self.name, 60)


async def teams(client: VercelClient) -> list[Team]:
    """The teams of the token's owner, newest first. Raises :class:`SourceError`."""
    found: list[Team] = []
    until: list[tuple[str, str]] = []
    for _ in range(MOST_PAGES):
        page = await client.get(
            "/v2/teams", _Teams, subject="your teams", params=[("limit", str(PAGE)), *until]
        )
        found += [Team(one.id, one.slug) for one in page.teams]
        following = page.pagination.next if page.pagination else None
        if not following:
            break
        until = [("until", str(following))]
    return found


async def projects(client: VercelClient, team: Team | None) -> list[Reachable]:
    """The projects in one scope; ``client`` is that scope's. Raises :class:`SourceError`."""
    found: dict[str, Reachable] = {}
    start: list[tuple[str, str]] = []
    for _ in range(MOST_PAGES):
        page = await client.get(
            "/v10/projects", _Projects, subject="your projects", params=[("limit", str(PAGE)), *start]
        )
        before = len(found)
        for one in page.projects:
            if team is not None or one.accountId is None or not one.accountId.startswith("team_"):
                found.setdefault(one.id, Reachable(one.id, one.name, team))
        following = page.pagination.next if page.pagination else None
        if not following or len(found) == before:
            break
        start = [("from", str(following))]
    return list(found.values())
