"""Shares: exports that repeat, declared where dbt declares who uses a mart, in an exposure.

In: `exposures` of the project's YAML with `config.meta.export`. Out: a Share for each. What is given is the mart that
the exposure depends on, so that lineage shows who gets what:

    exposures:
      - name: finance_monday
        depends_on: [ref('fct_revenue_monthly')]
        config:
          meta:
            export: {to: 's3://finance/revenue-{date}.xlsx', for: Finance, schedule: '0 6 * * 1'}
"""

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from weir.core.errors import WeirError
from weir.project.sources import load_yaml, yaml_files

_REF = re.compile(r"""ref\(\s*(?:['"][^'"]+['"]\s*,\s*)?['"]([^'"]+)['"]""")


class Share(BaseModel):
    """One share: what is given (a mart, or a file with a question), where to, for whom, and when."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: str
    description: str = ""
    mart: str = Field("", description="The mart, where the exposure depends on several.")
    query: str = Field("", description="A file with a question instead, from the project's folder.")
    to: str = Field(description="The file, or its address in a bucket; {date} is the day of the run.")
    for_whom: str = Field(alias="for", description="Who gets it.")
    where: str = Field("", description="Only these rows.")
    columns: list[str] = Field(default_factory=list, description="Only these columns.")
    with_pii: bool = Field(False, description="Personal data in clear.")
    because: str = Field("", description="Why in clear.")
    formulas: bool = Field(False, description="CSV without the guard against formulas.")
    schedule: str = Field("", description="When, as cron writes it; without it by hand alone.")
    timezone: str = Field("UTC", description="The time zone of the schedule.")


def read_shares(project: Path) -> list[Share]:
    """The shares of the project, by name. Raises WeirError at the first mistake."""
    found: dict[str, Share] = {}
    for file in yaml_files(project):
        where = str(file.relative_to(project))
        for entry in load_yaml(file, where).get("exposures") or []:
            share = _share(entry, where) if isinstance(entry, dict) else None
            if share and share.name in found:
                raise WeirError(f"{where}: the share {share.name} is declared twice: keep one of them")
            if share:
                found[share.name] = share
    return [found[name] for name in sorted(found)]


def _share(entry: dict[str, Any], where: str) -> Share | None:
    config = entry.get("config") or {}
    meta = {**(entry.get("meta") or {}), **(config.get("meta") or {})} if isinstance(config, dict) else {}
    if "export" not in meta:
        return None
    # dbt's names have no hyphen, and Prefect's deployments read better with it.
    name = str(entry.get("name") or "").replace("_", "-")
    at = f"{where}: exposure {entry.get('name')}: export"
    if not isinstance(meta["export"], dict):
        raise WeirError(f"{at} must be a mapping such as {{to: 'finance/revenue-{{date}}.xlsx', for: Finance}}")
    try:
        share = Share(**{**meta["export"], "name": name, "description": str(entry.get("description") or "")})
    except ValidationError as fault:
        first = fault.errors()[0]
        raise WeirError(f"{at}: key {'.'.join(map(str, first['loc']))!r}: {first['msg']}") from None
    refs = _REF.findall(str(entry.get("depends_on") or ""))
    if not share.query and not share.mart:
        if len(refs) != 1:
            raise WeirError(f"{at}: name its mart (mart: …) or query, for the exposure depends on {len(refs)} models")
        share.mart = refs[0]
    if share.mart and share.mart not in refs:
        raise WeirError(f"{at}: the exposure must depend on ref('{share.mart}'), so that lineage shows who gets it")
    return share
