"""The simulated host's flags and stores: revisions, ETags, versions, refusals, changes by others."""

from __future__ import annotations

import random
from typing import Any

import pytest

from console.flags.evaluating import evaluate
from console.flags.model import Flag, packed_segments
from data.clock import ScaledClock
from data.simulator import flag_requests, shop
from data.simulator.edge_config import opening_stores
from data.simulator.flag_opening import opening_flags
from data.simulator.flag_store import FlagStore
from data.simulator.history import PEOPLE
from data.simulator.obeying import Served
from data.simulator.refused import Refused
from data.simulator.samples import Track
from data.simulator.world import World
from tests.data.simulator.asking import asking
from tests.simulated import ORIGIN

ROOT = "/v1/projects/shop/feature-flags"


@pytest.fixture
def store() -> FlagStore:
    return opening_flags(1, ORIGIN, "prj_1", "team_1", PEOPLE)


def paused(variant: str) -> dict[str, Any]:
    one = {"type": "variant", "variantId": variant}
    return {"active": False, "pausedOutcome": one, "fallthrough": one, "rules": []}


def refusal(store: FlagStore, body: dict[str, Any], token: str | None = None) -> tuple[int, str]:
    with pytest.raises(Refused) as no:
        store.change("new-cart", body, token, PEOPLE[0], ORIGIN)
    return no.value.status, no.value.message


def test_every_kind_of_flag_is_there_and_every_one_can_be_evaluated(store: FlagStore) -> None:
    documents = [kept.document for kept in store.flags.values()]
    assert {one["kind"] for one in documents} == {"boolean", "string", "number", "json"}
    entries = [entry for one in documents for entry in one["environments"].values()]
    kinds = {outcome["type"] for one in entries for outcome in (one["fallthrough"], one["pausedOutcome"])}
    assert kinds == {"variant", "split", "rollout"}
    assert any(entry["reuse"]["active"] for entry in entries if "reuse" in entry)
    assert any(entry["targets"] for entry in entries if "targets" in entry)
    assert [one["slug"] for one in documents if one["state"] == "archived"] == ["legacy-vouchers"]
    segments = packed_segments(store.all_segments())
    for one in documents:
        for environment in one["environments"]:
            context = {"user": {"id": "u_17", "email": "a@acme.example", "country": "DE", "plan": "pro"}}
            found = evaluate(
                Flag(one).packed(), environment, context, segments=segments, now_ms=ORIGIN, default=None
            )
            assert found.error in (None, "FLAG_NOT_FOUND")
            assert (found.error is None) is (one["state"] == "active")
    beta = store.segment("beta-testers")
    assert beta["usedByFlags"] == ["beta-features"]
    assert beta["updatedAt"] > store.flag("beta-features").document["updatedAt"], "it has drifted"


def test_a_change_makes_a_revision_and_a_version_and_leaves_the_rest(store: FlagStore) -> None:
    before = store.flag("new-cart")
    others, revision = dict(before.document["environments"]), before.document["revision"]
    token = before.etag
    body = {"message": "why", "environments": {"production": paused("off")}}
    assert store.change("new-cart", body, token, PEOPLE[1], ORIGIN + 1)
    after = store.flag("new-cart")
    assert (after.document["revision"], after.document["updatedBy"]) == (revision + 1, "usr_jo")
    assert after.document["environments"]["preview"] == others["preview"]
    newest = after.versions[-1]
    assert (newest["message"], newest["changedEnvironments"]) == ("why", ["production"])
    assert newest["data"]["environments"] == after.document["environments"]
    assert refusal(store, {"state": "archived"}, token)[0] == 412
    assert not store.change("new-cart", body, after.etag, PEOPLE[1], ORIGIN + 2), "nothing to change"
    assert len(after.versions) == revision + 1


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"slug": "other"}, 400, "cannot be changed"),
        ({"variants": [{"id": "off", "value": False}]}, 409, "is no variant"),
        ({"variants": [{"id": "off", "value": 1}]}, 400, "should be boolean"),
        ({"environments": {"production": {"active": True}}}, 400, "pausedOutcome"),
        ({"environments": {"production": paused("blue")}}, 400, "is no variant"),
        (
            {"environments": {"production": paused("on") | {"fallthrough": {"type": "experiment"}}}},
            400,
            "type",
        ),
        (
            {"environments": {"production": paused("on") | {"reuse": {"active": True, "environment": "x"}}}},
            400,
            "reuse",
        ),
        ({"seed": 100_001}, 400, "seed"),
        ({"state": "gone"}, 400, "state"),
    ],
)
def test_what_is_no_flag_is_refused_and_changes_nothing(
    store: FlagStore, body: dict[str, Any], status: int, words: str
) -> None:
    before = dict(store.flag("new-cart").document)
    assert refusal(store, body)[0] == status
    assert words in refusal(store, body)[1]
    assert store.flag("new-cart").document == before


