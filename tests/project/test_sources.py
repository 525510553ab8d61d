"""A mistake in a source file names file, source, table and key."""

import pytest

from weir.core.errors import WeirError
from weir.project.sources import read_plan

GOOD = """
version: 2
sources:
  - name: app
    schema: raw_app
    config: {meta: {connection: APP_URL}}
    tables:
      - name: users
        config: {meta: {key: id, overlap: 2 days, from: legacy.user_table}}
  - name: ops
    tables: [{name: runs}]
"""


def plan(tmp_path, text):
    (tmp_path / "models").mkdir(exist_ok=True)
    (tmp_path / "models" / "s.yml").write_text(text)
    return read_plan(tmp_path)


def test_reads_what_is_declared(tmp_path):
    (source,) = plan(tmp_path, GOOD).sources
    assert (source.name, source.connection) == ("app", "APP_URL")
    assert (source.tables[0].key, source.tables[0].origin) == (["id"], "legacy.user_table")


def test_keys_of_ones_own(tmp_path):
    text = GOOD.replace("connection: APP_URL", "connection: APP_URL, custom: [owner], owner: anna")
    text = text.replace("key: id", "key: id, owner: bert, pii: true, custom: [pii]")
    (source,) = plan(tmp_path, text).sources
    assert source.tables[0].key == ["id"]
    plan(tmp_path, GOOD.replace("key: id", "key: id, custom: {owner: anna}"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("key: id", "kee: id", "models/s.yml: source app, table users: meta has no key 'kee': did you mean 'key'?"),
        (
            "key: id",
            "key: id, schema: legacy",
            "table users: meta has no key 'schema': a table of another schema is named by `from: schema.table`",
        ),
        ("key: id", "key: id, paginator: auto", "table users: meta has no key 'paginator': write it under `endpoint`"),
        (
            "key: id",
            "key: id, owner: anna, pii: true",
            "models/s.yml: source app, table users: meta has no key 'owner', 'pii': it takes append_only, compare,",
        ),
        (
            "key: id",
            "key: id, owner: anna",
            "keys of your own are named by `custom: [owner]`, or stand",
        ),
        ("key: id", "key: id, columns: [a]", "table users: meta has no key 'columns'"),
        ("connection: APP_URL", "connection: APP_URL, team: x", "models/s.yml: source app: meta has no key 'team'"),
        (
            "connection: APP_URL",
            "connection: APP_URL, tables: 5",
            "models/s.yml: source app: key 'tables': in meta it says",
        ),
        (
            "- name: users",
            "- name: 'a; b'",
            "key 'name': a name with signs that mean something in SQL",
        ),
        ("key: id", "key: {a: 1}", "models/s.yml: source app, table users: key 'key'"),
        (
            "key: id",
            "key: id, compare: digets",
            "table users: key 'compare': Input should be 'whole', 'digest' or 'auto'",
        ),
        ("key: id", "key: id, append_only: true", "source app, table users: append_only needs `key` and `cursor`"),
        ("- name: users", f"- name: {'u' * 64}", "key 'name': PostgreSQL keeps 63 bytes of a name: call it shorter"),
        ("2 days", "2 fortnights", "table users: key 'overlap': '2 fortnights' is no length of time"),
        ("raw_app", "app", "models/s.yml: source app: schema must be raw_app"),
        ("- name: users", "- nam: users", "models/s.yml: source app: a table has no name"),
        ("{meta: {connection: APP_URL}}", "[1", "models/s.yml line"),
        ("connection: APP_URL", "connection: 5", "source app: key 'connection'"),
        ("- name: app", "- nme: app", "models/s.yml: a source has no name"),
        ("version: 2", "- 2", "models/s.yml"),
        (GOOD, "sources: 5", "models/s.yml: sources must be a list"),
        (
            "tables: [{name: runs}]",
            "config: {meta: {connection: X_URL}}\n    schema: raw_ops\n    tables: 5",
            "models/s.yml: source ops: tables must be a list",
        ),
        ("- name: users", "- name: users\n        columns: 5", "table users: columns must be a list"),
    ],
)
def test_names_the_mistake(tmp_path, old, new, says):
    assert old in GOOD
    with pytest.raises(WeirError) as error:
        plan(tmp_path, GOOD.replace(old, new))
    assert says in str(error.value) and "\n" not in str(error.value)


def test_declared_twice_and_not_declared(tmp_path):
    with pytest.raises(WeirError, match=r"app\.users is declared twice"):
        plan(tmp_path, GOOD + GOOD.split("sources:\n")[1].split("  - name: ops")[0])
    good = plan(tmp_path, GOOD)
    with pytest.raises(WeirError, match="no source 'ap' is declared: did you mean 'app'"):
        good.pick(["ap"], None)
    with pytest.raises(WeirError, match="no source 'zzz' is declared: there is app"):
        good.pick(["zzz"], None)
    with pytest.raises(WeirError, match=r"no table 'app\.user' is declared: did you mean 'app\.users'"):
        good.pick(None, ["app.user"])
    assert [s.name for s in good.pick(None, ["app.users"])] == ["app"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("- name: users", "- name: users\n        key: id",
         "s.yml: source app, table users: key is read under config.meta only: write `config: {meta: {key: …}}`"),
        ("config: {meta: {key: id", "config: {exclude: [secret], meta: {key: id",
         "s.yml: source app, table users: config.exclude is read under config.meta only"),
        ("config: {meta: {connection: APP_URL}}", "config: {connection: APP_URL}",
         "s.yml: source app: config.connection is read under config.meta only"),
        ("config: {meta: {connection: APP_URL}}", "connection: APP_URL",
         "s.yml: source app: connection is read under config.meta only"),
        ("schema: raw_app", "schema: raw_app\n    decription: the shop",
         "s.yml: source app: there is no key decription: did you mean 'description'?"),
        ("- name: users", "- name: users\n        zzz: 1",
         "table users: there is no key zzz: keys of your own stand under"),
    ],
)  # fmt: skip
def test_a_key_that_nothing_reads_is_named(tmp_path, old, new, says):
    with pytest.raises(WeirError) as fault:
        plan(tmp_path, GOOD.replace(old, new))
    assert says in str(fault.value)


def test_the_keys_of_dbt_are_known(tmp_path):
    from dataclasses import fields

    from dbt.artifacts.resources import SourceConfig
    from dbt.cli.main import dbtRunner  # noqa: F401  imported first, or dbt's modules go round in a circle
    from dbt.contracts.graph.unparsed import UnparsedSourceDefinition, UnparsedSourceTableDefinition

    from weir.project import keys

    for ours, theirs in ((keys.SOURCE, UnparsedSourceDefinition), (keys.TABLE, UnparsedSourceTableDefinition),
                         (keys.CONFIG, SourceConfig)):  # fmt: skip
        names = {field.name for field in fields(theirs)} - {"_extra", "loaded_at_field_present"}
        assert names <= set(ours)
    text = GOOD.replace(
        "- name: users", "- name: users\n        identifier: users\n        freshness: null\n        tests: []"
    )
    plan(tmp_path, text.replace("meta: {key", "tags: [a], enabled: true, meta: {key"))
