"""Prepared worlds: one for each thing a screen must be able to say. All at one frozen moment."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

from console.actions import Advance, as_json
from console.bake import JUDGE, WEAKER, Bake, Baking
from console.banners import standing_banners
from console.canary.catalogue import ERROR_RATE, LATENCY_P95, REQUEST_RATE, Metric
from console.canary.measures import Count, Histogram, Measure, Point, Ratio
from console.canary.sampling import interval_of
from console.canary.stages import Advancement, Deployment, Release, ReleaseState, Stage
from console.canary.verdict import MetricState, MetricVerdict, Verdict, Word
from console.envelope import GENESIS, Actor, Recorded, seal
from console.events import (
    ActionEnded,
    ActionIntended,
    Event,
    PolicyAdopted,
    ReleaseSeen,
    SourceChanged,
    VerdictChanged,
)
from console.ports import Account, Project, ReleaseTemplate
from console.readings import Millis, Problem, Reading, Rhythm
from console.world import (
    Armed,
    Banner,
    MetricView,
    Mode,
    Pending,
    Person,
    SourceHealth,
    SourceState,
    StageMark,
    World,
)

NOW: Millis = 1_785_506_880_000
"""2026-07-31 14:08:00 UTC."""
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
HOST, METRICS = "vercel", "prometheus"
HOST_RHYTHM, METRICS_RHYTHM = Rhythm.of(10_000), Rhythm.of(10_000, sample_every_ms=5_000)

CANARY = Deployment(
    "dpl_8Fq2bd41e0c",
    "shop-b2.vercel.app",
    "shop",
    NOW - 26 * MINUTE,
    "READY",
    "production",
    "bd41e0c7a1f2",
    "Fix cart rounding",
    "ana",
)
BASELINE = Deployment(
    "dpl_3Kx79ac03f1",
    "shop-a1.vercel.app",
    "shop",
    NOW - 2 * DAY - HOUR,
    "READY",
    "production",
    "9ac03f1be004",
    "Add gift cards",
    "jo",
)
STAGES = tuple(
    Stage(index, percentage, requires_approval=percentage < 100, duration_s=None, final=percentage == 100)
    for index, percentage in enumerate((5, 25, 50, 100))
)
RELEASE = Release(
    ReleaseState.ACTIVE,
    Advancement.MANUAL,
    BASELINE,
    CANARY,
    STAGES,
    active_index=1,
    percentage=25.0,
    started_at=NOW - 26 * MINUTE,
    updated_at=NOW - 11 * MINUTE,
)
MARKS = (StageMark(NOW - 26 * MINUTE, 5), StageMark(NOW - 11 * MINUTE, 25))


def reading(
    value: object, source: str = HOST, age: Millis = 2_000, problem: Problem | None = None
) -> Reading:  # type: ignore[type-arg]
    """A reading ``age`` old."""
    return Reading(value, NOW - age, source, problem)


def wave(base: float, swing: float, phase: float, *, jump: float = 0.0, at: int = 200) -> tuple[Point, ...]:
    """Forty minutes of points, ten seconds apart: a gentle wave, and from ``at`` a climb by ``jump``."""
    points = []
    for index in range(240):
        climb = jump * min(max(index - at, 0) / 20, 1)
        value = (
            base + swing * math.sin(index / 9 + phase) + swing * 0.6 * math.sin(index / 2.3 + phase) + climb
        )
        points.append(Point(NOW - 2_000 - (239 - index) * 10_000, max(value, 0.0)))
    return tuple(points)


def counted(metric: Metric, line: tuple[Point, ...], requests: float) -> tuple[Point, ...]:
    """``line`` with the intervals that its points have if each stands for ``requests``."""

    def measure(value: float) -> Measure:
        natural = value / metric.factor
        match metric.kind:
            case "ratio":
                return Ratio(natural * requests, requests)
            case "count":
                return Count(natural * 60, 60)
        slots = 40  # a smooth distribution whose quantile is the value
        edges = (*(natural * (1 + (place - 38) / 19) for place in range(1, slots)), math.inf)
        return Histogram(edges, tuple([requests / slots] * slots))

    return tuple(
        replace(point, low=found[0], high=found[1])
        for point in line
        if (found := interval_of(metric, measure(point.value))) is not None
    )


def view(
    metric: Metric, baseline: Measure, canary: Measure, lines: tuple[tuple[Point, ...], tuple[Point, ...]]
) -> MetricView:
    """One metric measured four seconds ago."""
    return MetricView(metric, reading(baseline, METRICS, 4_000), reading(canary, METRICS, 4_000), *lines)


def histogram(p95_ms: float) -> Histogram:
    """A histogram whose 95th percentile lies near ``p95_ms``."""
    return Histogram((0.1, p95_ms / 950, math.inf), (700.0, 300.0, 0.0))


@cache
def metrics(error: float = 0.5, latency: float = 412.0) -> tuple[MetricView, ...]:
    """The catalogue's three metrics, the canary with ``error`` percent and ``latency`` milliseconds."""
    jump = error - 0.5 if error > 1 else 0.0
    lines = {
        ERROR_RATE: (wave(0.5, 0.08, 1), wave(0.5, 0.1, 0, jump=jump)),
        LATENCY_P95: (wave(405, 14, 2), wave(latency, 18, 3)),
        REQUEST_RATE: (wave(240, 9, 1, jump=-60, at=174), wave(15, 2, 2, jump=60, at=174)),
    }
    measures: dict[Metric, tuple[Measure, Measure]] = {
        ERROR_RATE: (Ratio(60, 12_000), Ratio(error * 40, 4_000)),
        LATENCY_P95: (histogram(405), histogram(latency)),
        REQUEST_RATE: (Count(14_400, 60), Count(4_800, 60)),
    }
    return tuple(
        view(metric, *measures[metric], (counted(metric, theirs, 12_000), counted(metric, ours, 4_000)))
        for metric, (theirs, ours) in lines.items()
    )


