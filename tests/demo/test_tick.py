"""Moving the demo's time on: what happens to rows, that the manifest stays true, that it is the same every time."""

import os
from pathlib import Path

import pytest

from demo.__main__ import main
from demo.corruption import kinds
from demo.corruption.manifest import CHILDREN, Manifest
from tests.support.demo import truth
from tests.support.demo.home import Place, assert_manifest_is_true, digest


def test_ticks(startup: Path) -> None:
    """Two ticks: everything happens that may happen to rows, and the manifest stays true."""
    before, first = truth.read_app(), Manifest.load()
    payments = {row["payment_id"] for row in truth.read_billing()["payments"]}
    assert main(["tick", "--days", "7"]) == 0
    after, second = truth.read_app(), Manifest.load()
    assert os.environ["WEIR_AS_OF"] == "2026-07-08T00:00:00Z"
    assert_manifest_is_true()
    old, new = ({row["user_id"]: row for row in rows["users"]} for rows in (before, after))
    assert {"timezone", "language"} <= set(after["users"][0]) and "locale" not in after["users"][0]
    assert new.keys() - old.keys()
    assert any(new[key]["updated_at"] != old[key]["updated_at"] for key in old.keys() & new.keys())
    late = new[8_000_001]
    assert late["updated_at"] < max(row["updated_at"] for row in before["users"])
    assert any(row["timezone"] for row in after["users"])
    settings = [{(row["account_id"], row["name"]) for row in rows["account_settings"]} for rows in (before, after)]
    assert settings[0] - settings[1]
    assert payments - {row["payment_id"] for row in truth.read_billing()["payments"]}
    assert (truth.folder("DROPS_URL") / "nps" / "nps_2026-07-07.csv").exists()
    own = [{(e.table, e.key, e.kind) for e in entries if e.kind not in CHILDREN} for entries in (first, second)]
    assert own[0] - own[1] and own[1] - own[0]
    assert main(["tick", "--days", "21"]) == 0
    assert_manifest_is_true()
    later = truth.read_app()
    users = [{row["user_id"] for row in rows["users"]} for rows in (after, later)]
    soft = [{row["user_id"] for row in rows["users"] if row["deleted_at"]} for rows in (before, later)]
    assert users[0] - users[1] and soft[1] - soft[0]


@pytest.mark.parametrize("accounts", [10, pytest.param(45, marks=pytest.mark.slow)])
def test_same_seed_same_bytes(place: Place, accounts: int) -> None:
    found = []
    for _ in range(2):
        place()
        assert main(["make", "--accounts", str(accounts), "--seed", "3", "--until", "2025-03-01"]) == 0
        assert {entry.kind for entry in Manifest.load()} - CHILDREN == set(kinds.ALL)
        assert main(["tick", "--days", "14"]) == 0
        assert_manifest_is_true()
        found.append(digest())
    assert found[0] == found[1]
    place()
    assert main(["make", "--accounts", str(accounts), "--seed", "4", "--until", "2025-03-01"]) == 0
    assert digest()["app"] != found[0]["app"]
