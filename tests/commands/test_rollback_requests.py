"""A rollback in two terminals: asked for with a token, approved with a key and nothing else, done once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.commands.running import Place, Shop
from tests.commands.test_json import check
from tests.console.rollback.people import ASKING
from tests.data.ssh.keys import Key, new_key

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NO_TOKEN: dict[str, str | None] = {"COALMINE_VERCEL__TOKEN": None, "COALMINE_VERCEL__PROJECT_ID": None}
"""An approver needs the ledger and a key: no account on the host."""


def office(place: Place) -> dict[str, Key]:
    """ana may ask; bo, who has a key and no account, approves. The keys of both."""
    assert place.run("config", "init").code == 0
    keys = {name: new_key(place.folder, f"id_{name}") for name in ("ana", "bo")}
    state = place.folder / "state"
    (state / "policy.yaml").write_text(ASKING)
    (state / "people.yaml").write_text(
        "version: 1\npeople:\n"
        "  ana: {name: Ana, roles: [devops, incident-response], vercel: [usr_ana]}\n"
        "  bo: {name: Bo, roles: [qa]}\n"
    )
    (state / "allowed_signers").write_text("".join(f"{name} {key.line}\n" for name, key in keys.items()))
    adopted = place.run("config", "adopt", "--reason", "approvals")
    assert adopted.code == 0, adopted
    return keys


def target(place: Place) -> str:
    listed = place.run("release", "candidates", "--rollback", "--json").json["candidates"]
    return str(listed[1]["id"])


def rollbacks(shop: Shop) -> int:
    return sum("/rollback/" in path for path in shop.effects())


def test_the_whole_path_in_two_terminals(there: Place, moving: Shop) -> None:
    keys = office(there)
    aim = target(there)
    asked = there.run("rollback", "request", aim, "--reason", "errors at checkout")
    assert asked.code == 3, asked
    assert "RB-1 waits for approval: 1 more approval of: devops, qa, signed." in asked.err
    listed = there.run("rollback", "list", env=NO_TOKEN)
    assert "RB-1" in listed.out
    assert "awaiting approval, 0 of 1, expires in 14:" in listed.out
    assert there.run("rollback", "show", "RB-1", env=NO_TOKEN).code == 3
    early = there.run("rollback", "execute", "RB-1")
    assert (early.code, rollbacks(moving)) == (5, 0)
    assert "1 more approval of" in early.err

    page = there.run("approve", "RB-1", "--key", str(keys["bo"].private), env=NO_TOKEN)
    assert page.code == 5, "nobody answered: there was no terminal"
    assert len(page.out.encode()) <= 4096
    for part in ("INSTANT ROLLBACK", "ana asks: errors at checkout", aim, "NOT ", "NEEDS", "nothing changes"):
        assert part in page.out
    own = there.run("rollback", "approve", "RB-1", "--key", str(keys["ana"].private), env=NO_TOKEN)
    assert own.code == 5
    assert "Nobody approves what they asked for" in own.err
    nobody = there.run("approve", "RB-1", "--yes", env=NO_TOKEN)
    assert nobody.code == 5
    assert "Who you are is not known" in nobody.err
    half = there.folder / "half.pub"
    half.write_text(keys["bo"].line)
    yes = there.run("approve", "RB-1", "--yes", "--key", str(half), env=NO_TOKEN)
    assert yes.code == 5, "a public key alone, and no agent that has the other half"
    assert "did not sign" in yes.err
    yes = there.run("approve", "RB-1", "--yes", "--key", str(keys["bo"].private), env=NO_TOKEN)
    assert (yes.code, yes.out.splitlines()[-1]) == (0, "bo approved RB-1.")
    again = there.run("approve", "RB-1", "--key", str(keys["bo"].private), env=NO_TOKEN)
    assert "YOU    have approved it already (signed)" in again.out

    told = there.run("approve", "RB-1", "--json", env=NO_TOKEN).json
    check("rollback list, show", told.pop("request"))
    check("rollback request, accept, execute, review", told)
    done = there.run("rollback", "execute", "RB-1", "--json")
    check("rollback request, accept, execute, review", done.json)
    assert done.code == 0, done
    assert done.json["outcome"] == "done"
    assert rollbacks(moving) == 1
    shown = there.run("rollback", "show", "RB-1", "--json", env=NO_TOKEN)
    assert shown.code == 0
    check("rollback list, show", shown.json)
    assert shown.json["state"] == "succeeded"
    assert shown.json["attempts"][0]["verified"] == [f"3 of 3 domains serve {aim}"]
    assert there.run("rollback", "execute", "RB-1").code == 5
    assert rollbacks(moving) == 1
    assert there.run("ledger", "verify").code == 0


def test_denied_withdrawn_and_broken(there: Place, moving: Shop) -> None:
    keys = office(there)
    bo, ana = ("--key", str(keys["bo"].private)), ("--key", str(keys["ana"].private))
    aim = target(there)
    assert there.run("release", "rollback", aim, "--arm", "on call").code == 3, "the plain verb asks as well"
    no = there.run("rollback", "deny", "RB-1", *bo, "--reason", "the wrong one", env=NO_TOKEN)
    assert (no.code, no.out) == (0, "bo denied RB-1.\n")
    assert there.run("rollback", "show", "RB-1").code == 5
    assert there.run("rollback", "request", aim, "--reason", "again").code == 3
    out = there.run("rollback", "withdraw", "RB-2", *ana, "--reason", "it was the network", env=NO_TOKEN)
    assert out.code == 0, out
    assert there.run("rollback", "request", aim, "--reason", "again", "--json").json["outcome"] == (
        "awaiting_approval"
    )
    not_bo = there.run("rollback", "break-glass", "RB-3", *bo, "--reason", "asleep", env=NO_TOKEN)
    assert not_bo.code == 5
    assert "lets only incident-response" in not_bo.err
    broken = there.run("rollback", "break-glass", "RB-3", *ana, "--reason", "asleep", env=NO_TOKEN)
    assert broken.code == 0, broken
    assert "BROKEN" in broken.out
    assert there.run("rollback", "execute", "RB-3").code == 0
    assert rollbacks(moving) == 1
    listed: Any = json.loads(there.run("rollback", "list", "--all", "--json").out)
    assert [one["state"] for one in listed["requests"]] == ["succeeded", "withdrawn", "denied"]


def test_a_flag_goes_first_and_both_are_undone_as_one_plan(there: Place, moving: Shop) -> None:
    keys = office(there)
    words = ("rollback", "request", target(there), "--flag-off", "new-cart", "--reason", "errors")
    asked = there.run(*words, "--json")
    assert asked.json["outcome"] == "awaiting_approval", asked
    yes = there.run("approve", "RB-1", "--yes", "--key", str(keys["bo"].private), env=NO_TOKEN)
    assert yes.code == 0, yes
    assert "1 flag new-cart" in yes.out
    assert there.run("rollback", "execute", "RB-1").code == 0
    flag = there.run("flags", "show", "new-cart", "--json").json
    assert "static" in json.dumps(flag)
    assert rollbacks(moving) == 1


KEEPERS = "applies_to: {action: [adopt_policy]}\n    roles: [devops]\n    approvals: 0"


def test_the_policy_itself_is_changed_with_the_old_ones_quorum(there: Place, moving: Shop) -> None:
    keys = office(there)
    state, drafts = there.folder / "state", there.folder / "drafts"
    kept = ASKING.replace(KEEPERS, KEEPERS.replace("approvals: 0", "approvers: [qa]\n    approvals: 1"))
    (state / "policy.yaml").write_text(kept)
    assert there.run("config", "adopt", "--reason", "two keep it").code == 0

    (state / "policy.yaml").write_text(ASKING)
    alone = there.run("config", "adopt", "--reason", "one is enough")
    assert alone.code == 5
    assert "coalmine config restore; coalmine config adopt --from" in alone.err
    restored = there.run("config", "restore", "--json")
    assert (restored.code, (state / "policy.yaml").read_text()) == (0, kept)
    check("config restore", restored.json)
    [aside] = restored.json["kept"]
    drafts.mkdir()
    (drafts / "policy.yaml").write_text((state / "policy.yaml.kept").read_text())
    assert aside.endswith("policy.yaml.kept")
    for name in ("people.yaml", "allowed_signers"):
        (drafts / name).write_text((state / name).read_text())

    asked = there.run("config", "adopt", "--from", str(drafts), "--reason", "one is enough")
    assert asked.code == 3, asked
    assert "-    approvals: 1" in asked.err
    page = there.run("approve", "RB-1", "--key", str(keys["bo"].private), env=NO_TOKEN)
    for part in (
        "ANOTHER POLICY: policy.yaml",
        "-    approvals: 1",
        "+    approvals: 0",
        "adopting the one before",
    ):
        assert part in page.out
    assert there.run("approve", "RB-1", "--yes", "--key", str(keys["bo"].private), env=NO_TOKEN).code == 0
    assert (state / "policy.yaml").read_text() == kept, "nothing yet"
    assert there.run("rollback", "execute", "RB-1").code == 0
    assert (state / "policy.yaml").read_text() == ASKING
    assert there.run("config", "show", "--json").json["policy"]["in_force"] is True
    (drafts / "policy.yaml").write_text(kept)
    freely = there.run("config", "adopt", "--from", str(drafts), "--reason", "two again", "--json")
    assert (freely.code, (state / "policy.yaml").read_text()) == (0, kept)
    check("config init, config adopt", freely.json)
    assert moving.effects() == []


def test_an_edge_config_is_restored_from_a_backup_of_it(there: Place, moving: Shop) -> None:
    office(there)
    words = ("rollback", "request", "--store", "shop-config", "--reason", "a bad limit")
    which = there.run(*words)
    assert which.code == 5
    assert "Name a backup of shop-config (the newest first): bak_000004, bak_000003" in which.err
    assert there.run("rollback", "request", "--backup", "bak_000002", "--reason", "x").code == 2
    theirs = there.run(*words[:3], "shop-flags", *words[4:], "--backup", "bak_000001")
    assert theirs.code == 5
    assert "belongs to Vercel Flags" in theirs.err
    dry = there.run(*words, "--backup", "bak_000002", "--dry-run")
    assert dry.code == 0
    assert "shop-config: flags.basket-limit: 60 → 40" in dry.err
    asked = there.run(*words, "--backup", "bak_000002", "--by-hand", "--json")
    assert asked.code == 0, asked
    done = there.run("rollback", "execute", "RB-1", "--json")
    assert done.json["outcome"] == "done", done
    assert sum(path.endswith("/restore") for path in moving.effects()) == 1
    shown = there.run("rollback", "show", "RB-1", env=NO_TOKEN)
    assert "restore the Edge Config shop-config" in shown.out
    check("rollback list, show", there.run("rollback", "show", "RB-1", "--json").json)
