"""Reads where no log can be read: by the server's own counts, and by lines of pgaudit."""

import psycopg
import pytest

from cli.access.usage import show_usage
from tests.servers.counting import counting_server
from weir import warehouse as wh
from weir.access.reads import log
from weir.access.reads.collect import collect
from weir.warehouse import Role


@pytest.mark.slow
def test_a_server_that_only_counts(home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with counting_server() as url:
        monkeypatch.setenv("WAREHOUSE_URL", url)
        wh.ensure()
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute(
                "create table analytics.dim (id int, plan text); grant select on analytics.dim to weir_analyst"
            )
            owner.execute("create role ann login in role weir_analyst")
            assert "keeps no log" in collect().why_not, "nothing counts yet"
            owner.execute("create extension pg_stat_statements")

            def ask(times: int) -> None:
                with psycopg.connect(url, user="ann", autocommit=True) as ann:
                    for number in range(times):
                        ann.execute(f"select plan from analytics.dim where plan = 'secret {number}'")

            ask(3)
            found = collect()
            assert (found.reads, found.is_counted, found.why_not) == (3, True, "")
            assert collect().reads == 0, "each read once"
            ask(2)
            assert collect().reads == 2
            owner.execute("select pg_stat_statements_reset()")
            ask(1)
            assert collect().reads == 1, "the server has begun to count anew"
            query = """select r.login, r.role, t.table_name, sum(r.calls), t.columns
                from ops.reads as r inner join ops.read_tables as t using (question_id) group by 1, 2, 3, 5"""
            rows = owner.execute(query).fetchall()
            assert rows == [("ann", "weir_analyst", "dim", 6, ["plan"])]
            kept = "".join(map(str, owner.execute("select * from ops.read_questions").fetchall()))
            assert "secret" not in kept
        show_usage(None, 30)
        shown = capsys.readouterr().out
        assert "who and how often is known, not when" in " ".join(shown.split()) and "6 statements of 1 login" in shown
        wh.connect(Role.OWNER).close()


def test_lines_of_pgaudit() -> None:
    """As pgaudit 1.7 has written them."""
    line = (b'{"timestamp":"2026-11-27 01:17:42.747 UTC","user":"ann","dbname":"shop","session_id":"6b08da36.7a14",'
            b'"error_severity":"LOG","message":"AUDIT: SESSION,%s","query_id":-52}')  # fmt: skip

    def told(text: bytes) -> log.Entry | None:
        return log.entry_of(line % text, set(), "shop")

    statement = rb"select a, !!b!! from t where b = 'o,!!hara!!';".replace(b"!", rb"\"")
    entry = told(b"1,1,READ,SELECT,,," + rb"\"" + statement + rb"\"" + b",<not logged>")
    assert entry and entry.text == 'select a, "b" from t where b = \'o,"hara"\';'
    assert (entry.number, entry.ms, entry.audited) == (-52, None, "6b08da36.7a14 1")
    again = told(b"1,1,READ,SELECT,TABLE,public.u,select 1,<not logged>")
    assert again and again.audited == entry.audited, "one line per table of the statement"
    assert told(b"2,1,READ,PREPARE,,,prepare q as select a from t;,<not logged>") is None
    assert told(b"4,2,READ,DECLARE CURSOR,,,declare c cursor for select a from t;,<not logged>") is None
    assert told(b"4,1,WRITE,INSERT,,,insert into t values (1),<not logged>") is None
