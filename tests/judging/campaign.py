"""A campaign: parts of cells, kept as they are made, so that a stopped one goes on where it was.

A part's file is written whole and then renamed, and its content follows from seed, cell and number: two
processes that make the same part at once write the same. The folder is named for the sources of judge and
streams and for the seed: a changed judge starts over.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.judging.cells import PART, Cell
from tests.judging.parts import JUDGES, Minutes, Played, play

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / ".proof" / "judging"
SOURCES = ("console/canary", "tests/judging")
ONLY_READ = ("__main__.py", "measure.py", "report.py", "targets.py")
"""Modules that read what was played, and tests: the parts do not follow from them."""


def digest_of_sources(root: Path = ROOT) -> str:
    """Of everything that the parts follow from, as hexadecimal."""
    total = hashlib.sha256()
    for file in sorted(file for folder in SOURCES for file in (root / folder).rglob("*.py")):
        if file.parent.name == "judging" and (file.name in ONLY_READ or file.name.startswith("test_")):
            continue
        total.update(
            f"{file.relative_to(root).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode()
        )
    return total.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Campaign:
    """Where parts are kept, and the seed they are made with."""

    folder: Path
    seed: int

    @classmethod
    def of(cls, seed: int | None = None, store: Path = STORE) -> Campaign:
        """The campaign of these sources. Without a seed: a fresh one, the same until the sources change."""
        folder = store / digest_of_sources()
        if seed is None:
            seed = _fresh(folder)
        return cls(folder / str(seed), seed)

    def part(self, cell: Cell, number: int, runs: int = PART, judges: tuple[str, ...] = JUDGES) -> Played:
        """Part ``number`` of ``cell``: read if it is there, else made and kept."""
        who = "" if judges == JUDGES else "-" + "-".join(judges).replace(" ", "-")
        path = self.folder / cell.key / f"{number}-{runs}{who}.json"
        if path.exists():
            return Played(**json.loads(path.read_text()))
        played = play(cell, self.seed, number, runs, judges)
        _write(path, json.dumps(played.as_json()))
        return played

    def of_cell(self, cell: Cell, runs: int, judges: tuple[str, ...] = JUDGES) -> Played:
        """``runs`` runs of ``cell``, in this process."""
        return together(self.part(cell, *one, judges) for one in _parts(runs))

    def of_cells(
        self,
        cells: Iterable[tuple[Cell, int]],
        judges: tuple[str, ...] = JUDGES,
        workers: int = 1,
        progress: Callable[[int, int], None] = lambda done, all_: None,
    ) -> dict[Cell, Played]:
        """Cells with so many runs each, in so many processes. ``progress``: runs made, of all."""
        wanted = [(cell, *one) for cell, runs in cells for one in _parts(runs)]
        made: dict[tuple[Cell, int], Played] = {}
        done, total = 0, sum(runs for _, _, runs in wanted)
        with ProcessPoolExecutor(workers) as pool:
            futures = {pool.submit(self.part, *one, judges): one for one in wanted}
            for future in as_completed(futures):
                cell, number, runs = futures[future]
                made[cell, number] = future.result()
                done += runs
                progress(done, total)
        return {
            cell: together(made[one[:2]] for one in wanted if one[0] == cell)
            for cell in dict.fromkeys(cell for cell, _, _ in wanted)
        }


def together(parts: Iterable[Played]) -> Played:
    """The runs of several parts, one after the other."""
    rollback: dict[str, Minutes] = {}
    promote: Minutes = []
    culprits: list[list[str]] = []
    for part in parts:
        for name, minutes in part.rollback.items():
            rollback.setdefault(name, []).extend(minutes)
        promote += part.promote
        culprits += part.culprits
    return Played(rollback, promote, culprits)


def _parts(runs: int) -> list[tuple[int, int]]:
    """Number and size of the parts of so many runs."""
    return [(number, min(PART, runs - number * PART)) for number in range(math.ceil(runs / PART))]


def _fresh(folder: Path) -> int:
    """The seed kept in ``folder``, else a new one that nobody has seen; two processes agree on one."""
    path = folder / "seed"
    folder.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f"seed-{os.getpid()}-{secrets.token_hex(4)}")
    mine.write_text(str(secrets.randbits(63)))
    try:
        os.link(mine, path)
    except FileExistsError:
        pass
    finally:
        mine.unlink()
    return int(path.read_text())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    mine.write_text(text)
    mine.replace(path)
