"""Write the JSON Schemas of the control interface: ``python -m data.simulator.schemas FOLDER``."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from data.simulator import answers


def schemas() -> dict[str, str]:
    """File name → its text."""
    made = {}
    for model in answers.ALL:
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", model.__name__).lower()
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
        made[f"{name}.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return made


def write(folder: Path) -> None:
    """Write all schemas into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m data.simulator.schemas FOLDER")
    write(Path(sys.argv[1]))
