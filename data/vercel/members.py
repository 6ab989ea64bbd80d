"""Who is in a team: what its people are called, by the id that Vercel records beside what they did."""

from __future__ import annotations

from data.http.secret import plain
from data.vercel import models as wire
from data.vercel.client import VercelClient, segment
from data.vercel.models_host import Page

PAGE = 100
MOST_PAGES = 10


class _Member(wire.Wire):
    uid: wire.Name
    username: str | None = None
    name: str | None = None


class _Members(Page):
    members: list[_Member]


async def members(client: VercelClient) -> dict[str, str]:
    """Id → name, of the team of ``client``; nobody for a personal account. Raises :class:`SourceError`."""
    team = client.team_id
    if not team:
        return {}
    found: dict[str, str] = {}
    until: list[tuple[str, str]] = []
    for _ in range(MOST_PAGES):
        page = await client.get(
            f"/v3/teams/{segment(team, 'team')}/members",
            _Members,
            subject=f"the members of team {plain(team, 60)}",
            params=[("limit", str(PAGE)), *until],
            bucket="/v3/teams/members",
        )
        found |= {one.uid: one.name or one.username or one.uid for one in page.members}
        following = page.pagination.next if page.pagination else None
        if not following:
            break
        until = [("until", str(following))]
    return found
