"""Both back-ends of flags on the simulated host: guarded changes, conflicts, history, what became of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from console.flags.changing import EditVariant, Give, Resume, ServeEveryone, SetState, changed
from console.flags.edits import Unfit
from console.flags.model import Flag
from console.flags.provider import Conflict, FlagProvider, Held, Plan, Revision, Version, agree
from console.flags.rules import SetShare
from console.ports import EffectNotSent, EffectRefused, EffectUnknown, SourceError
from data.vercel.client import VercelClient
from data.vercel.edge_config.client import EdgeConfig
from data.vercel.edge_config.provider import EdgeConfigProvider, token_of
from data.vercel.flags.client import VercelFlags
from data.vercel.flags.provider import VercelFlagProvider, body_of
from tests.data.vercel.flags.serving import elsewhere, sent, serving, spoil
from tests.simulated import Simulated


def vercel(sim: Simulated, client: VercelClient) -> FlagProvider:
    return VercelFlagProvider(VercelFlags(client, sim.project_id))


def document(sim: Simulated, key: str) -> dict[str, Any]:
    return sim.world.project.flags.flags[key].document


async def planned(provider: FlagProvider, key: str, change: Any) -> Plan:
    return provider.plan(await provider.get(key), change)


SPLIT = {"type": "split", "weights": {"off": 75, "on": 25}, "defaultVariantId": "off"}


def entry(fallthrough: dict[str, Any]) -> dict[str, Any]:
    off = {"type": "variant", "variantId": "off"}
    return {"active": True, "pausedOutcome": off, "rules": [], "fallthrough": fallthrough, "unknown": 1}


def flag(**environments: Any) -> Flag:
    variants = [{"id": "off", "value": False}, {"id": "on", "value": True}]
    raw = {"slug": "f", "kind": "boolean", "state": "active", "seed": 1, "variants": variants}
    return Flag({**raw, "environments": environments, "tags": ["a"]})


def test_what_is_sent_is_the_environment_whole_and_nothing_beside_it() -> None:
    before = flag(production=entry({**SPLIT, "base": {}}), preview=entry({**SPLIT, "base": {}}))
    before.raw["environments"]["production"]["fallthrough"]["base"] = {
        "type": "entity",
        "kind": "user",
        "attribute": "id",
    }
    made = changed(
        Flag({**before.raw, "environments": {"production": before.raw["environments"]["production"]}}),
        ServeEveryone("production", "off"),
    )
    body = body_of(made.before, made.after)
    assert list(body) == ["environments"]
    assert body["environments"] == {
        "production": {**before.raw["environments"]["production"], "active": False}
    }


def test_an_experiment_and_what_the_host_has_no_words_for_are_not_sent() -> None:
    other = flag(production=entry({"type": "experiment"}))
    same = Flag({**other.raw, "environments": {"production": entry({"type": "experiment"})}, "tags": []})
    assert body_of(other, same) == {"tags": []}, "an environment that stays is not sent"
    paused = Flag(
        {**other.raw, "environments": {"production": {**entry({"type": "experiment"}), "active": False}}}
    )
    with pytest.raises(Unfit, match="has an experiment"):
        body_of(other, paused)
    with pytest.raises(Unfit, match="no way to change kind"):
        body_of(other, Flag({**other.raw, "kind": "string"}))
    with pytest.raises(Unfit, match="no way to remove the environment"):
        body_of(flag(production=1, preview=2), flag(production=1))


def test_a_plan_is_tied_to_the_state_and_to_what_is_sent() -> None:
    made = changed(flag(production=entry({"type": "variant", "variantId": "on"})), SetState(archived=True))
    plan = Plan("p", "f", made, "t1", {"state": "archived"})
    same = Plan("p", "f", made, "t1", {"state": "archived"})
    others = [
        Plan("p", "f", made, "t2", plan.body),
        Plan("p", "f", made, "t1", {}),
        Plan("q", "f", made, "t1", plan.body),
    ]
    assert plan.digest == same.digest
    assert plan.digest not in {one.digest for one in others}


@pytest.mark.slow
async def test_a_change_is_made_read_back_and_taken_back() -> None:
    async with serving() as (sim, client):
        provider = vercel(sim, client)
        before = await provider.get("new-cart")
        plan = provider.plan(before, SetShare("production", "on", 50))
        done = await provider.apply(plan, "INC-1: half of the people", plan.token)
        assert isinstance(done, Revision)
        assert (done.verified, done.number) == (True, before.flag.raw["revision"] + 1)
        assert document(sim, "new-cart")["environments"]["production"]["fallthrough"]["weights"] == {
            "off": 50,
            "on": 50,
        }
        newest = (await provider.history("new-cart", limit=1))[0]
        assert (newest.message, newest.environments) == ("INC-1: half of the people", ("production",))
        back = provider.plan(Held(done.flag, done.token), plan.change.inverse)
        undone = await provider.apply(back, "again as it was", back.token)
        assert isinstance(undone, Revision)
        assert agree(undone.flag, before.flag)
        old = next(one for one in await provider.history("new-cart") if one.number == 1)
        restore = await planned(provider, "new-cart", old.restored(["production"]))
        restored = await provider.apply(restore, "as at the beginning", restore.token)
        assert isinstance(restored, Revision)
        weights = restored.flag.raw["environments"]["production"]["fallthrough"]["weights"]
        assert weights == {"off": 90, "on": 10}
        assert (await provider.evaluate("new-cart", "preview", {}, sim.clock.now())).value is True
        staff = {"user": {"email": "ana@acme.example"}}
        found = await provider.evaluate("one-page-checkout", "production", staff, sim.clock.now())
        assert (found.value, found.reason) == (True, "rule_match")


@pytest.mark.slow
async def test_who_comes_second_is_told_who_was_first_and_nothing_is_sent_again() -> None:
    async with serving() as (sim, client):
        provider = vercel(sim, client)
        plan = await planned(provider, "new-cart", ServeEveryone("production", "off"))
        elsewhere(sim, "flag", "new-cart", {"message": "mine first", "tags": ["cart"]})
        lost = await provider.apply(plan, "off", plan.token)
        assert isinstance(lost, Conflict)
        assert (lost.by, lost.message) == ("usr_jo", "mine first")
        assert lost.their_lines == ('tags: ["cart", "release"] → ["cart"]',)
        assert lost.token == sim.world.project.flags.flags["new-cart"].etag
        assert len(sent(sim, "PATCH")) == 1
        assert document(sim, "new-cart")["environments"]["production"]["active"]
        with pytest.raises(EffectNotSent, match="another state"):
            await provider.apply(plan, "off", lost.token)
        archived = await planned(provider, "legacy-vouchers", SetState(archived=False))
        sim.world.project.flags.flags["legacy-vouchers"].document["variants"] = []
        with pytest.raises(EffectRefused):
            await provider.apply(archived, "back", archived.token)


@pytest.mark.slow
async def test_of_two_at_once_one_wins_and_no_update_is_lost() -> None:
    async with serving() as (sim, client):
        provider = vercel(sim, client)
        for number in range(100):
            held = await provider.get("new-cart")
            plans = [
                provider.plan(held, SetShare("production", "on", 30 + number / 2)),
                provider.plan(held, Give("preview", "on", "user", "id", (f"u{number}",))),
            ]
            ended = await asyncio.gather(*(provider.apply(one, "race", one.token) for one in plans))
            won = [one for one in ended if isinstance(one, Revision)]
            lost = [one for one in ended if isinstance(one, Conflict)]
            assert (len(won), len(lost)) == (1, 1)
            assert lost[0].theirs is not None
            assert agree(lost[0].theirs, won[0].flag)
            assert agree(Flag(document(sim, "new-cart")), won[0].flag)


@pytest.mark.slow
@pytest.mark.parametrize(("effect", "made"), [("done", True), ("none", False)])
async def test_without_an_answer_the_host_is_asked_what_became_of_it(effect: str, made: bool) -> None:
    async with serving() as (sim, client):
        provider = vercel(sim, client)
        plan = await planned(provider, "new-cart", ServeEveryone("production", "off"))
        spoil(sim, "new-cart", "drop", effect=effect)
        with pytest.raises(EffectUnknown):
            await provider.apply(plan, "off", plan.token)
        became = await provider.landed(plan)
        assert isinstance(became, Revision) is made
        assert (became is None) is not made
        elsewhere(
            sim,
            "flag",
            "new-cart",
            {"environments": {"production": entry({"type": "variant", "variantId": "on"})}},
        )
        overtaken = await provider.landed(plan)
        assert isinstance(overtaken, Revision if made else Conflict)
        if isinstance(overtaken, Revision):
            assert overtaken.notes[0] == "It was made as revision 3; somebody has changed it since:"


@pytest.mark.slow
async def test_a_change_that_cannot_be_read_back_is_done_and_says_so() -> None:
    async with serving() as (sim, client):
        provider = vercel(sim, client)
        plan = await planned(provider, "gift-cards", Resume("production"))
        spoil(sim, "gift-cards", "status", status=500, method="GET")
        done = await provider.apply(plan, "on", plan.token)
        assert isinstance(done, Revision)
        assert not done.verified
        assert "could not be read back" in done.notes[0]


class Remembering:
    """A ledger that remembers one change."""

    def versions(self, provider: str, key: str) -> list[Version]:
        assert (provider, key) == ("Edge Config shop-config", "basket-limit")
        return [Version("e1", 9, 1, "ana", "why", ("everywhere",), {}, "ledger")]


@pytest.mark.slow
async def test_a_store_holds_values_which_are_compared_written_and_read_back() -> None:
    async with serving() as (sim, client):
        provider = EdgeConfigProvider(EdgeConfig(client, "shop-config"), remembered=Remembering())
        own = sim.world.project.stores.named("shop-config")
        listed = {one.key: one.raw["kind"] for one in (await provider.list()).flags}
        assert listed == {
            "express-lane": "boolean",
            "basket-limit": "number",
            "search-hint": "string",
            "winter": "json",
        }
        limit = await planned(provider, "basket-limit", EditVariant("value", 80))
        off = await planned(
            provider, "express-lane", provider.off((await provider.get("express-lane")).flag, "")
        )
        for plan in (limit, off):
            done = await provider.apply(plan, "why", plan.token)
            assert isinstance(done, Revision), "that another flag of the item changed is no conflict"
            assert done.verified
        assert own.items["flags"]["value"] == {
            "express-lane": False,
            "basket-limit": 80,
            "search-hint": "Try “boots”",
            "winter": None,
        }
        assert own.items["flags"]["description"] == "The shop's own"
        again = await provider.apply(limit, "why", limit.token)
        assert isinstance(again, Conflict)
        assert again.theirs is not None
        assert again.token == token_of(80)
        history = await provider.history("basket-limit")
        assert [(one.origin, one.number) for one in history] == [
            ("backup", None),
            ("backup", None),
            ("backup", None),
            ("ledger", 9),
        ]
        assert [one.called for one in await provider.history("basket-limit", limit=2)] == ["version 9"]
        back = await planned(provider, "basket-limit", history[2].restored())
        await provider.apply(back, "as it was", back.token)
        assert (await provider.evaluate("basket-limit", "production", {}, 0)).value == 40


@pytest.mark.slow
async def test_a_store_says_what_it_cannot_do() -> None:
    async with serving() as (sim, client):
        provider = EdgeConfigProvider(EdgeConfig(client, "shop-config"))
        hint = await provider.get("search-hint")
        with pytest.raises(Unfit, match="has no off"):
            provider.off(hint.flag, "")
        with pytest.raises(Unfit, match="one value a flag"):
            provider.plan(hint, SetState(archived=True))
        with pytest.raises(SourceError, match="no flag nothing"):
            await provider.get("nothing")
        with pytest.raises(SourceError, match="no item other"):
            await EdgeConfigProvider(EdgeConfig(client, "shop-config"), "other").list()
        with pytest.raises(SourceError, match="no object of flags"):
            await EdgeConfigProvider(EdgeConfig(client, "shop-config"), "maintenance").list()
        write = {"operation": "upsert", "key": "flags", "value": {"a": {"rules": []}, "b": False}}
        elsewhere(sim, "edge_config", "shop-config", {"items": [write]})
        payload = await planned(provider, "b", EditVariant("value", True))
        with pytest.raises(EffectRefused, match="another provider writes it"):
            await provider.apply(payload, "why", payload.token)
        theirs = EdgeConfigProvider(EdgeConfig(client, "statsig-shop"), "statsig-shop")
        assert not (await theirs.history("feature_gates"))
        assert sent(sim, "PATCH") == []
