"""The whole chain as it stands in life, at its own speed: programs, and a Prometheus that scrapes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.commands.running import Place, simulating
from tests.servers import prometheus, scraping

pytestmark = pytest.mark.slow

QUICK = {
    "COALMINE_PROMETHEUS__SCRAPE_S": "1",
    "COALMINE_POLL__METRICS_S": "2",
    "COALMINE_POLL__RELEASE_S": "2",
    "COALMINE_JUDGE__WARMUP_S": "10",
}


@pytest.mark.timeout(180)
def test_watch_says_rollback_of_what_prometheus_has_scraped(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    with (
        simulating("--scenario", "error-spike") as shop,
        prometheus(tmp_path / "prometheus", scraping(shop.ready.metrics_url)) as base,
    ):
        settings = {**shop.settings, **QUICK, "COALMINE_PROMETHEUS__URL": base}
        here = Place(tmp_path, {**settings, "COALMINE_STATE_DIR": str(tmp_path / "state")})
        with here.running("watch", "--json") as child:
            assert child.stdout is not None
            said = []
            for line in child.stdout:
                told = json.loads(line)
                if told.get("kind") == "verdict.changed":
                    said.append(told["payload"]["word"])
                if said and said[-1] == "rollback":
                    break
            shown = here.run("release", "show", "--json").json
            child.send_signal(signal.SIGTERM)
            assert here.ended(child).code == 0
        assert "promote" not in said
        verdict = shown["verdict"]
        assert verdict["word"] == "rollback"
        assert verdict["reasons"][0].startswith("error rate")
        truth = shop.control("truth")
        assert truth["effects"]["error_rate"] > 5
