"""What is sent for a new configuration: the stages asked for, and the host's own gate as it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pytest

from console.actions import Configure, StagePlan
from console.host import Host
from console.ports import EffectNotSent, ReleaseTemplate, SourceError
from console.readings import Problem
from console.sending import send

STAGES = (StagePlan(5, 600, 0), StagePlan(50, 0, 1), StagePlan(100, 0, 0))
WANTED = ((5, 10.0, False), (50, None, True), (100, None, False))


@dataclass
class Keeping:
    """A host that keeps a configuration, or cannot say which."""

    kept: ReleaseTemplate | Problem | None
    sent: list[ReleaseTemplate | None] = field(default_factory=list)

    async def template(self) -> ReleaseTemplate | None:
        if isinstance(self.kept, Problem):
            raise SourceError(self.kept)
        return self.kept

    async def configure(self, template: ReleaseTemplate | None) -> None:
        self.sent.append(template)


async def sent_to(host: Keeping, *stages: StagePlan) -> str:
    return await send(cast(Host, host), Configure("prj_1", stages, ()), "why")


async def test_new_stages_leave_the_hosts_own_gate_as_it_is() -> None:
    kept = ReleaseTemplate(((10, None, True), (100, None, False)), True, "rollback", False, 3, 5)
    host = Keeping(kept)
    await sent_to(host, *STAGES)
    assert host.sent == [ReleaseTemplate(WANTED, True, "rollback", False, 3, 5)]


async def test_where_there_is_none_the_stages_alone_are_sent_and_off_is_off() -> None:
    host = Keeping(None)
    await sent_to(host, *STAGES)
    await sent_to(host)
    assert host.sent == [ReleaseTemplate(WANTED), None]


async def test_where_the_present_one_cannot_be_read_nothing_is_sent() -> None:
    host = Keeping(Problem("unreachable", "Vercel cannot be reached.", "Wait."))
    with pytest.raises(EffectNotSent):
        await sent_to(host, *STAGES)
    assert host.sent == []
