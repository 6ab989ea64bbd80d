"""The clients of flags and of Edge Config on the simulated host."""

from __future__ import annotations

import pytest

from console.ports import EffectNotSent, EffectRefused, EffectUnknown, SourceError
from data.vercel.edge_config.client import EdgeConfig
from data.vercel.flags.client import Fetched, Refusal, VercelFlags
from data.vercel.flags.models import FlagShape, fault
from tests.data.vercel.flags.serving import elsewhere, sent, serving, spoil
from tests.simulated import Simulated

TAGS = {"message": "why", "tags": ["cart"]}


def test_a_document_is_checked_and_what_is_wrong_is_named() -> None:
    assert fault({"slug": "x"}, FlagShape) == "state: Field required"


def document(sim: Simulated, key: str) -> object:
    return sim.world.project.flags.flags[key].document


@pytest.mark.slow
async def test_everything_is_read_whole_and_one_bad_flag_spoils_no_other() -> None:
    async with serving() as (sim, client):
        flags = VercelFlags(client, sim.project_id)
        fetched = await flags.flag("recommendations")
        assert fetched.document == document(sim, "recommendations")
        assert fetched.etag == sim.world.project.flags.flags["recommendations"].etag
        kept = sim.world.project.flags.flags
        kept["new-cart"].document["seed"] = "three"
        kept["gift-cards"].document["something-new"] = {"deep": [1, 2.5, None]}
        found = await flags.flags()
        assert len(found.documents) == 11
        assert found.unreadable == ("new-cart: seed: Input should be a valid integer",)
        assert document(sim, "gift-cards") in found.documents, "unknown fields are kept"
        assert [one["slug"] for one in (await flags.flags("archived")).documents] == ["legacy-vouchers"]
        assert {one["slug"] for one in (await flags.segments()).documents} >= {"staff", "beta-testers"}
        versions = (await flags.versions("legacy-vouchers")).documents
        assert [one["revision"] for one in versions] == [2, 1]
        with pytest.raises(SourceError, match="the flag nothing"):
            await flags.flag("nothing")
        with pytest.raises(SourceError, match="is no flag key"):
            await flags.flag("..")


@pytest.mark.slow
async def test_reads_are_repeated_and_writes_are_not() -> None:
    async with serving(retries=1) as (sim, client):
        flags = VercelFlags(client, sim.project_id)
        spoil(sim, "new-cart", "status", status=503)
        etag = (await flags.flag("new-cart")).etag
        spoil(sim, "new-cart", "status", status=503)
        with pytest.raises(EffectUnknown):
            await flags.change("new-cart", TAGS, etag)
        spoil(sim, "new-cart", "drop")
        with pytest.raises(EffectUnknown):
            await flags.change("new-cart", TAGS, etag)
        assert len(sent(sim, "PATCH")) == 2
        revision = sim.world.project.flags.flags["new-cart"].document["revision"]
        assert etag.endswith(f'-{revision - 1}"'), "the dropped answer was of a change that happened"


@pytest.mark.slow
async def test_a_change_is_guarded_and_what_was_not_written_is_told_from_what_was_refused() -> None:
    async with serving() as (sim, client):
        flags = VercelFlags(client, sim.project_id)
        etag = (await flags.flag("new-cart")).etag
        with pytest.raises(EffectNotSent, match="no ETag"):
            await flags.change("new-cart", TAGS, "")
        done = await flags.change("new-cart", TAGS, etag)
        assert isinstance(done, Fetched)
        assert (done.document["tags"], done.etag != etag) == (["cart"], True)
        for given, body, status in ((etag, TAGS, 412), (done.etag, TAGS, 304)):
            no = await flags.change("new-cart", body, given)
            assert isinstance(no, Refusal)
            assert no.status == status
        gone = await flags.change("new-cart", {"variants": [{"id": "on", "value": True}]}, done.etag)
        assert isinstance(gone, Refusal)
        assert (gone.status, "is no variant" in gone.said) == (409, True)
        with pytest.raises(EffectRefused, match="seed"):
            await flags.change("new-cart", {"seed": -1}, done.etag)


@pytest.mark.slow
async def test_a_store_is_read_and_written_unless_it_is_somebody_elses() -> None:
    async with serving() as (sim, client):
        own = EdgeConfig(client, "shop-config")
        assert {one.slug for one in await own.stores()} == {"shop-config", "shop-flags", "statsig-shop"}
        item = await own.item("flags")
        assert item is not None
        assert item.value["basket-limit"] == 60
        assert await own.item("nothing") is None
        before = (await own.backups(1))[0]
        await own.write([{"operation": "upsert", "key": "maintenance", "value": True}])
        elsewhere(sim, "edge_config", "shop-config", {"items": [{"operation": "delete", "key": "flags"}]})
        assert {one.key: one.value for one in await own.items()} == {"maintenance": True}
        await own.restore(before.id)
        kept = (await own.backup(before.id)).backup
        assert kept.digest == (await own.store()).digest
        patches = len(sent(sim, "PATCH"))
        for name, owner in (("shop-flags", "Vercel Flags"), ("statsig-shop", "a partner")):
            theirs = EdgeConfig(client, name)
            with pytest.raises(EffectRefused, match=owner):
                await theirs.write([{"operation": "upsert", "key": "flags", "value": {}}])
        assert len(sent(sim, "PATCH")) == patches, "nothing was sent"
        with pytest.raises(SourceError):
            await EdgeConfig(client, "nowhere").item("flags")
        with pytest.raises(EffectNotSent):
            await EdgeConfig(client, "nowhere").write([])
