"""Figures, promises and campaigns: what is counted, what is broken, what is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from scipy.stats import binom

from tests.judging import campaign as campaigns
from tests.judging import report, targets
from tests.judging.campaign import Campaign
from tests.judging.cells import AT_LATENCY_MARGIN, FOURFOLD, LATE, MANY, PART, SOME, TWICE, Cell, grid
from tests.judging.families import CALM, CLUMPS, SHARED
from tests.judging.measure import CENSORED, Share, before, delays, ever, median, quantile
from tests.judging.parts import OURS, RANK, Minutes, Played
from tests.judging.streams import EQUAL

pytestmark = [pytest.mark.slow]

EQUALS = Cell(CALM, 200, EQUAL)
WITHOUT_OURS = (RANK,)


def played(
    ours: Sequence[float | None],
    rank: Sequence[float | None] = (),
    promote: Sequence[float | None] = (),
) -> Played:
    never: Minutes = [None] * len(ours)
    return Played({OURS: list(ours), RANK: list(rank) or never}, list(promote) or never, [])


@pytest.mark.parametrize(("hits", "runs"), [(1, 20), (40, 2000), (61, 2000), (1999, 2000)])
def test_bounds_are_exact(hits: int, runs: int) -> None:
    share = Share(hits, runs)
    assert 1 - binom.cdf(hits - 1, runs, share.lower) == pytest.approx(0.05)
    assert binom.cdf(hits, runs, share.upper) == pytest.approx(0.05)
    assert share.lower < share.share < share.upper


def test_bounds_at_the_ends() -> None:
    assert (Share(0, 2000).lower, Share(2000, 2000).upper) == (0, 1)
    assert Share(0, 2000).upper == pytest.approx(0.0015, abs=1e-4)


def test_times_are_from_the_harm_censored_and_without_what_came_before_it() -> None:
    minutes: Minutes = [None, 3.0, 20.0, 20.25, 59.0, 60.0]
    assert delays(minutes, LATE) == [CENSORED, 0.25, 39.0, CENSORED]
    assert before(minutes, LATE) == Share(2, 6)
    assert ever(minutes) == Share(5, 6)
    assert median([]) == CENSORED
    assert quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9) == 9


def test_false_alarms_are_broken_only_beyond_doubt() -> None:
    def found(alarms: int) -> list[targets.Broken]:
        return targets.false_alarms(EQUALS, played([1.0] * alarms + [None] * (2000 - alarms)))

    assert found(40) == []  # 2 % exactly
    assert found(49) == []  # the lower bound is still below
    assert "2.8 % (55 of 2000, at least 2.2 %); promised: at most 2 %" in str(found(55)[0])
    clumps = Cell(CLUMPS, 20, EQUAL)
    assert targets.false_alarms(clumps, played([1.0] * 55 + [None] * 1945)) == []


def test_wrong_promotions_are_counted_at_the_margin_only() -> None:
    wrong = played([None] * 100, promote=[3.0] * 30 + [None] * 70)
    assert targets.wrong_promotions(Cell(SHARED, 20, TWICE), wrong)
    assert targets.wrong_promotions(Cell(SHARED, 20, AT_LATENCY_MARGIN), wrong)
    assert targets.wrong_promotions(Cell(SHARED, 20, EQUAL), wrong) == []


def test_slower_than_rank_and_how_much_sooner() -> None:
    quick, slow = played([1.0] * 9, [5.0] * 9), played([6.0] * 9, [5.0] * 9)
    cell, other = Cell(CALM, 200, FOURFOLD), Cell(CLUMPS, 2000, FOURFOLD)
    assert targets.slower_than_rank(cell, quick) == []
    assert targets.slower_than_rank(cell, slow)
    assert targets.how_much_sooner({cell: quick, other: slow}) == pytest.approx((5 + 5 / 6) / 2)
    assert targets.how_much_sooner({Cell(CALM, 20, FOURFOLD): quick}) is None
    names = {one.where for one in targets.broken({cell: quick, other: slow})}
    assert names == {other.key, "much traffic and harm"}


def test_promotion_must_be_soon() -> None:
    def found(soon: int, middling: int, late: int) -> list[targets.Broken]:
        runs = soon + middling + late
        minutes = [*[4.0] * soon, *[6.0] * middling, *[11.0] * late]
        return targets.promotion(EQUALS, played([None] * runs, promote=minutes))

    assert found(60, 30, 10) == []
    assert found(85, 0, 15) == []  # may be chance
    assert found(80, 0, 20)
    assert found(35, 65, 0)


def test_the_grid_is_whole_and_its_keys_are_names_of_their_own() -> None:
    cells = grid()
    assert len(cells) == 5 * 4 * 3
    assert len({cell.key for cell in cells}) == len(cells)
    assert EQUALS.key == "calm-200-equal"
    assert {cell.full_runs for cell in cells} == {MANY, SOME}


def test_a_campaign_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = Campaign.of(5, tmp_path)
    first = campaign.of_cell(EQUALS, PART + 3, WITHOUT_OURS)
    assert len(first.rollback[RANK]) == PART + 3
    kept = sorted(campaign.folder.rglob("*.json"))
    assert len(kept) == 2

    def no_more(*_: object) -> Played:
        raise AssertionError("made again")

    with monkeypatch.context() as patch:
        patch.setattr(campaigns, "play", no_more)
        assert campaign.of_cell(EQUALS, PART + 3, WITHOUT_OURS) == first
    kept[0].unlink()
    assert campaign.of_cell(EQUALS, PART + 3, WITHOUT_OURS) == first


def test_parts_differ_and_processes_agree(tmp_path: Path) -> None:
    cells = [(Cell(CALM, 20, AT_LATENCY_MARGIN), 8), (Cell(CALM, 200, AT_LATENCY_MARGIN), 6)]
    told: list[tuple[int, int]] = []
    spread = Campaign.of(5, tmp_path / "a").of_cells(
        cells, WITHOUT_OURS, 2, lambda done, all_: told.append((done, all_))
    )
    alone = {cell: Campaign.of(5, tmp_path / "b").of_cell(cell, runs, WITHOUT_OURS) for cell, runs in cells}
    assert spread == alone
    assert told[-1] == (14, 14)


def test_a_fresh_seed_is_kept_with_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Campaign.of(store=tmp_path)
    assert Campaign.of(store=tmp_path) == one
    monkeypatch.setattr(campaigns, "digest_of_sources", lambda: "changed")
    assert Campaign.of(store=tmp_path).seed != one.seed
    assert sorted(path.name for path in (tmp_path / "changed").iterdir()) == ["seed"]


def test_the_digest_follows_the_sources(tmp_path: Path) -> None:
    file = tmp_path / "console" / "canary" / "judge.py"
    file.parent.mkdir(parents=True)
    file.write_text("a = 1\n")
    before_ = campaigns.digest_of_sources(tmp_path)
    file.write_text("a = 2\n")
    assert campaigns.digest_of_sources(tmp_path) != before_


def test_a_part_is_kept_as_json(tmp_path: Path) -> None:
    campaign = Campaign.of(5, tmp_path)
    made = campaign.part(EQUALS, 0, 2, WITHOUT_OURS)
    (file,) = campaign.folder.rglob("*.json")
    assert Played(**json.loads(file.read_text())) == made


def test_the_report_names_cells_figures_and_what_is_not_kept() -> None:
    cell = Cell(CALM, 200, FOURFOLD)
    text = report.page(
        {EQUALS: played([None] * 9 + [7.0], promote=[4.0] * 9 + [None]), cell: played([6.0] * 9, [5.0] * 9)},
        77,
    )
    lines = text.splitlines()
    assert "Seed 77." in lines
    assert any(line.startswith("| calm") and "10.0 %" in line for line in lines)
    assert any(line.startswith("| errors × 4") and "| 6.00" in line and "| 5.00" in line for line in lines)
    assert "- Not kept – calm-200-errors-x-4: median 6.00 min; promised: no slower than" in text