def said(
    metric: Metric, state: MetricState, canary: str, baseline: str, effect: str, sentence: str
) -> MetricVerdict:
    """One metric's part of a verdict."""
    return MetricVerdict(metric.id, metric.title, state, canary, baseline, effect, sentence)


HOLD = Verdict(
    Word.HOLD,
    NOW - 9 * MINUTE,
    NOW - 4_000,
    ("requests are still being collected",),
    (
        said(ERROR_RATE, MetricState.OK, "0.5 %", "0.5 %", "1.0 ×", "within the limit of 2 %"),
        said(LATENCY_P95, MetricState.OK, "412 ms", "405 ms", "+1.7 %", "no worse"),
        said(REQUEST_RATE, MetricState.COLLECTING, "60 /s", "180 /s", "", "about 4 min more at this traffic"),
    ),
)
PROMOTE = replace(
    HOLD,
    word=Word.PROMOTE,
    since=NOW - 3 * MINUTE,
    reasons=("every guarding metric is within its limits",),
    metrics=(*HOLD.metrics[:2], replace(HOLD.metrics[2], state=MetricState.OK, sentence="as expected")),
)
ROLLBACK = Verdict(
    Word.ROLLBACK,
    NOW - 6 * MINUTE,
    NOW - 4_000,
    ("error rate 2.4 % is over the limit of 2 % in 3 checks in a row",),
    (
        said(
            ERROR_RATE,
            MetricState.WORSE,
            "2.4 %",
            "0.5 %",
            "4.6 ×",
            "over the limit of 2 % in 3 checks in a row",
        ),
        HOLD.metrics[1],
        replace(HOLD.metrics[2], state=MetricState.OK, sentence="as expected"),
    ),
)


def source(
    name: str, title: str, rhythm: Rhythm, age: Millis | None, state: SourceState = SourceState.OK
) -> SourceHealth:
    """The health of a source last heard ``age`` ago."""
    return SourceHealth(name, title, state, None if age is None else NOW - age, rhythm, latency_ms=84)


SOURCES = (source(HOST, "vercel", HOST_RHYTHM, 2_000), source(METRICS, "prometheus", METRICS_RHYTHM, 4_000))


def ledger(*entries: tuple[str, Event, Actor, Millis]) -> tuple[Recorded, ...]:
    """A chain of (stream, event, actor, at), oldest first, with fixed salts and ids."""
    out: list[Recorded] = []
    versions: dict[str, int] = {}
    for index, (stream, event, actor, at) in enumerate(entries, 1):
        versions[stream] = versions.get(stream, 0) + 1
        out.append(
            seal(
                event.new(actor, at),
                seq=index,
                event_id=f"ev-{index:06}",
                recorded_at=at + 40,
                stream=stream,
                version=versions[stream],
                prev_hash=out[-1].hash if out else GENESIS,
                salt=f"{index:032x}",
            )
        )
    return tuple(out)


ENGINE = Actor("coalmine", "s1", "engine")
ANA = Actor("ana", "s1", "console")
RELEASE_STREAM = f"release:{CANARY.id}"


