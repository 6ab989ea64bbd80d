"""The text exposition: readable by the format's rules, consistent, growing, and true."""

from __future__ import annotations

import re
from collections import defaultdict

from data.simulator import exposition, telemetry
from data.simulator.layout import SUFFIXES
from data.simulator.samples import HELP
from tests.data.simulator.asking import Asking, asking

LINE = re.compile(r'(\w+)\{((?:\w+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (\S+)')
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parse(text: str) -> tuple[Series, dict[str, str]]:
    """The series and the types of an exposition; every line has to be in order."""
    series: Series = {}
    types: dict[str, str] = {}
    helped: set[str] = set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helped.add(line.split(" ")[2])
            continue
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert family in helped
            types[family] = kind
            continue
        found = LINE.fullmatch(line)
        assert found, line
        family = re.sub(r"_(bucket|sum|count)$", "", found[1])
        assert family in types or found[1] in types, "a sample before its type"
        key = (found[1], frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2])))
        assert key not in series, "a series twice"
        series[key] = float(found[3])
    return series, types


def names(family: str) -> list[str]:
    return [family + suffix for suffix in SUFFIXES]


async def scrape(ask: Asking) -> tuple[Series, dict[str, str]]:
    answer = await ask.http.get(ask.sim.metrics_url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == exposition.CONTENT_TYPE
    return parse(answer.text)


async def test_the_text_is_well_formed_and_its_histograms_add_up() -> None:
    async with asking() as ask:
        series, types = await scrape(ask)
        assert types == {family: kind for family, (kind, _) in HELP.items()}
        histograms: dict[tuple[str, frozenset[tuple[str, str]]], dict[float, float]] = defaultdict(dict)
        for (name, labels), value in series.items():
            if name.endswith("_bucket"):
                le = dict(labels)["le"]
                histograms[name.removesuffix("_bucket"), labels - {("le", le)}][float(le)] = value
        assert {name for name, _ in histograms} == {n for n, kind in types.items() if kind == "histogram"}
        for (name, labels), buckets in histograms.items():
            bounds = sorted(buckets)
            assert bounds[-1] == float("inf")
            counts = [buckets[bound] for bound in bounds]
            assert counts == sorted(counts)
            assert series[f"{name}_count", labels] == counts[-1]
            low = sum(
                b * (counts[i] - (counts[i - 1] if i else 0)) for i, b in enumerate([0.0, *bounds[:-1]])
            )
            assert series[f"{name}_sum", labels] >= low * 0.99
        for track in ("canary", "baseline"):
            requests = sum(
                v for (n, ls), v in series.items() if n == "http_requests_total" and ("track", track) in ls
            )
            observed = sum(
                v
                for (n, ls), v in series.items()
                if n == "http_request_duration_seconds_count" and ("track", track) in ls
            )
            assert requests == observed > 0


async def test_what_everybody_shares_has_no_label_of_a_deployment() -> None:
    async with asking() as ask:
        series, _ = await scrape(ask)
        shared = {name for name, labels in series if not {"deployment", "track"} & dict(labels).keys()}
        assert shared == set(telemetry.HOST_HELP)


async def test_bounds_are_spelt_as_client_libraries_spell_them() -> None:
    async with asking() as ask:
        series, _ = await scrape(ask)
        spelt = {dict(labels)["le"] for name, labels in series if name.endswith("_bucket")}
        assert {"0.005", "0.075", "1.0", "2.5", "10.0", "+Inf"} <= spelt


async def test_counters_only_grow_and_grow_by_what_the_world_counted() -> None:
    async with asking() as ask:
        release = ask.sim.world.project.release
        assert release is not None
        before, _ = await scrape(ask)
        ask.sim.clock.advance(60)
        after, _ = await scrape(ask)
        assert before.keys() <= after.keys()
        grown = {name for family, (kind, _) in HELP.items() if kind != "gauge" for name in names(family)}
        assert all(after[key] >= before[key] for key in before if key[0] in grown)
        now = ask.sim.world.advance()
        for deployment in (release.base_id, release.canary_id):
            keys = [
                key
                for key in after
                if key[0] == "http_requests_total" and ("deployment", deployment) in key[1]
            ]
            requests = sum(after[key] - before[key] for key in keys)
            errors = sum(after[key] - before[key] for key in keys if dict(key[1])["status"].startswith("5"))
            assert (requests, errors) == ask.sim.world.counts(deployment, now - 60_000, now)


def test_label_values_are_escaped() -> None:
    assert exposition.escaped('a"b\\c\nd') == 'a\\"b\\\\c\\nd'


def test_numbers_are_written_as_go_writes_them() -> None:
    written = [
        exposition.number(n)
        for n in (0.0, 12.0, 0.1, 1e-7, 2.5e16, float("nan"), float("inf"), -float("inf"))
    ]
    assert written == ["0", "12", "0.1", "0.0000001", "25000000000000000", "NaN", "+Inf", "-Inf"]
