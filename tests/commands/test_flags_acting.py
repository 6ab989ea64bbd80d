"""``flags kill|set|undo|restore|history`` as commands, against the simulated host."""

from __future__ import annotations

import pytest

from tests.commands.running import Place
from tests.commands.test_json import check

pytestmark = pytest.mark.slow

ARM = ("--reason", "checkout errors", "--arm", "on call")


@pytest.fixture
def mine(there: Place) -> Place:
    """A place of the test's own where the shipped policy is in force."""
    assert there.run("config", "init").code == 0
    return there


def state(here: Place, key: str = "new-cart") -> str:
    document = here.run("flags", "show", key, "--json").json
    found: str = document["environments"][0]["words"]
    return found


def test_a_kill_is_previewed_done_told_and_taken_back(mine: Place) -> None:
    before = state(mine)
    dry = mine.run("flags", "kill", "new-cart", "--dry-run", "--json", *ARM)
    assert dry.code == 0
    check("flags kill, set, undo, restore", dry.json)
    assert state(mine) == before
    made = mine.run("flags", "kill", "new-cart", "payments-fallback", *ARM)
    assert made.code == 5, "one of them is off already"
    assert "is so already" in made.err
    made = mine.run("flags", "kill", "new-cart", *ARM)
    assert made.code == 0, made.err
    assert "25 % of people" in made.err
    assert made.out == "new-cart: off for everyone in production (revision 3).\n"
    assert state(mine).startswith("static: off")
    told = mine.run("flags", "history", "new-cart", "--json").json
    check("flags history", told)
    assert told["versions"][0]["message"] == "checkout errors"
    assert told["versions"][0]["changes"] == ["production: static: off = false for everyone, the rules rest"]
    back = mine.run("flags", "undo", "new-cart", *ARM)
    assert back.code == 0, back.err
    assert state(mine) == before
    assert mine.run("flags", "undo", "new-cart", *ARM).code == 5


def test_every_wish_is_one_change_with_a_way_back(mine: Place) -> None:
    for words, says in (
        (("--share", "on", "60"), "40 % off = false, 60 % on = true"),
        (("--weight", "off", "1", "--weight", "on", "3"), "25 % off = false, 75 % on = true"),
        (("--serve", "on"), "static: on = true for everyone"),
        (("--resume",), "split by user.id"),
        (("--give", "on", "user.id=qa-1"), "1 listed by name"),
    ):
        made = mine.run("flags", "set", "new-cart", *words, *ARM)
        assert made.code == 0, made.err
        assert says in state(mine), words
    restored = mine.run("flags", "restore", "new-cart", "1", *ARM)
    assert restored.code == 0, restored.err
    assert "90 % off = false, 10 % on = true" in state(mine)


def test_what_cannot_be_is_refused_with_the_reason_and_changes_nothing(mine: Place) -> None:
    before = state(mine)
    for words, code, says in (
        (("set", "new-cart", "--serve", "blue", *ARM), 5, "has no variant blue; it has off, on"),
        (("set", "new-cart", "--share", "on", "50", "--environment", "moon", *ARM), 5, "no environment moon"),
        (("restore", "new-cart", "99", *ARM), 5, "has no version 99"),
        (("kill", "nothing", *ARM), 4, "does not know the flag nothing"),
        (("kill", "new-cart"), 2, "Say why"),
        (("kill", "new-cart", "--reason", "x"), 5, "--arm"),
        (("set", "new-cart", *ARM), 2, "Say what"),
        (("set", "new-cart", "--value", "on", "yes", *ARM), 2, "takes JSON"),
        (("set", "new-cart", "--give", "on", "qa-1", *ARM), 2, "user.id=qa-1"),
        (("kill", "sale", "--store", "shop-config", "--for", "5", *ARM), 2, "needs Vercel Flags"),
    ):
        made = mine.run("flags", *words)
        assert (made.code, says in made.err) == (code, True), (words, made.code, made.err)
    assert state(mine) == before


def test_a_value_in_a_store_is_set_and_put_back(mine: Place) -> None:
    made = mine.run("flags", "set", "basket-limit", "--store", "shop-config", "--value", "value", "75", *ARM)
    assert made.code == 0, made.err
    assert "value = 75" in mine.run("flags", "show", "basket-limit", "--store", "shop-config").out
    back = mine.run("flags", "undo", "basket-limit", "--store", "shop-config", *ARM)
    assert back.code == 0, back.err
    assert "value = 60" in mine.run("flags", "show", "basket-limit", "--store", "shop-config").out