def seen(says: str, percentage: int, by: str | None = None) -> ReleaseSeen:
    """A change of the release as read from the host."""
    return ReleaseSeen(
        canary_id=CANARY.id, baseline_id=BASELINE.id, state="ACTIVE", percentage=percentage, says=says, by=by
    )


def history() -> tuple[Recorded, ...]:
    """What was recorded of this release, oldest first."""
    advance = ActionIntended(
        action_id="a-1",
        action=as_json(Advance(CANARY.id, BASELINE.id, 0, 1, 5, 25)),
        plan_sha256="7f3a" * 16,
        person="ana",
        reason="5 % looked well for a quarter of an hour",
        rule="devops may advance",
        policy_sha256="91c0" * 16,
        preview=["the canary serves 5 % → 25 % of visitors"],
        arming="s1",
    )
    return ledger(
        (
            "policy",
            PolicyAdopted(
                policy_sha256="91c0" * 16,
                people_sha256="e2d4" * 16,
                policy="roles: {}",
                people="people: []",
                why="first policy",
            ),
            ANA,
            NOW - 3 * HOUR,
        ),
        (RELEASE_STREAM, seen("started at 5 %", 5), ENGINE, NOW - 26 * MINUTE),
        (
            RELEASE_STREAM,
            _turned("hold", "none", NOW - 25 * MINUTE, "too few requests yet"),
            ENGINE,
            NOW - 25 * MINUTE,
        ),
        (
            "sources",
            SourceChanged(source=METRICS, state="lost", says="no answer for 5 min"),
            ENGINE,
            NOW - 19 * MINUTE,
        ),
        (
            "sources",
            SourceChanged(source=METRICS, state="back", says="answers again"),
            ENGINE,
            NOW - 17 * MINUTE,
        ),
        (RELEASE_STREAM, advance, ANA, NOW - 11 * MINUTE - 2_000),
        (
            RELEASE_STREAM,
            ActionEnded(action_id="a-1", outcome="done", how="answered", says="Advanced 5 % → 25 %."),
            ANA,
            NOW - 11 * MINUTE,
        ),
        (RELEASE_STREAM, seen("advanced 5 % → 25 %", 25, "ana"), ENGINE, NOW - 11 * MINUTE),
        (
            RELEASE_STREAM,
            _turned("rollback", "hold", NOW - 6 * MINUTE, *ROLLBACK.reasons),
            ENGINE,
            NOW - 6 * MINUTE,
        ),
    )


def _turned(word: str, before: str, since: Millis, *reasons: str) -> VerdictChanged:
    return VerdictChanged.model_validate(
        {
            "canary_id": CANARY.id,
            "word": word,
            "before": before,
            "since": since,
            "reasons": list(reasons),
            "judge": "limits",
        }
    )


def healthy() -> World:
    """A canary at 25 %, everything well, armed."""
    recent = tuple(reversed(history()[:-1]))
    return World(
        now=NOW,
        mode=Mode.LIVE,
        project_label="shop",
        ledger_place="/home/ana/.local/state/coalmine/ledger.db",
        person=reading(Person("ana", "ana", ("devops",))),
        armed=Armed("ana", NOW + 11 * MINUTE + 42 * SECOND, "watching the release"),
        account=reading(Account("u1", "ana", "ana@shop.example")),
        project=reading(Project("prj_1", "shop", "team_1", BASELINE.id, True, None, True)),
        release=reading(RELEASE),
        template=reading(
            ReleaseTemplate(((5, None, True), (25, None, True), (50, None, True), (100, None, False)))
        ),
        deployments={CANARY.id: CANARY, BASELINE.id: BASELINE},
        metrics=metrics(),
        marks=MARKS,
        verdict=PROMOTE,
        sources=SOURCES,
        recent=recent,
        ledger_size=len(recent),
        first_values=True,
    )


def rollback() -> World:
    """The canary fails visibly."""
    recent = tuple(reversed(history()))
    return replace(
        healthy(), verdict=ROLLBACK, metrics=metrics(error=2.4), recent=recent, ledger_size=len(recent)
    )


def holding() -> World:
    """Not enough is known yet."""
    return replace(healthy(), verdict=HOLD)


REFUSED = Problem(
    "unreachable",
    "prometheus at http://127.0.0.1:9090 refused the connection.",
    "Start it, or correct prometheus.url in coalmine.toml.",
    NOW + 8_000,
)


