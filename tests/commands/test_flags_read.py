"""``flags list`` and ``flags show`` against the simulated host: what they tell, and their exit codes."""

from __future__ import annotations

import pytest

from tests.commands.running import Place, Shop
from tests.commands.test_json import check

pytestmark = pytest.mark.slow


def test_the_list_says_how_every_flag_stands(here: Place) -> None:
    document = here.run("flags", "list", "--json").json
    check("flags list", document)
    states = {one["key"]: one["environments"][0]["state"] for one in document["flags"]}
    assert states["new-cart"] == "rules"
    assert states["gift-cards"] == "static"
    assert "legacy-vouchers" not in states
    assert document["flags"][0]["key"] == "new-cart", "changed last"
    shown = here.run("flags", "list", "--tag", "checkout")
    assert shown.code == 0
    assert "2 flags, as Vercel Flags has them at" in shown.out
    assert "payments-fallback  static: off = false for everyone" in shown.out
    assert "1 archived flag," in here.run("flags", "list", "--archived").out
    preview = here.run("flags", "list", "--environment", "preview").out
    assert "copies production (split by user.id:" in preview
    assert "has no environment staging" in here.run("flags", "list", "--environment", "staging").out


def test_a_flag_is_told_with_its_rules_people_history_and_what_is_odd(here: Place) -> None:
    document = here.run("flags", "show", "beta-features", "--json").json
    check("flags show", {**document, "environments": [one_person(document["environments"][0])]})
    assert document["environments"][0]["rules"][0]["conditions"] == 'segment is "beta-testers"'
    assert "The segment beta-testers was changed after this flag was" in document["notes"][0]
    shown = here.run("flags", "show", "new-cart")
    assert shown.code == 0
    assert "applications follow within seconds" in shown.out
    assert "by usr_jo in production: Cart metrics look fine at 10 %" in shown.out
    assert "user.id = u_17, user.id = u_23: on = true" in here.run("flags", "show", "one-page-checkout").out


def one_person(environment: dict[str, object]) -> dict[str, object]:
    """The environment as if somebody were listed in it, so that every key is there."""
    return {**environment, "people": [{"who": "user.id = u1", "variant": "on"}]}


def test_a_store_is_read_in_the_same_words(here: Place) -> None:
    listed = here.run("flags", "list", "--store", "shop-config", "--json").json
    check("flags list", listed)
    assert {one["key"]: one["kind"] for one in listed["flags"]}["basket-limit"] == "number"
    shown = here.run("flags", "show", "basket-limit", "--store", "shop-config")
    assert "everywhere   static: value = 60 for everyone" in shown.out
    assert "backup bak_000003 40 d ago by mia" in shown.out


def test_what_is_not_there_or_does_not_answer_is_no_data(here: Place) -> None:
    for words, said in (
        (("show", "nothing"), "nothing"),
        (("show", "nothing", "--store", "shop-config"), "no flag nothing"),
        (("list", "--store", "nowhere"), "nowhere"),
        (("list", "--store", "shop-config", "--item", "maintenance"), "no object of flags"),
    ):
        done = here.run("flags", *words)
        assert (done.code, done.out) == (4, "")
        assert said in done.err
    away = here.run("flags", "list", env={"COALMINE_VERCEL__API_URL": "http://127.0.0.1:9"})
    assert (away.code, away.out) == (4, "")
    assert here.run("flags", "show").code == 2
    assert here.run("flags", "list", env={"COALMINE_VERCEL__PROJECT_ID": None}).code == 2


def test_a_part_that_is_missing_is_said_and_the_rest_is_told(there: Place, moving: Shop) -> None:
    moving.control("fault", {"path": "/versions", "kind": "status", "status": 500, "times": 9})
    done = there.run("flags", "show", "new-cart", "--json")
    assert done.code == 0
    assert done.json["history"] is None
    assert "The history are not known" not in done.err
    assert "The history is not known" in done.err


def test_hostile_text_is_shown_as_what_it_is(there: Place, moving: Shop) -> None:
    hostile = "a\x1b[2Jb\u202ec\nd [bold]e[/bold]"
    change = {"description": hostile, "message": hostile, "tags": [hostile]}
    moving.control("act", {"action": "flag", "name": "new-cart", "change": change})
    for words in (("list",), ("show", "new-cart"), ("show", "new-cart", "--json")):
        done = there.run("flags", *words)
        assert done.code == 0
        assert "\x1b" not in done.out
        assert "\u202e" not in done.out
        assert "[bold]e[/bold]" in done.out
