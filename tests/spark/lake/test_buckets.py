"""A lake in a bucket: the same files, whole or not there."""

import pytest

from tests.servers import buckets
from tests.spark.lake.conftest import Lakeside
from weir import warehouse
from weir.core.errors import WeirError
from weir.core.settings import home
from weir.spark.back.contracts import Target
from weir.spark.back.copy import copy_back
from weir.spark.lake.small import send_small

pytestmark = pytest.mark.slow


def test_raw_goes_to_a_bucket_and_comes_back(lakeside: Lakeside, monkeypatch: pytest.MonkeyPatch) -> None:
    from obstore.store import from_url

    lakeside.make()
    lakeside.run(
        "insert into raw_app.users (id, name, _dlt_load_id) select n, 'n' || n, 'l1' from generate_series(1, 9) n"
    )
    lakeside.landed("users", "l1", 9)
    with buckets.s3("lake") as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WEIR_LAKE", "s3://lake/of/ours")
        assert lakeside.send().rows == 9 and lakeside.send().files == 0
        with warehouse.connect() as connection:
            send_small(connection, lakeside.lake())
        store = from_url("s3://lake/of/ours")
        names = {each["path"] for part in store.list() for each in part}
        assert {"weir-lake.json", "raw_app/users/l1.parquet"} < names and len(names) == 4
        lakeside.run("create table public.back (id bigint, name text)")
        with warehouse.connect(warehouse.Role.OWNER) as connection:
            target = Target("public", "back", {"id": "bigint", "name": "text"})
            files = sorted(lakeside.lake().store.sizes("raw_app/users"))
            assert copy_back(connection, lakeside.lake().store, files, target) == 9
        assert lakeside.run("select id, name from raw_app.users except all select * from public.back") == []
        store.put("raw_app/users/l1.parquet", b"PAR1 cut")
        assert lakeside.send().files == 1
        store.put("raw_app/users/more.parquet", b"a stranger's")
        with pytest.raises(WeirError, match=r"s3://lake/of/ours/raw_app/users/more\.parquet is none of Weir's files"):
            lakeside.send()
        monkeypatch.setenv("WEIR_LAKE", "s3://nowhere/lake")
        with pytest.raises(WeirError, match="there is no bucket nowhere: mend WEIR_LAKE"):
            lakeside.lake()
    assert [path for path in (home() / "tmp").rglob("*") if path.is_file()] == []