def _aged(world: World, age: Millis, state: SourceState) -> World:
    views = tuple(
        replace(
            one,
            baseline=replace(one.baseline, at=NOW - age, problem=REFUSED),
            canary=replace(one.canary, at=NOW - age, problem=REFUSED),
        )
        for one in world.metrics
    )
    failing = replace(
        source(METRICS, "prometheus", METRICS_RHYTHM, age, state), problem=REFUSED, retry_at=REFUSED.retry_at
    )
    return replace(world, metrics=views, sources=(SOURCES[0], failing))


def stale() -> World:
    """Prometheus has not answered for 43 seconds; the verdict says so."""
    metrics = tuple(
        replace(one, state=MetricState.STALE, sentence="measured 43 s ago, not counted")
        for one in HOLD.metrics
    )
    verdict = replace(HOLD, word=Word.HOLD, reasons=("the measurements are stale",), metrics=metrics)
    return _aged(replace(healthy(), verdict=verdict), 43_000, SourceState.FAILING)


def lost() -> World:
    """Prometheus has been silent for eight minutes."""
    metrics = tuple(
        replace(one, state=MetricState.NO_DATA, sentence="no measurement of the last 5 min")
        for one in HOLD.metrics
    )
    verdict = replace(
        HOLD, word=Word.NO_DATA, since=NOW - 3 * MINUTE, reasons=("prometheus is lost",), metrics=metrics
    )
    return _aged(replace(healthy(), verdict=verdict), 8 * MINUTE, SourceState.LOST)


def host_down() -> World:
    """Vercel does not answer: the release is shown as it was 70 seconds ago."""
    problem = Problem(
        "server_error", "Vercel answered 503.", "Nothing to do here: it is asked again.", NOW + 12_000
    )
    world = rollback()
    vercel = replace(
        source(HOST, "vercel", HOST_RHYTHM, 70_000, SourceState.FAILING),
        problem=problem,
        retry_at=problem.retry_at,
    )
    return replace(world, release=reading(RELEASE, HOST, 70_000, problem), sources=(vercel, SOURCES[1]))


def no_release_ever() -> World:
    """A project that never had a rolling release."""
    return replace(
        healthy(),
        release=Reading(None, NOW - 2_000, HOST),
        metrics=(),
        marks=(),
        verdict=None,
        deployments={},
    )


def complete() -> World:
    """The release ended well."""
    over = replace(
        RELEASE, state=ReleaseState.COMPLETE, active_index=None, percentage=None, updated_at=NOW - 2 * MINUTE
    )
    project = Project("prj_1", "shop", "team_1", CANARY.id, True, None, True)
    return replace(healthy(), release=reading(over), project=reading(project), verdict=None)


def bake(word: Word = Word.HOLD, since: Millis = NOW - 12 * MINUTE, length: Millis = 30 * MINUTE) -> Bake:
    """Production after the release was completed, as ``word`` has it."""
    worse = word is Word.ROLLBACK
    state, said = (
        (MetricState.WORSE, "worse than the hour before and yesterday, beyond doubt")
        if worse
        else (MetricState.OK, "as the hour before and yesterday, as far as can be seen")
    )
    errors = ("2.1 %", "0.5 %", "4.2 ×") if worse else ("0.5 %", "0.5 %", "+2 %")
    rows = (
        MetricVerdict("error_rate", "error rate", state, *errors, said, 9.4 if worse else -0.8),
        MetricVerdict(
            "latency_p95",
            "latency p95",
            MetricState.OK,
            "408 ms",
            "405 ms",
            "+1 %",
            "as the hour before and yesterday, as far as can be seen",
            -0.6,
        ),
    )
    reasons = {
        Word.HOLD: ("nothing worse than the hour before and yesterday so far", WEAKER),
        Word.PROMOTE: ("nothing worse was seen", WEAKER),
        Word.ROLLBACK: (f"error rate 2.1 % against 0.5 %, {said}", WEAKER),
        Word.NO_DATA: ("nothing new has been measured of production",),
    }[word]
    at = max(NOW, since + length) if word is Word.PROMOTE else NOW
    verdict = Verdict(word, NOW - 3 * MINUTE, at, reasons, rows, JUDGE, 8.1 if worse else -0.2, 1.3)
    of = Baking(CANARY.id, since, since + length, "completion", since - 50 * MINUTE)
    return Bake(of, verdict, ("last week",), 48, 48)


def baking(word: Word = Word.HOLD) -> World:
    """The release is complete, and production is watched against its own past."""
    released = complete()
    over = replace(released.release.value, updated_at=NOW - 12 * MINUTE) if released.release.value else None
    world = replace(released, release=reading(over), bake=bake(word))
    return replace(world, banners=(*world.banners, *standing_banners(world)))


