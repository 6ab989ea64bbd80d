"""Flags that belong to a release: the plan by stage, the share that is served, and where they part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.stages import ReleaseState
from console.chosen import linked_flags
from console.flags.exposing import exposed
from console.flags.exposure import Exposed, Exposures, Linked, both_tracks, exposure
from console.flags.model import Flag
from console.readings import Reading
from console.settings import SettingsError, combine
from console.world import World
from data.simulator.flag_opening import opening_flags
from data.simulator.history import PEOPLE
from tests.screens import worlds

NOW = worlds.NOW
STORE = opening_flags(1, NOW, "prj_1", "team_1", PEOPLE)
ONE = '[[release.flags]]\nkey = "x"\n'
CART = Linked("new-cart", "on", ((5, 0.0), (25, 10.0), (50, 25.0)), 100.0)


def of(key: str, variant: str = "on") -> Exposed:
    flag = Flag(STORE.flag(key).document)
    return exposed(flag, Linked(key, variant, ((5, 0.0),), 100.0), list(STORE.segments.values()), NOW)


def test_the_share_is_exact_where_hashes_decide_and_a_range_where_rules_do() -> None:
    assert of("new-cart").words == "25 %"
    assert of("new-cart", "off").words == "75 %"
    assert of("delivery-promise").words == "5 %"
    assert of("gift-cards").words == "100 %"
    assert of("payments-fallback").words == "0 %"
    assert of("guest-order-tracking").words == "0 to 50 %"
    assert of("one-page-checkout").words == "0 to 100 %", "a segment may hold anybody"
    assert of("new-cart", "blue").problem == "it has no variant blue; it has off, on"
    assert "archived" in of("legacy-vouchers").problem


@given(st.integers(0, 100), st.integers(1, 100))
def test_the_share_of_a_split_is_its_weight(on: int, off: int) -> None:
    raw = Flag(STORE.flag("new-cart").document).written()
    raw["environments"]["production"]["fallthrough"]["weights"] = {"off": off, "on": on}
    found = exposed(Flag(raw), CART, [], NOW)
    assert found.low == found.high == pytest.approx(100 * on / (on + off), abs=1e-5)


@given(st.floats(0, 100))
def test_a_stage_that_is_not_named_has_the_share_of_the_one_below(percentage: float) -> None:
    wanted = 25.0 if percentage >= 50 else 10.0 if percentage >= 25 else 0.0
    assert CART.planned(percentage) == wanted


def linked(share: float, state: ReleaseState = ReleaseState.ACTIVE) -> World:
    """A canary at 25 %, and so many people with the new cart."""
    world = worlds.healthy()
    release = world.release.value
    assert release is not None
    if state is not ReleaseState.ACTIVE:
        release = replace(release, state=state, percentage=None, active_index=None)
    read = Reading(Exposures((Exposed("new-cart", "on", share, share),)), NOW, "vercel")
    return replace(world, linked=(CART,), exposure=read, release=replace(world.release, value=release))


def test_what_parts_from_the_plan_is_said() -> None:
    assert [one.off_plan for one in exposure(linked(10.4))] == [""]
    (above,) = exposure(linked(25))
    assert above.says == "new-cart on: 25 % of people, planned at this stage 10 %: above the plan"
    assert above.command == "coalmine flags set new-cart --share on 10"
    (below,) = exposure(linked(0))
    assert below.off_plan == "below the plan"
    (unknown,) = exposure(replace(linked(0), exposure=Reading.missing("vercel")))
    assert (unknown.says, unknown.off_plan) == ("new-cart on: not read yet", "")


def test_after_promotion_the_old_share_and_what_changes_it_are_said() -> None:
    (still,) = exposure(linked(25, ReleaseState.COMPLETE))
    assert still.says.endswith("25 % of people still; planned after promotion: 100 %, by a change of its own")
    assert still.command == "coalmine flags set new-cart --share on 100"
    (there,) = exposure(linked(100, ReleaseState.COMPLETE))
    assert (there.command, there.says) == ("", "new-cart on: 100 % of people, as planned after promotion")
    (aborted,) = exposure(linked(25, ReleaseState.ABORTED))
    assert (aborted.says, aborted.off_plan) == ("new-cart on: 25 % of people", "")


def test_a_change_while_a_release_rolls_hits_both_tracks() -> None:
    release = worlds.healthy().release.value
    assert release is not None
    assert "(canary at 25 %): this hits canary and baseline alike" in (both_tracks(release) or "")
    assert both_tracks(replace(release, state=ReleaseState.COMPLETE)) is None
    assert both_tracks(None) is None


def settings(text: str) -> tuple[Linked, ...]:
    return linked_flags(combine(text, Path("/etc/coalmine.toml"), {}, Path("/state")).settings)


def test_the_plan_is_written_in_the_settings() -> None:
    text = '[[release.flags]]\nkey = "new-cart"\nat = { 50 = 25, 5 = 0, 25 = 10 }\nafter = 100\n'
    assert settings(text) == (CART,)
    (other,) = settings('[[release.flags]]\nkey = "x"\nvariant = "b"\nat = { 5 = 1.5 }\n')
    assert (other.variant, other.after) == ("b", 1.5)
    assert settings("") == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{ONE}at = {{ 5 = 101 }}\n", "coalmine.toml:3: release.flags.0.at.5: it has to be at most 100"),
        (f"{ONE}at = {{}}\n", "coalmine.toml:3: release.flags.0.at: it is empty"),
        (ONE, "release.flags.0.at: it has to be set"),
        (f"{ONE}at = {{ 5 = 1 }}\nshare = 3\n", "coalmine.toml:4: release.flags.0.share: there is no such"),
        ('[release]\nflags = "x"\n', "coalmine.toml:2: release.flags: this is a list of tables"),
        (2 * f"{ONE}at = {{ 5 = 1 }}\n", "the flag x with the variant on is there twice"),
    ],
)
def test_what_is_wrong_in_it_is_said_with_its_line(text: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(text)
    assert says in str(caught.value)
