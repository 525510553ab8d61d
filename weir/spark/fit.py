"""Whether a Spark server works by the rules that models are written for; asked whenever Weir opens a session.

In: a cursor. Out: nothing, or a WeirError that names the setting. They are the server's: each of dbt's threads has a
session of its own, in which a statement of Weir would set nothing.
"""

from typing import Any

from weir.core.errors import WeirError

OLDEST = 4
_UTC = {"UTC", "Etc/UTC", "Z", "GMT"}
# What another value of a setting would do, by setting and wanted value.
_WANTED = {
    ("spark.sql.ansi.enabled", "true"): "a number too large for its type becomes another one without a word",
    ("spark.sql.ansi.doubleQuotedIdentifiers", "true"): 'a column in double quotes, "Name", is read as a text',
    ("spark.databricks.delta.optimizeMetadataQuery.enabled", "false"):
        "max() of a date of a Delta table fails under a thrift server (ClassCastException)",
}  # fmt: skip


def require_fit(cursor: Any) -> None:
    """Raise WeirError where the server is older than Spark 4, or a setting of it is not as models need it."""
    cursor.execute("select split(version(), ' ')[0], current_timezone()")
    version, zone = cursor.fetchall()[0]
    if int(version.split(".")[0]) < OLDEST:
        raise WeirError(
            f"the server of WEIR_SPARK_URL is Spark {version}, which reads some texts and numbers otherwise: take "
            f"Spark {OLDEST}.0 or newer"
        )
    for (setting, wanted), otherwise in _WANTED.items():
        cursor.execute(f"set {setting}")
        found = str(cursor.fetchall()[0][1])
        if found.lower() != wanted:
            raise _refused(f"{setting}={found}", otherwise, f"{setting} {wanted}")
    if zone not in _UTC:
        raise _refused(f"the time zone {zone}", "days begin at another hour", "spark.sql.session.timeZone UTC")


def _refused(found: str, otherwise: str, wanted: str) -> WeirError:
    return WeirError(
        f"the server of WEIR_SPARK_URL has {found}, so that {otherwise}: set {wanted} in its spark-defaults.conf and "
        "start it again"
    )