def aborted() -> World:
    """The release was aborted."""
    over = replace(
        RELEASE, state=ReleaseState.ABORTED, active_index=None, percentage=None, updated_at=NOW - 2 * MINUTE
    )
    return replace(healthy(), release=reading(over), verdict=None)


def paused() -> World:
    """The host holds an automatic release."""
    stages = tuple(replace(stage, requires_approval=False, duration_s=900) for stage in STAGES)
    return replace(
        healthy(),
        release=reading(replace(RELEASE, stages=stages, advancement=Advancement.AUTOMATIC, paused=True)),
    )


def automatic() -> World:
    """The release advances by itself after 15 minutes on each stage."""
    stages = tuple(replace(stage, requires_approval=False, duration_s=900) for stage in STAGES)
    return replace(
        healthy(), release=reading(replace(RELEASE, stages=stages, advancement=Advancement.AUTOMATIC))
    )


def queued() -> World:
    """Another deployment waits for its turn."""
    return replace(healthy(), release=reading(replace(RELEASE, queued_deployment_id="dpl_next77")))


def unknown() -> World:
    """An advance was sent and no answer came."""
    pending = Pending("a-2", "advance 25 % → 50 %", "ana", NOW - 12_000, unknown=True)
    return replace(healthy(), pending=(pending,))


def read_only() -> World:
    """The same, not armed."""
    return replace(healthy(), mode=Mode.READ_ONLY, armed=None)


HOSTILE = (
    "[red]boom[/] \x1b[2J\x1b]0;own\x07 \u202egnp.exe\u202c \u200b\u200d \U0001f424\u200d\U0001f525\ufe0f"
    " \u6570\u636e\u5e93\u8fc1\u79fb e\u0301\u0301\u0301 \ud800 " + "x" * 500
)


def hostile() -> World:
    """Every text from outside is as nasty as it can be."""
    nasty = replace(CANARY, commit_message=HOSTILE, author=HOSTILE, url=HOSTILE, commit_sha="\x1b[2J\x07bad")
    reasons = tuple(
        replace(one, sentence=HOSTILE, canary=HOSTILE, effect=HOSTILE) for one in ROLLBACK.metrics
    )
    problem = Problem("server_error", HOSTILE, HOSTILE, NOW + 8_000)
    sources = tuple(
        replace(one, title=HOSTILE, state=SourceState.FAILING, problem=problem) for one in SOURCES
    )
    release = replace(RELEASE, canary=nasty, baseline=nasty, queued_deployment_id=HOSTILE)
    pending = Pending("a-2", HOSTILE, "ana", NOW - 12_000, unknown=True)
    return replace(
        rollback(),
        project_label=HOSTILE,
        ledger_place=HOSTILE,
        person=reading(Person(HOSTILE, HOSTILE, (HOSTILE,))),
        release=reading(release),
        deployments={CANARY.id: nasty},
        verdict=replace(ROLLBACK, reasons=(HOSTILE,), metrics=reasons),
        sources=sources,
        banners=(Banner("error", HOSTILE), Banner("info", HOSTILE)),
        pending=(pending,),
    )


def never_connected() -> World:
    """The first world: nothing has ever been read, the stores are not open yet."""
    return World(
        now=NOW,
        mode=Mode.READ_ONLY,
        project_label="shop",
        ledger_place="/home/ana/.local/state/coalmine/ledger.db",
        person=Reading.missing(HOST),
        armed=None,
        account=Reading.missing(HOST),
        project=Reading.missing(HOST),
        release=Reading.missing(HOST),
        template=Reading.missing(HOST),
    )


def unauthorised() -> World:
    """The host rejects the token: nothing was ever read."""
    problem = Problem(
        "unauthorised",
        "Vercel rejected the token (401).",
        "Set VERCEL_TOKEN to a token of the right account, then press ctrl+r.",
    )
    failing = replace(source(HOST, "vercel", HOST_RHYTHM, None, SourceState.FAILING), problem=problem)
    return replace(never_connected(), release=Reading.missing(HOST, problem), sources=(failing, SOURCES[1]))


ALL = {
    "healthy": healthy,
    "rollback": rollback,
    "holding": holding,
    "stale": stale,
    "lost": lost,
    "host_down": host_down,
    "no_release_ever": no_release_ever,
    "complete": complete,
    "aborted": aborted,
    "paused": paused,
    "automatic": automatic,
    "queued": queued,
    "unknown": unknown,
    "read_only": read_only,
    "hostile": hostile,
    "never_connected": never_connected,
    "unauthorised": unauthorised,
}
