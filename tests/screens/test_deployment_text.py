"""What the deployment view says: of the deployment, its checks and its log, also where there is nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.host import BuildLine, Candidate, Check, Detail, Listed
from console.looking import BuildLog, LogState
from console.ports import Project, Served
from console.readings import Problem, Reading, Rhythm
from console.world import World
from screens.deployment.about import about_lines
from screens.deployment.checks import check_lines, checks_in_full, state_of
from screens.deployment.log_text import heading, nothing, row, text_of, wrapped
from screens.paint import plain
from tests.screens import worlds
from tests.screens.test_plain import candidate

NOW = worlds.NOW
RHYTHM = Rhythm.of(5_000)
LATE = Problem("timeout", "Vercel did not answer in time.", "It is asked again.")
GONE = Problem("not_found", "Vercel knows no build log of dpl_1.", "Look whether the id is right.")


def world() -> World:
    project = Project(
        "prj_1", "shop", "team_1", "dpl_1", True, None, False,
        served=(Served("shop.example", "dpl_1"), Served("www.shop.example", "dpl_9")),
    )  # fmt: skip
    return replace(worlds.no_release_ever(), project=Reading(project, NOW, "vercel"))


def about(
    one: Candidate,
    *,
    at: int = NOW,
    problem: Problem | None = None,
    base: World | None = None,
    cells: int = 120,
) -> str:
    detail = Reading(Detail(one), at, "vercel", problem)
    lines = about_lines(base or world(), one.deployment.id, None, detail, RHYTHM, NOW, cells)
    assert all(len(plain(line)) <= cells for line in lines)
    return "\n".join(plain(line) for line in lines)


def test_what_a_deployment_is_stands_there() -> None:
    one = candidate(
        1, substate="PROMOTED", branch="main", creator="jo", source="git",
        building_at=NOW - 3_600_000, ready_at=NOW - 3_540_000,
    )  # fmt: skip
    shown = about(one)
    for part in (
        "● serves", "Change number 1", "READY, promoted", "production", "branch main",
        "commit by ana, made by jo (git)", "after a build of 60 s", "1 of 2 production domains", "shop",
    ):  # fmt: skip
        assert part in shown


def test_a_build_says_how_long_it_waits_builds_or_failed_after() -> None:
    assert "waiting 60 min" in about(candidate(1, "QUEUED"))
    assert "building for 20 s" in about(candidate(1, "BUILDING", building_at=NOW - 20_000))
    failed = candidate(1, "ERROR", building_at=NOW - 60_000, ended_at=NOW - 20_000, error="exited with 1")
    assert "! failed" in about(failed)
    assert "after 40 s" in about(failed)
    assert "! exited with 1" in about(failed)
    assert "! canceled" in about(replace(candidate(1, "CANCELED"), ended_at=NOW))


def test_its_part_in_a_release_is_said() -> None:
    base = replace(worlds.healthy(), project=world().project)
    canary = Candidate(worlds.CANARY, substate="ROLLING")
    assert "canary of the release: 25 % of the visitors" in about(canary, base=base)
    assert "the domains are the baseline's" in about(canary, base=base)
    assert "baseline of the release: 75 % of the visitors" in about(Candidate(worlds.BASELINE), base=base)


def test_what_is_old_or_only_listed_says_so() -> None:
    assert "⧗ stale" in about(candidate(1), at=NOW - 60_000, problem=LATE)
    assert "did not answer in time" in about(candidate(1), problem=LATE)
    lines = about_lines(world(), "dpl_1", candidate(1), Reading.missing("vercel", LATE), RHYTHM, NOW, 100)
    assert "only the list's word for it" in "\n".join(plain(line) for line in lines)
    unknown = about_lines(world(), "dpl_x", None, Reading.missing("vercel", GONE), RHYTHM, NOW, 100)
    assert "knows no build log" in "\n".join(plain(line) for line in unknown)
    asking = about_lines(world(), "dpl_x", None, Reading.missing("vercel"), RHYTHM, NOW, 100)
    assert "asking the host" in "\n".join(plain(line) for line in asking)


# --- checks -------------------------------------------------------------------------------------------

RED = Check(
    "c1",
    "End to end",
    "completed",
    "failed",
    True,
    "deployment-promotion",
    "https://ci/1",
    2,
    NOW - 9_000,
    NOW - 6_000,
    "1 of 42 failed",
)
RUNNING = Check("c2", "Unit", "running", None, True, "deployment-alias", version=2)
FINE = Check("c3", "Lighthouse", "completed", "succeeded", True, version=1)
SKIPPED = Check("c4", "Links", "completed", "skipped", False, version=1)


def checks(*found: Check, cells: int = 80, most: int = 10, **more: object) -> str:
    reading = Reading(found, NOW, "vercel", **more)  # type: ignore[arg-type]
    lines = check_lines(reading, RHYTHM, NOW, cells, most)
    assert len(lines) <= most
    assert all(len(plain(line)) <= cells for line in lines)
    return "\n".join(plain(line) for line in lines)


def test_checks_are_counted_and_the_worst_stands_first() -> None:
    shown = checks(FINE, SKIPPED, RUNNING, RED)
    assert "! 1 not passed   … 1 under way   (2 hold something back)   ✓ 1 passed" in shown
    order = [shown.index(one.name) for one in (RED, RUNNING, FINE, SKIPPED)]
    assert order == sorted(order)
    assert "holds back promotion" in shown
    assert "holds back domains" in shown
    assert "gates deployment" in shown
    assert "6 s ago" in shown


def test_what_does_not_fit_is_counted() -> None:
    assert "… 3 more: c" in checks(FINE, SKIPPED, RUNNING, RED, most=3)
    assert len(checks(FINE, RED, most=1).splitlines()) == 1


def test_no_checks_unknown_checks_and_old_checks_are_sentences() -> None:
    assert "No check has run" in checks()
    assert "! not up to date: Vercel did not answer" in checks(FINE, problem=LATE)
    missing = check_lines(Reading.missing("vercel", LATE), RHYTHM, NOW, 100, 5)
    assert "did not answer in time" in plain(missing[0])
    assert "asking the host" in plain(check_lines(Reading.missing("vercel"), RHYTHM, NOW, 100, 5)[0])


def test_a_check_in_full_has_all_that_is_known() -> None:
    shown = "\n".join(plain(line) for line in checks_in_full(Reading((RED, FINE), NOW, "vercel"), NOW, 90))
    for part in (
        "failed",
        "status completed",
        "1 of 42 failed",
        "https://ci/1",
        "version 2",
        "no link given",
    ):
        assert part in shown
    assert "No check" in plain(checks_in_full(Reading((), NOW, "vercel"), NOW, 90)[0])


@pytest.mark.parametrize("conclusion", ["failed", "canceled", "timeout", "stale", None])
def test_what_did_not_pass_is_never_shown_as_passed(conclusion: str | None) -> None:
    assert state_of(replace(FINE, conclusion=conclusion))[0] == "!"


# --- the log ------------------------------------------------------------------------------------------


def log(state: LogState, *texts: str, problem: Problem | None = None, since: int = NOW - 3_000) -> BuildLog:
    lines = [BuildLine(NOW, text, error="rror" in text) for text in texts]
    errors = sum(line.error for line in lines)
    return BuildLog(lines, errors, state, since, NOW - 1_000, problem)


def head(one: BuildLog, *, following: bool = True, pattern: str = "") -> str:
    return plain(heading(one, len(one.lines), pattern, following, NOW, 100))


def test_the_heading_says_how_much_how_bad_and_whether_it_follows() -> None:
    assert "2 lines   ! 1 error   ▼ following, asked 1 s ago" in head(log(LogState.FOLLOWING, "a", "Error"))
    assert "standing still" in head(log(LogState.FOLLOWING, "a"), following=False)
    assert "G follows again" in head(log(LogState.FOLLOWING, "a"), following=False)
    assert "complete" in head(log(LogState.ENDED, "a"))
    assert "reading it, 3 s" in head(log(LogState.ASKING))
    failed = head(log(LogState.FAILED, "a", problem=LATE))
    assert "not read to its end: Vercel did not answer in time." in failed
    assert "1 match x" in head(log(LogState.ENDED, "x"), pattern="x")


def said(one: BuildLog, detail: Detail | None = None) -> str:
    return " ".join(plain(line).strip() for line in nothing(one, detail, NOW, 80))


def test_where_there_is_no_log_the_reason_stands() -> None:
    assert "3 s so far. esc leaves it" in said(log(LogState.ASKING))
    queued = Detail(candidate(1, "QUEUED"), in_queue=True)
    assert "behind another build, 60 min so far" in said(log(LogState.FOLLOWING), queued)
    assert "No line yet" in said(log(LogState.FOLLOWING), Detail(candidate(1, "BUILDING")))
    assert "No log is kept: it was built elsewhere" in said(
        log(LogState.ENDED), Detail(candidate(1), no_build="it was built elsewhere and uploaded as it is")
    )
    assert "did not say why (the deployment is 60 min old)" in said(log(LogState.ENDED), Detail(candidate(1)))
    assert "canceled" in said(log(LogState.ENDED), Detail(candidate(1, "CANCELED")))
    assert "No log is kept here for this token: Vercel knows no build log" in said(
        log(LogState.FAILED, problem=GONE)
    )
    assert "could not be read: Vercel did not answer" in said(log(LogState.FAILED, problem=LATE))


def test_lines_are_harmless_and_errors_have_a_glyph_and_a_word() -> None:
    nasty = BuildLine(NOW, "\x1b[32mok\x1b[0m\tdone \x1b[2J\x07[red]x[/]\r\n", error=True)
    assert text_of(nasty) == "ok  done ␛[2J␇[red]x[/]"
    shown = plain(row(nasty, 0, wrapped(nasty, 60)[0], False))
    assert "! error  ok" in shown
    assert "\x1b" not in shown
    assert plain(row(nasty, 0, "x", True)).startswith("▸")


def test_a_long_line_takes_rows_and_loses_nothing() -> None:
    long = BuildLine(NOW, "word " * 40)
    rows = wrapped(long, 30)
    assert all(len(one) <= 30 for one in rows)
    assert " ".join(rows).split() == long.text.split()


def test_the_list_gives_what_it_knows_until_the_deployment_is_read() -> None:
    listed = replace(world(), candidates=Reading(Listed((candidate(1),)), NOW, "vercel"))
    lines = about_lines(listed, "dpl_1", candidate(1), Reading.missing("vercel"), RHYTHM, NOW, 100)
    assert "Change number 1" in plain(lines[0])
