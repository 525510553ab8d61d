"""An export is in its place whole or not at all: in a bucket, on a full disk, where a name is taken meanwhile."""

import csv
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from cli.access.export import export as give
from tests.servers import buckets
from tests.support.giving import publish
from tests.support.publishing import Sql
from weir.access.exports.export import export
from weir.access.exports.wanted import Wanted
from weir.core.errors import WeirError
from weir.core.settings import home


def objects() -> list[str]:
    from obstore.store import from_url

    return sorted(each["path"] for each in from_url("s3://out").list().collect())  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_bucket_gets_the_file_whole(run: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    from obstore.store import from_url

    publish(run)
    with buckets.s3("out") as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        found = export(Wanted("people", "s3://out/finance/p eople.csv", "Ann"))
        assert objects() == ["finance/p eople.csv", "finance/p eople.csv.dictionary.md"]
        data = bytes(from_url("s3://out").get("finance/p eople.csv").bytes())  # type: ignore[union-attr]
        assert len(list(csv.reader(data.decode().splitlines()))) > 3 and len(data) == found.bytes
        with pytest.raises(WeirError, match="is there already: give another name, or --replace"):
            export(Wanted("people", "s3://out/finance/p eople.csv", "Ann"))
        export(Wanted("people", "s3://out/finance/p eople.csv", "Ann", replace=True))
        with pytest.raises(WeirError, match="there is no bucket nowhere: mend --to"):
            export(Wanted("people", "s3://nowhere/p.csv", "Ann"))
        with pytest.raises(WeirError, match="must name a bucket and an object"):
            export(Wanted("people", "s3:///p.csv", "Ann"))
        run("create view analytics.broken as select 1 / (id - 3) as x from analytics.people")
        run("grant select on analytics.broken to weir_analyst")
        with pytest.raises(WeirError, match="DivisionByZero"):
            export(Wanted("broken", "s3://out/broken.csv", "Ann"))
        assert not any("broken" in name for name in objects()), "not a part of it either"
    with pytest.raises(WeirError, match="AWS_… variables and --to"):
        export(Wanted("people", "s3://out/late.csv", "Ann"))
    assert list((home() / "tmp").rglob("*.part")) == []
    assert run("select state, count(*) from ops.exports group by 1 order by 1") == [("failed", 2), ("succeeded", 2)]


def test_a_full_disk_leaves_no_half_file(run: Sql, tmp_path: Path) -> None:
    """The kernel says that it is full: a limit on the size of files stands for a limit on the disk."""
    publish(run)
    run("create table analytics.large as select n, repeat('x', 100) as t from generate_series(1, 50000) as n")
    run("grant select on analytics.large to weir_analyst")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for form in ("csv", "parquet", "jsonl", "xlsx"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
        try:
            with pytest.raises(WeirError, match="can't be written: File too large; nothing was left there"):
                export(Wanted("large", str(tmp_path / f"large.{form}"), "Ann"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [name for name in os.listdir(tmp_path) if "large" in name] == []
    assert run("select distinct state, rows from ops.exports") == [("failed", None)]


def test_a_name_that_is_taken_meanwhile_is_kept(run: Sql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from weir.access.exports import export as module

    publish(run)
    true = module.writer

    def late(form: str):  # type: ignore[no-untyped-def]
        (tmp_path / "p.csv").write_text("another's")
        return true(form)

    monkeypatch.setattr(module, "writer", late)
    with pytest.raises(WeirError, match="is there already"):
        export(Wanted("people", str(tmp_path / "p.csv"), "Ann"))
    assert (tmp_path / "p.csv").read_text() == "another's"
    assert run("select state from ops.exports") == [("failed",)]


def test_the_command_prints_what_was_given(run: Sql, tmp_path: Path) -> None:
    publish(run)

    words = ["people", "--to", str(tmp_path / "p.parquet"), "--for", "Ann", "--columns", 'id, "a ""b,C"']
    command = [sys.executable, "-m", "cli.app", "export", *words]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, timeout=60, check=False)
    assert done.returncode == 0 and f"Export 1: {tmp_path / 'p.parquet'}" in done.stdout and not done.stderr
    with pytest.raises(WeirError, match=r"^--for is missing: weir export MART --to FILE\.csv --for 'Ann, finance'$"):
        give("people", "q.csv", None, None, None)