def test_an_archived_flag_is_only_brought_back(store: FlagStore) -> None:
    with pytest.raises(Refused, match="archived"):
        store.change("legacy-vouchers", {"description": "x"}, None, PEOPLE[0], ORIGIN)
    with pytest.raises(Refused, match="archived"):
        store.delete("new-cart", None)
    assert store.change("legacy-vouchers", {"state": "active"}, None, PEOPLE[0], ORIGIN)


def test_a_store_keeps_a_backup_of_every_write_and_goes_back_whole() -> None:
    stores = opening_stores(1, ORIGIN, "prj_1", "team_1", PEOPLE)
    own, flags, partner = stores.stores
    first, digest = own.items["flags"], own.digest
    write = [{"operation": "upsert", "key": "flags", "value": {"express-lane": None}}]
    own.change([*write, {"operation": "delete", "key": "maintenance"}], PEOPLE[1], ORIGIN)
    assert own.digest != digest
    answer = own.restore(own.backups[-2]["id"], PEOPLE[1], ORIGIN + 1)
    assert (answer["digest"], own.items["flags"]) == (digest, first)
    for one in (flags, partner):
        with pytest.raises(Refused, match="managed by"):
            one.change(write, PEOPLE[0], ORIGIN)
    with pytest.raises(Refused, match="exists already"):
        own.change([*write, {"operation": "create", "key": "flags", "value": 1}], PEOPLE[0], ORIGIN)
    assert own.items["flags"] == first, "all or none"


def test_the_world_obeys_a_flag_so_that_turning_it_off_ends_the_harm() -> None:
    clock = ScaledClock(ORIGIN, 1e-9)
    world = World(seed=1, clock=clock, scenario="bad-flag")
    clock.advance(61)
    flags = world.project.flags

    def errors() -> dict[str, float]:
        now = world.advance()
        return {one.track: shop.true_error_share(world.behaviour(one, now)) for one in world.streams(now)}

    harmed = errors()
    assert harmed["canary"] > harmed["baseline"] + 0.005
    split = flags.flag("new-cart").document["environments"]["production"]
    wider = split | {"fallthrough": split["fallthrough"] | {"weights": {"off": 0, "on": 1}}}
    flags.change("new-cart", {"environments": {"production": wider}}, None, PEOPLE[1], ORIGIN)
    assert errors()["canary"] > 2 * harmed["canary"], "all have it now"
    flags.change("new-cart", {"environments": {"production": paused("off")}}, None, PEOPLE[0], ORIGIN)
    assert errors()["canary"] == pytest.approx(harmed["baseline"])
    flags.change("new-cart", {"environments": {"production": wider}}, None, PEOPLE[0], ORIGIN)
    flags.change("new-cart", {"state": "archived"}, None, PEOPLE[0], ORIGIN)
    assert errors()["canary"] == pytest.approx(harmed["baseline"]), (
        "archived, the code's default is the old way"
    )


def test_a_share_of_visitors_is_that_of_the_flag() -> None:
    store = opening_flags(1, ORIGIN, "prj_1", "team_1", PEOPLE)
    served = Served()

    def share(key: str, at: int = ORIGIN) -> float:
        served.look(store, key, at)
        return served.share(key, "on")

    assert share("new-cart") == pytest.approx(0.25, abs=0.07)
    assert share("gift-cards") == 1
    assert share("delivery-promise") == pytest.approx(0.05, abs=0.04)
    assert share("delivery-promise", ORIGIN + 20 * 3_600_000) == 1
    assert share("nothing") == share("legacy-vouchers") == 0


