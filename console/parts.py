"""What a session is made of."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from console.adopted import Chain, Files
from console.bake import BakeTerms
from console.calls import CallLog
from console.host import Host
from console.judging_terms import JudgingTerms
from console.picture import Where
from console.polling import Intervals
from console.ports import Clock, Leases, Ledger, MetricsSource, Samples
from console.probing import Prober
from console.readings import Millis, Problem
from console.sources import Wire
from console.together import Supplement
from console.tokens import Tokens
from console.trust import Heads

if TYPE_CHECKING:
    from console.alerts.port import Alertmanager
    from console.flags.exposure import Linked
    from console.flags.provider import FlagProvider
    from console.incidents.opening import Terms
    from console.playbooks.library import Found
    from console.policy import Rulebook
    from console.rollback.command_running import Database
    from console.rollback.stores import ConfigStores
    from console.runs.room import Driving
    from console.signing import OwnKey, Verifier


@dataclass(frozen=True, slots=True)
class Parts:
    """What a session is made of; the adapters come from the wiring."""

    ledger: Ledger
    samples: Samples
    leases: Leases
    clock: Clock
    router: Host
    metrics: MetricsSource | None
    files: Files
    write_policy: Callable[[Rulebook], object]
    """Puts a policy's files beside the ledger; raises :class:`console.policy.PolicyFault`."""
    chain: Chain
    """Whether one policy may have taken the place of another."""
    where: Where
    judged_by: JudgingTerms
    baked_by: BakeTerms
    intervals: Intervals
    session_id: str
    via: Literal["console", "command"] = "console"
    read_only: str | None = None
    arm_at_start: tuple[str, int] | None = None
    """(reason, minutes): the demo is armed from the start, recorded as any other arming."""
    tokens: Tokens | None = None
    """The token in use, and where another may be; ``None``: it is never replaced."""
    calls: CallLog = field(default_factory=CallLog)
    """What was sent, kept by the transport."""
    wires: Callable[[], Mapping[str, Wire]] = dict
    """How the connections do, by the source's name."""
    logins: Callable[[], tuple[str, ...]] = tuple
    """Tokens that other programs keep on this machine, in words. Blocking."""
    alertmanager: Alertmanager | None = None
    """Where alerts come from; ``None`` without an address."""
    alerts_every: Millis = 10_000
    incident_terms: Callable[[], Terms] | None = None
    """What opens incidents by itself; ``None``: nothing does."""
    clocks: Callable[[], Sequence[Problem]] = tuple
    """What the sources' own clocks say of ours, where they disagree."""
    supplements: tuple[Supplement, ...] = ()
    """What stands in, in this order, for what the metrics source does not have."""
    prober: Prober | None = None
    probe_every: Millis = 30_000
    flags: Callable[[], FlagProvider] | None = None
    """Makes the back-end of flags, when they are first asked for."""
    stores: Callable[[], ConfigStores] | None = None
    """Makes the client of the team's Edge Config stores, when a plan first has one in it."""
    verifier: Callable[[], Verifier] | None = None
    """Makes what checks people's signatures, when a request is first looked at."""
    heads: Heads | None = None
    """Where the ledger's newest head is remembered outside of it; ``None``: nowhere."""
    linked: tuple[Linked, ...] = ()
    """The flags that belong to a release."""
    own_key: Callable[[], OwnKey | None] | None = None
    """The key that whoever sits here signs with, if they have one; reads a file.

    Raises :class:`console.signing.SigningFailed`.
    """
    database: Database | None = None
    """The commands of the database level that are configured on this machine."""
    library: Callable[[], tuple[Found, ...]] | None = None
    """Reads and checks every playbook there is. Blocking."""
    driving: Driving | None = None
    """Makes what drives runs of playbooks from here; ``None``: nothing is driven from here."""
    on_close: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = ()
