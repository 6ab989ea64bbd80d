"""The pinned clients: exact versions, checksums, and no address they were downloaded from."""

from __future__ import annotations

import json

from tests.contract.clients import PINNED


def test_the_lock_pins_the_clients_and_names_no_registry() -> None:
    wanted = json.loads((PINNED / "package.json").read_text())["dependencies"]
    packages = json.loads((PINNED / "package-lock.json").read_text())["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert not [name for name, package in packages.items() if "resolved" in package]
    unchecked = {name for name, package in packages.items() if name and "integrity" not in package}
    assert all("vc-native" in name for name in unchecked), "installing omits the native builds"