@pytest.mark.slow
async def test_over_http_an_etag_guards_in_the_header_and_in_the_query() -> None:
    async with asking() as ask:
        one = await ask.vercel("GET", f"{ROOT}/flags/new-cart")
        etag = one.headers["etag"]
        assert etag.startswith('"')
        same = await ask.vercel("GET", f"{ROOT}/flags/new-cart", params={"ifMatch": etag})
        assert same.status_code == 304
        done = await ask.act(
            "flag", name="new-cart", change={"message": "from the dashboard", "tags": ["cart"]}
        )
        assert "jo changed the flag new-cart" in done["did"]
        headers = {**ask.sim.auth, "If-Match": etag}
        for guard in ({"headers": headers}, {"params": {"ifMatch": etag}}):
            no = await ask.vercel("PATCH", f"{ROOT}/flags/new-cart", json={"tags": []}, **guard)
            assert (no.status_code, no.json()["error"]["code"]) == (412, "precondition_failed")
        newest = (await ask.vercel("GET", f"{ROOT}/flags/new-cart/versions", params={"limit": "1"})).json()
        assert newest["versions"][0]["message"] == "from the dashboard"
        assert newest["pagination"]["next"]
        activity = (await ask.vercel("GET", "/v3/events", params={"limit": "1"})).json()["events"]
        assert (activity[0]["type"], activity[0]["userId"]) == ("flag-updated", "usr_jo")
        journal = (await ask.control("GET", "requests")).json()["requests"]
        assert all(entry["did"] is None for entry in journal), "what was refused did nothing"


@pytest.mark.slow
async def test_pages_end_and_others_change_segments_and_stores() -> None:
    async with asking() as ask:
        seen, cursor = [], None
        while True:
            params = {"limit": "5", **({"cursor": cursor} if cursor else {})}
            page = (await ask.vercel("GET", "/v2/projects/shop/feature-flags/flags", params=params)).json()
            seen += [one["slug"] for one in page["data"]]
            cursor = page["pagination"]["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 12
        for wrong in ({"cursor": "x"}, {"limit": "101"}, {"state": "all"}):
            no = await ask.vercel("GET", "/v2/projects/shop/feature-flags/flags", params=wrong)
            assert no.status_code == 400
        add = {"action": "add", "field": "include", "entity": "user", "attribute": "id"}
        await ask.act("segment", name="staff", change={"operations": [add | {"value": {"value": "u_1"}}]})
        staff = (await ask.vercel("GET", f"{ROOT}/segments/staff")).json()
        assert staff["data"]["include"] == {"user": {"id": [{"value": "u_1"}]}}
        assert staff["usedByFlags"] == ["one-page-checkout"]
        write = {"operation": "upsert", "key": "maintenance", "value": True}
        await ask.act("edge_config", name="shop-config", change={"items": [write]})
        item = await ask.vercel("GET", "/v1/global-config/shop-config/item/maintenance")
        assert item.json()["value"] is True
        await ask.control("POST", "fault", path="feature-flags", kind="status", status=503)
        assert (await ask.vercel("GET", f"{ROOT}/flags/new-cart")).status_code == 503


def test_the_shop_counts_its_answers_by_variant_and_the_harm_is_in_one_of_them() -> None:
    clock = ScaledClock(ORIGIN, 1e-9)
    world = World(seed=1, clock=clock, scenario="bad-flag")
    clock.advance(360)
    world.advance()
    release = world.project.release
    assert release is not None
    counted = {
        one.track: dict(zip(flag_requests.COLUMNS, one.flagged, strict=True))
        for one in world.samples.exposed(world.clock.now())
        if one.deployment_id in (release.canary_id, release.base_id)
    }

    def of(track: Track, flag: str, variant: str) -> tuple[float, float]:
        """Requests, and the share of them that failed."""
        labels = (("flag", flag), ("status", "other"), ("variant", variant))
        good = counted[track][flag_requests.REQUESTS, labels]
        bad = counted[track][flag_requests.REQUESTS, (labels[0], ("status", "5xx"), labels[2])]
        return good + bad, bad / (good + bad) if good + bad else 0.0

    with_it, without = of("canary", "new-cart", "on"), of("canary", "new-cart", "off")
    assert with_it[0] / (with_it[0] + without[0]) == pytest.approx(0.25, abs=0.08)
    assert with_it[1] > 4 * without[1] > 0
    assert of("baseline", "new-cart", "on") == of("baseline", "new-cart", "off") == (0, 0), "not in its code"
    both = [of("canary", "guest-order-tracking", variant) for variant in ("off", "on")]
    assert both[0][1] == pytest.approx(both[1][1], abs=0.02)
    assert sum(number for number, _ in both) == with_it[0] + without[0], "each flag counts every request"


def test_the_requests_are_dealt_whole_and_in_proportion() -> None:
    rng = random.Random(3)
    for number in (0, 7, 40, 41, 5000):
        for weights in ([1.0, 3.0], [0.0, 0.0], [0.2, 0.0, 0.8]):
            found = flag_requests.dealt(rng, number, weights)
            assert sum(found) == number
            assert all(one == 0 for one, weight in zip(found[1:], weights[1:], strict=True) if not weight)
    assert flag_requests.dealt(rng, 5000, [1.0, 3.0])[0] == pytest.approx(1250, abs=150)
