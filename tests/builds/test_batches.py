"""A mart that dbt builds batch by batch: a batch that fails keeps the set from readers, and its reason is told."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.small_company import Company
from weir.dbt import selection
from weir.dbt.build import build_set
from weir.dbt.engine import Dbt, prepare
from weir.dbt.results import BatchReasons, summary

DAYS = """
{{ config(
    materialized='incremental', incremental_strategy='microbatch', unique_key='order_id', event_time='ordered_at',
    batch_size='month', begin='2026-05-01'
) }}
select
    order_id,
    100 / (amount - 13) as ratio,
    cast('2026-06-01' as timestamp) + order_id * interval '1 month' as ordered_at
from {{ ref('stg_shop__orders') }}
where order_id + 6 = extract(
    month from cast('{{ model.batch.event_time_start if model.batch else "2026-01-01" }}' as date)
)
"""


def test_a_batch_that_fails_is_a_fault_with_its_reason(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest.land import land_sources
    from weir.core.errors import WeirError
    from weir.project.sources import read_plan
    from weir.publish.publication import publish_set

    company = Company(tmp_path, monkeypatch)
    company.orders(1, 1)
    company.orders(2, 2, amount="13.00")  # the batch of August divides by zero
    company.orders(3, 3)
    company.people("a.csv", ["ada@example.com,Ada"])
    (tmp_path / "project/models/marts/fct_ratios.sql").write_text(DAYS)
    as_of = datetime(2026, 7, 1, tzinfo=UTC)
    land_sources(read_plan(tmp_path / "project"), run_id="one", as_of=as_of)
    prepare(as_of, "one")
    built = build_set(Dbt("--quiet"), selection.by_hand(), "one", as_of)
    assert not built.passed
    assert built.counts["partial success"] == 1
    assert built.sentence.startswith("model fct_ratios (models/marts/fct_ratios.sql): 1 of ")
    assert "batches failed, the first from 2026-08-01 00:00:00+00:00 on: " in built.sentence
    assert "division by zero" in built.sentence
    with pytest.raises(WeirError, match="the build or its tests failed: model fct_ratios"):
        publish_set("one", as_of)


@pytest.mark.parametrize("status", ["partial success", "error", "fail", "runtime error", "a word of a later version"])
def test_every_status_that_is_not_known_to_be_good_is_a_fault(status: str) -> None:
    node = SimpleNamespace(name="m", resource_type="model", original_file_path="m.sql", unique_id="model.m")
    good = [SimpleNamespace(node=node, status=word, message="OK") for word in ("success", "pass", "warn", "no-op")]
    assert summary(good).passed
    built = summary([*good, SimpleNamespace(node=node, status=status, message="this is why")])
    assert (built.passed, built.faults) == (False, ["model m (m.sql): this is why"])
    skipped = SimpleNamespace(node=node, status="skipped", message=None)
    assert summary([*good, skipped]).faults == ["model m (m.sql): skipped"], "nothing else says why it is not there"
    assert len(summary([skipped, SimpleNamespace(node=node, status=status, message="why")]).faults) == 1


def test_the_first_reason_of_a_model_is_kept() -> None:
    def event(name: str, unique_id: str, exc: str) -> SimpleNamespace:
        return SimpleNamespace(info=SimpleNamespace(name=name), data=SimpleNamespace(unique_id=unique_id, exc=exc))

    reasons = BatchReasons()
    reasons(event("NodeFinished", "model.m", "nothing"))
    reasons(event("GenericExceptionOnRun", "model.m", "Exception on worker thread. division by zero"))
    reasons(event("GenericExceptionOnRun", "model.m", "Exception on worker thread. another"))
    assert reasons == {"model.m": "division by zero"}
