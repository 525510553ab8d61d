"""Digests of the project's code: one of all that decides what a build makes, one of what decides unit tests.

In: the dbt project's files, and the columns of raw. Out: short digests, which a build writes down.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import yaml

_FOLDERS = {"models", "macros", "seeds", "snapshots", "tests/dbt", "dbt_packages"}
_FILES = ("dbt_project.yml", "profiles.yml", "packages.yml", "dependencies.yml")
_CODE = {".sql", ".yml", ".yaml", ".csv", ".py"}
_GATES = "expectations"


def digest(project: Path) -> str:
    """A digest of everything that decides what a build makes of the same rows, and what the gates then say."""
    return _digest(project, _files(project, {*_folders(project), _GATES}, {*_CODE, ".md"}))


def unit_tests_digest(project: Path, connection: psycopg.Connection) -> str:
    """A digest of everything that decides how unit tests end: dbt's code, and the types of raw's columns."""
    columns = connection.execute(_RAW_COLUMNS).fetchone()
    return _digest(project, _files(project, _folders(project), _CODE), str(columns))


def _digest(project: Path, paths: Iterator[Path], more: str = "") -> str:
    found = hashlib.sha256(more.encode())
    for path in paths:
        found.update(os.path.relpath(path, project).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def _files(project: Path, folders: set[str], kinds: set[str]) -> Iterator[Path]:
    """The files of the folders, and the project's own, in an order that is always the same."""
    yield from (path for path in (project / name for name in _FILES) if path.is_file())
    for folder in sorted(folders):
        yield from sorted(path for path in (project / folder).rglob("*") if path.suffix in kinds and path.is_file())


def _folders(project: Path) -> set[str]:
    """The folders of dbt's code: dbt's own names for them, and those that dbt_project.yml gives.

    Analyses are left out: a build makes nothing of them.
    """
    try:
        settings = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
        named = [paths for name, paths in settings.items() if name.endswith("-paths") and name != "analysis-paths"]
        return _FOLDERS.union(*named)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, TypeError):
        return _FOLDERS  # dbt tells of a file that can't be read


_RAW_COLUMNS = """
select md5(string_agg(
    concat_ws(' ', nspname, relname, attname, format_type(atttypid, atttypmod)), ', ' order by nspname, relname, attnum
))
from pg_attribute
inner join pg_class on pg_class.oid = attrelid
inner join pg_namespace on pg_namespace.oid = relnamespace
where starts_with(nspname, 'raw_') and relkind in ('r', 'p') and attnum > 0 and not attisdropped"""
