"""What the manifest says of a mart."""

import json
from pathlib import Path

from weir.project.marts import marts


def test_a_mart_knows_its_key_by_the_manifest(tmp_path: Path) -> None:
    config = {"materialized": "batched", "event_time": "day", "batch_size": "month", "by": "account_id"}
    node = {"name": "usage", "resource_type": "model", "schema": "analytics_next", "config": config}
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": {"model.weir.usage": node}}))
    assert [mart.by for mart in marts(tmp_path / "manifest.json")] == ["account_id"]
