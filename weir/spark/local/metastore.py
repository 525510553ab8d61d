"""Hive's metastore in PostgreSQL, for the local cluster: what Spark knows of its tables. Without it Derby keeps that.

In: WEIR_SPARK_METASTORE=postgresql://user:password@host:5432/database, a database that is not the warehouse. Out:
Hive's tables in it, made by DataNucleus' own program from Hive's own description, both of which Spark brings; and
Spark's settings.
"""

import os
import subprocess
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from weir.core.env import load_env
from weir.core.errors import WeirError
from weir.core.handed import handed
from weir.core.secrets import redact
from weir.core.settings import env_url
from weir.spark.local import configuration
from weir.spark.local.jars import jar
from weir.spark.local.java import Java

DRIVER = ("org.postgresql:postgresql:42.7.8", "2a32a9dcbc42d67a50ad3a0de5efd102c8d2be46720045f2cbd6689f160ab7c7")
_LIKE = "write it as postgresql://user:password@host:5432/database"
_WHOSE = """
select to_regclass('public."TBLS"') is not null, to_regnamespace('ops') is not null,
    (select rolsuper from pg_roles where rolname = current_user)"""
# As Hive sets them: names of tables and columns follow from these.
_TOOL = {
    "javax.jdo.PersistenceManagerFactoryClass": "org.datanucleus.api.jdo.JDOPersistenceManagerFactory",
    "datanucleus.identifierFactory": "datanucleus1",
    "datanucleus.rdbms.useLegacyNativeValueStrategy": "true",
    "datanucleus.connectionPoolingType": "None",
}


def options() -> dict[str, str]:
    """The settings of Java for the metastore in PostgreSQL; none where no metastore is set. Raises WeirError."""
    load_env()
    if not (os.environ.get(configuration.METASTORE) or "").strip():
        return {}
    parts = urlsplit(env_url(configuration.METASTORE))
    database = unquote(parts.path.strip("/"))
    if parts.scheme not in {"postgresql", "postgres"} or not all(
        (parts.hostname, parts.username, parts.password, database)
    ):
        raise WeirError(f"{configuration.METASTORE} is no address of a PostgreSQL database: {_LIKE}")
    place = f"{parts.hostname}:{parts.port or 5432}/{database}"
    return {
        "javax.jdo.option.ConnectionURL": f"jdbc:postgresql://{place}" + (f"?{parts.query}" if parts.query else ""),
        "javax.jdo.option.ConnectionDriverName": "org.postgresql.Driver",
        "javax.jdo.option.ConnectionUserName": unquote(parts.username or ""),
        "javax.jdo.option.ConnectionPassword": unquote(parts.password or ""),
        "hive.metastore.schema.verification": "false",  # the tool writes no version; Spark's client does, when it comes
    }


def prepare(chosen: Java) -> list[Path]:
    """Make Hive's tables where they are missing; returns the jars that Spark needs for the metastore.

    Raises WeirError when the database is not there, is the warehouse, its account may do too much, or Hive's tables
    can't be made.
    """
    told = options()
    if not told:
        return []
    driver = jar(*DRIVER)
    try:
        with psycopg.connect(env_url(configuration.METASTORE), connect_timeout=15) as connection:
            row = connection.execute(_WHOSE).fetchone()
    except psycopg.Error as fault:
        said = redact(" ".join(str(fault).split()))[:300]
        raise WeirError(f"{configuration.METASTORE}: the database can't be reached ({said}): mend it") from None
    assert row
    is_made, is_warehouse, is_superuser = row
    if is_warehouse or is_superuser:
        why = "names the warehouse" if is_warehouse else "names a superuser, who could read the warehouse"
        raise WeirError(f"{configuration.METASTORE} {why}: make a database with an owner of its own for it")
    if not is_made:
        _make(chosen, driver, told)
    return [driver]


def _make(chosen: Java, driver: Path, told: dict[str, str]) -> None:
    jars = configuration.spark_home() / "jars"
    with tempfile.TemporaryDirectory(prefix="weir-metastore-") as name:
        here = Path(name)
        with zipfile.ZipFile(next(jars.glob("hive-metastore-*.jar"))) as archive:
            archive.extract("package.jdo", here)
        lines = [f"{key}={_escaped(value)}" for key, value in (told | _TOOL).items()]
        (here / "tool.properties").write_text("\n".join(lines) + "\n")  # the password is on no command line
        done = subprocess.run(
            [chosen.home / "bin" / "java", "-cp", f"{driver}:{jars}/*", "org.datanucleus.store.schema.SchemaTool",
             "-create", "-api", "JDO", "-props", here / "tool.properties", here / "package.jdo"],
            capture_output=True, text=True, errors="replace", timeout=300, stdin=subprocess.DEVNULL, cwd=here,
            env=handed(),
        )  # fmt: skip
    if done.returncode or "completed successfully" not in done.stdout:
        said = redact(" ".join((done.stderr or done.stdout).split()))[:300]
        raise WeirError(
            f"{configuration.METASTORE}: Hive's tables can't be made ({said}): see the owner's rights there"
        )


def _escaped(value: str) -> str:
    """The value as a file of Java's properties has it."""
    return "".join(f"\\u{ord(sign):04x}" if not sign.isalnum() or not sign.isascii() else sign for sign in value)
