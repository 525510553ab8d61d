"""A warehouse with published marts of every awkward value, and ways to export them and to read the files back."""

import json
from pathlib import Path
from typing import Any

from tests.support.publishing import Sql, release
from weir.project.marts import Mart, manifest_path
from weir.project.personal import Mark

PEOPLE = Mart("people", ("id",), personal={"email": Mark("email")})
ODD = Mart("odd")
TABLES = r"""
    create schema if not exists analytics_next;
    create table analytics_next.people (id bigint not null, email text, plan text, "a ""b,C" integer);
    insert into analytics_next.people values
        (1, 'ann@acme.example', '=1+1', 7), (2, null, '', null), (3, 'bob@acme.example', E'team, "x"\ny', -3);
    comment on column analytics_next.people.plan is 'What they pay for | by the month';
    create table analytics_next.odd (
        small smallint, big bigint, wide numeric, money numeric(12, 2), part real, whole double precision, yes boolean,
        day date, at timestamp, moment timestamptz, doc jsonb, raw json, list text[], id uuid, bytes bytea, t text);
    insert into analytics_next.odd values
        (1, 9223372036854775807, 12345678901234567890.123456789, -0.50, 0.1, 1e-300, true, '2026-02-28',
         '2026-02-28 01:02:03.5', '2026-02-28 01:02:03.123456+02', '{"a": [1, "=x"]}', E'{"k":\n 1}', '{a,null,"b c"}',
         '00000000-0000-0000-0000-000000000001', '\xdead', E'\t\u00fc\\n "quoted"\r\n_x0041_'),
        (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
        (-1, 0, -1, 0, '-Infinity', 'NaN', false, '0001-01-01', '1850-01-01', '0001-01-01 00:00+00', '-1', '"s"', '{}',
         null, '', '@cmd');
"""


def publish(run: Sql) -> None:
    """Publish both marts, and leave the manifest in which the marks stand."""
    run(TABLES)
    declare(PEOPLE, ODD)
    release(marts=(PEOPLE, ODD))


def declare(*marts: Mart) -> None:
    """Write dbt's manifest, as far as Weir reads it."""
    nodes = {
        f"model.x.{mart.name}": {
            "resource_type": "model", "schema": "analytics_next", "name": mart.name,
            "config": {"materialized": "table", "meta": {"grain": list(mart.grain)}},
            "columns": {name: {"config": {"meta": {"pii": mark.kind}}} for name, mark in mart.personal.items()},
        } for mart in marts
    }  # fmt: skip
    manifest_path().parent.mkdir(parents=True, exist_ok=True)
    manifest_path().write_text(json.dumps({"nodes": nodes, "sources": {}}))


def sheet(path: Path, name: str = "Data") -> list[tuple[Any, ...]]:
    """The rows of a sheet."""
    from openpyxl import load_workbook

    return list(load_workbook(path, read_only=True)[name].iter_rows(values_only=True))
