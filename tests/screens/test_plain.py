"""Home without a rolling release: never an empty table without a sentence."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from console.canary.stages import Deployment
from console.host import Candidate, Happened, Listed, Slots
from console.ports import Activity, AliasJob, Project, Served
from console.readings import Problem, Reading
from console.world import World
from screens.opening import Opening
from screens.paint import plain
from screens.release.absence import absence
from screens.release.deployments import state_of
from screens.release.marking import Marking
from screens.release.plain import plain_lines
from screens.release.rolling import LOOKED_BACK_MS
from tests.screens import worlds

NOW = worlds.NOW


def candidate(number: int, state: str = "READY", **more: object) -> Candidate:
    deployment = Deployment(
        f"dpl_{number}", f"shop-{number}.vercel.app", "shop", NOW - number * 3_600_000, state, "production",
        f"{number:07d}", f"Change number {number}", "ana",
    )  # fmt: skip
    return Candidate(deployment, **more)  # type: ignore[arg-type]


def listed(*candidates: Candidate) -> Reading[Listed]:
    return Reading(Listed(candidates), NOW, "vercel")


def text(world: World, cells: int = 100, rows: int = 20) -> str:
    return "\n".join(plain(line) for line in plain_lines(world, NOW, cells, rows))


def never() -> World:
    """A project without a rolling release; ``dpl_1`` serves it."""
    project = Project("prj_1", "shop", "team_1", "dpl_1", True, None, False)
    return replace(worlds.no_release_ever(), project=Reading(project, NOW, "vercel"))


def test_the_serving_deployment_and_its_predecessors_stand_there() -> None:
    world = replace(never(), candidates=listed(candidate(1), candidate(2), candidate(3, "ERROR")))
    shown = text(world)
    assert "● " in shown
    assert "serves" in shown
    assert "Change number 2" in shown
    assert "error" in shown


def test_what_happened_lately_stands_below_newest_first() -> None:
    entries = tuple(
        Activity(f"evt_{i}", "deployment", NOW - i * 60_000, f"event {i}", "usr_jo") for i in (9, 5, 1)
    )
    happened = Reading(Happened(entries), NOW, "vercel")
    world = replace(never(), candidates=listed(candidate(1)), activity=happened)
    shown = text(world)
    assert shown.index("event 1") < shown.index("event 5") < shown.index("event 9")


def test_no_list_is_a_sentence_never_an_empty_table() -> None:
    assert "have not been read yet" in text(never())
    problem = Problem("timeout", "Vercel did not answer in time.", "It is asked again.")
    assert "did not answer" in text(replace(never(), candidates=Reading.missing("vercel", problem)))
    assert "push to the production branch" in text(replace(never(), candidates=listed()))


def test_an_old_list_says_how_old_it_is() -> None:
    old = replace(listed(candidate(1)), at=NOW - 6 * 60_000)
    assert "⧗" in text(replace(never(), candidates=old))


def test_while_a_release_is_shown_there_is_nothing_of_it() -> None:
    assert text(replace(worlds.healthy(), candidates=listed(candidate(1)))) == ""


def test_a_release_that_has_been_over_for_long_makes_room_for_the_deployments() -> None:
    release = worlds.aborted().release.value
    assert release is not None
    listing = replace(worlds.aborted(), candidates=listed(candidate(1)))
    assert text(listing) == ""
    old = replace(release, updated_at=NOW - LOOKED_BACK_MS - 1)
    assert "Change number 1" in text(replace(listing, release=Reading(old, NOW, "vercel")))


def test_it_keeps_to_its_rows_and_cells() -> None:
    many = replace(never(), candidates=listed(*(candidate(i) for i in range(1, 40))))
    for cells in (60, 80, 200):
        for rows in (3, 8, 30):
            lines = plain_lines(many, NOW, cells, rows)
            assert len(lines) <= rows
            assert all(len(plain(line)) <= cells for line in lines)


def test_every_state_has_its_own_word() -> None:
    words = {
        state_of(candidate(1), "dpl_1")[1],
        state_of(candidate(2, "ERROR"), "dpl_1")[1],
        state_of(candidate(3, "BUILDING"), "dpl_1")[1],
        state_of(candidate(4, substate="STAGED"), "dpl_1")[1],
        state_of(candidate(5), "dpl_1")[1],
    }
    assert words == {"serves", "error", "building", "staged", "served"}
    assert state_of(candidate(6, substate="ROLLING"), "dpl_1")[1] == "rolling"
    assert state_of(candidate(7, rollback_candidate=False), "dpl_1")[1] == "kept"


def test_a_build_under_way_says_its_state_and_for_how_long() -> None:
    building = candidate(1, "BUILDING", building_at=NOW - 43_000)
    waiting = replace(
        candidate(2, "QUEUED"), deployment=replace(candidate(2, "QUEUED").deployment, created_at=NOW)
    )
    shown = text(replace(never(), candidates=listed(building, waiting, candidate(3))))
    assert "2 builds under way" in shown
    assert "for 43 s" in shown
    assert "queued" in shown


def test_checks_are_summed_up_at_every_width() -> None:
    rows = (
        candidate(1, checks_conclusion="succeeded"),
        candidate(2, checks_conclusion="failed"),
        candidate(3, checks_state="running"),
        candidate(4, checks_alias_state="failed"),
    )
    for cells in (80, 200):
        shown = text(replace(never(), candidates=listed(*rows)), cells).splitlines()
        assert [line.split()[-2:] for line in shown if "Change number" in line] == [
            ["✓", "checks"],
            ["!", "checks"],
            ["…", "checks"],
            ["!", "checks"],
        ]


# --- domains ----------------------------------------------------------------------------------------


def serving(*served: tuple[str, str | None], job: AliasJob | None = None, at: int = NOW) -> World:
    project = Project(
        "prj_1", "shop", "team_1", "dpl_1", True, job, False,
        tuple(name for name, _ in served), served=tuple(Served(*one) for one in served),
    )  # fmt: skip
    world = replace(never(), candidates=listed(candidate(1), candidate(2)))
    return replace(world, project=Reading(project, at, "vercel"))


def test_domains_that_agree_are_one_row() -> None:
    shown = text(serving(("shop.example", "dpl_1"), ("www.shop.example", "dpl_1")))
    assert "✓ all 2 lead to 0000001: shop.example, www.shop.example" in shown


def test_a_move_that_left_one_behind_names_it_and_the_way_out() -> None:
    job = AliasJob("promote", "failed", NOW - 60_000, "dpl_2", "dpl_1")
    shown = text(serving(("shop.example", "dpl_1"), ("www.shop.example", "dpl_2"), job=job))
    assert "● 1 of 2 leads to 0000001: shop.example" in shown
    assert "! 1 of 2 still leads to 0000002: www.shop.example" in shown
    assert "left 1 domain behind; P on it again" in shown
    small = text(serving(("shop.example", "dpl_1"), ("www.shop.example", "dpl_2"), job=job), 80, 8)
    assert "still leads to" in small, "on a small screen, too"


def test_a_move_under_way_says_how_far_it_is() -> None:
    job = AliasJob("rollback", "in-progress", NOW - 1_000, "dpl_2", "dpl_1")
    shown = text(serving(("shop.example", "dpl_1"), ("www.shop.example", "dpl_2"), job=job))
    assert "rollback to 0000001 under way: 1 of 2 domains moved" in shown


def test_domains_that_are_none_unsaid_or_redirect_are_said_as_such() -> None:
    assert "No production domain is assigned" in text(serving())
    assert "? 1 domain with no deployment said: shop.example" in text(serving(("shop.example", None)))
    world = serving(("shop.example", "dpl_1"))
    project = world.project.value
    assert project is not None
    leads = (*project.served, Served("old.example", None, "shop.example"))
    redirecting = replace(world, project=Reading(replace(project, served=leads), NOW, "vercel"))
    assert "redirects old.example → shop.example" in text(redirecting)
    assert "the domain leads to" in text(redirecting)
    assert "⧗" in text(serving(("shop.example", "dpl_1"), at=NOW - 6 * 60_000))
    assert "They have not been read yet." in text(replace(world, project=Reading.missing("vercel")))


# --- what is empty, filtered, marked ----------------------------------------------------------------


def test_no_activity_is_a_sentence() -> None:
    world = replace(never(), candidates=listed(candidate(1)))
    assert "It has not been read yet." in text(world)
    assert "Nothing happened" in text(replace(world, activity=Reading(Happened(()), NOW, "vercel")))


def test_a_filter_says_how_many_it_keeps_and_that_it_keeps_none() -> None:
    world = replace(never(), candidates=listed(*(candidate(i) for i in range(1, 12))))
    found = "\n".join(plain(line) for line in plain_lines(world, NOW, 100, 20, None, "number 1 "))
    assert "1 of 11 match number 1" in found
    none = "\n".join(plain(line) for line in plain_lines(world, NOW, 100, 20, None, "nothing"))
    assert "None of 11 matches nothing" in none


@given(st.integers(0, 39), st.integers(3, 30))
def test_the_mark_is_always_in_sight(place: int, rows: int) -> None:
    world = replace(never(), candidates=listed(*(candidate(i) for i in range(1, 41))))
    lines = [plain(line) for line in plain_lines(world, NOW, 100, rows, f"dpl_{place + 1}")]
    assert [line for line in lines if line.startswith("▸")] == [
        line for line in lines if f"{place + 1:07d}" in line and "Change number" in line
    ]
    assert len(lines) <= rows


def test_the_mark_stays_on_its_deployment_and_keys_apply_to_it() -> None:
    marking, world = Marking(), replace(never(), candidates=listed(candidate(2), candidate(1), candidate(3)))
    one = marking.candidate(world)
    assert one is not None
    assert one.deployment.id == "dpl_1", "what serves, while nothing is marked"
    marking.move(world, 1)
    marking.move(world, 1)
    assert marking.kept_in(world) == "dpl_1"
    newer = replace(world, candidates=listed(candidate(9), candidate(2), candidate(1), candidate(3)))
    marking.move(newer, 1)
    assert marking.kept_in(newer) == "dpl_3"
    marking.pattern = "number 2"
    assert marking.kept_in(newer) is None
    assert marking.candidate(newer) == candidate(2)
    marking.undo()
    assert (marking.pattern, marking.marked) == ("", "dpl_3")
    marking.undo()
    assert marking.marked is None


def test_what_the_account_cannot_have_is_not_recommended() -> None:
    hobby = replace(never(), slots=Reading(Slots("plan_not_supported", 0), NOW, "vercel"))
    full = replace(never(), slots=Reading(Slots("no_available_slots", 0), NOW, "vercel"))
    opening = Opening("open", 0.0)
    for world, says in ((hobby, "plan has no rolling releases"), (full, "slot of the account is free")):
        shown = "\n".join(plain(line) for line in absence(world, opening, NOW, 80))
        assert says in shown
        assert "Switch them on" not in shown
