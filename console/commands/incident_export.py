"""``coalmine incident export``: the review as files that people go on with."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from console.commands.incident_looking import none_of
from console.commands.incident_options import ID, JSON
from console.commands.incidents_here import incidents_here
from console.commands.shared import DONE, REFUSED, answer, explain, run, say


@click.command("export")
@ID
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder, made where it is missing; else the current one.",
)
@click.option("--names", is_flag=True, help="People by their names, and not by their roles.")
@click.option("--force", is_flag=True, help="Write over what somebody has edited.")
@JSON
def export(incident_id: str, output: Path, names: bool, force: bool, as_json: bool) -> None:
    """Write the review: INC-1.md, and a picture (SVG) of each pinned plot beside it.

    What the ledger knows is filled in; what only people know is a question. The same ledger gives the same
    bytes. A file that somebody has edited stays as it is, without --force.
    """
    sys.exit(run(_exported(incident_id, output, names, force, as_json)))


async def _exported(incident_id: str, output: Path, names: bool, force: bool, as_json: bool) -> int:
    from console.incidents.exported import sealed
    from console.incidents.review_document import document_of

    with incidents_here() as at:
        material = await at.desk.material(incident_id)
    if material is None:
        return none_of(incident_id)
    document = document_of(material, names=names)
    files = {output / name: sealed(picture) for name, picture in document.pictures}
    files[output / f"{document.name}.md"] = sealed(document.markdown)
    kept = [] if force else [path for path in files if _edited(path)]
    why = "" if kept else _written(files)
    if as_json:
        answer(
            {
                "id": incident_id,
                "outcome": "refused_here" if kept or why else "done",
                "files": [str(path) for path in files],
                "edited": [str(path) for path in kept],
                "why": why or None,
                "remarks": list(document.remarks),
                "seq": material.head.seq,
            }
        )
        return REFUSED if kept or why else DONE
    for remark in document.remarks:
        explain(f"Look again: {remark}")
    for path in kept:
        explain(f"{path} was edited since, or is of somebody else: nothing was written.")
    if kept:
        explain("Write somewhere else (--output DIR), or over it: --force")
    elif why:
        explain(why)
    else:
        for path in files:
            say(str(path))
    return REFUSED if kept or why else DONE


def _edited(path: Path) -> bool:
    """Whether something stands there that an export does not write over."""
    from console.incidents.exported import edited

    try:
        return edited(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, UnicodeDecodeError):
        return True


def _written(files: dict[Path, str]) -> str:
    """Write them, the document last; why that did not go, if so."""
    from data.atomic import replacing

    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(text)
        except OSError as error:
            return f"{path} could not be written: {error.strerror}. Name another folder: --output DIR"
    return ""
