"""The flags of a release as commands tell them: against the plan, and that a change hits both tracks."""

from __future__ import annotations

import pytest

from tests.commands.running import Place, Shop
from tests.commands.test_json import check

pytestmark = pytest.mark.slow

PLAN = '[[release.flags]]\nkey = "new-cart"\nat = { 5 = 10, 25 = 25 }\nafter = 100\n'


def planned(place: Place, text: str = PLAN) -> dict[str, str | None]:
    file = place.folder / "plan.toml"
    file.write_text(text, encoding="utf-8")
    return {"COALMINE_CONFIG": str(file)}


def test_a_release_is_shown_with_its_flags_against_the_plan(here: Place) -> None:
    env = planned(here)
    status = here.run("status", "--json", env=env).json
    check("status", status)
    (one,) = here.run("release", "show", "--json", env=env).json["flags"]
    assert (one["key"], one["planned"], one["share_low"], one["share_high"]) == ("new-cart", 10, 25, 25)
    assert one["off_plan"] is True
    shown = here.run("release", "show", env=env).out
    assert "flag      new-cart on: 25 % of people, planned at this stage 10 %: above the plan" in shown
    assert here.run("release", "show", "--json").json["flags"] == []
    lost = here.run("release", "show", env=planned(here, PLAN.replace("new-cart", "no-such")))
    assert "no-such on: not known: " in lost.out
    wrong = here.run("release", "show", env=planned(here, PLAN.replace("after", "afterwards")))
    assert wrong.code == 2
    assert "plan.toml:4: release.flags.0.afterwards: there is no such setting" in wrong.err


def test_a_change_while_a_release_rolls_says_that_it_hits_both_tracks(there: Place, moving: Shop) -> None:
    asked = ("flags", "kill", "new-cart", "--dry-run")
    both = "this hits canary and baseline alike"
    assert both in there.run(*asked).err
    beside = there.run("flags", "set", "new-cart", "--environment", "preview", "--resume", "--dry-run")
    assert beside.err
    assert both not in beside.err, "no visitor of a release sees a preview"
    env = planned(there)
    moving.control("act", {"action": "complete"})
    done = there.run("release", "show", env=env).out
    assert "new-cart on: 25 % of people still; planned after promotion: 100 %" in done
    assert "coalmine flags set new-cart --share on 100" in done
    assert both not in there.run(*asked).err
