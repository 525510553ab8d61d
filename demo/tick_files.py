"""The files that a tick drops: a new NPS file, a new campaign file, the present CRM list."""

from collections.abc import Callable
from typing import Any

import numpy as np

from demo.corruption import files, kinds
from demo.corruption.manifest import Manifest
from demo.systems import drop_files
from demo.systems.app import App
from demo.systems.drops import Drops

Count = Callable[..., None]  # (source, table, new, changed, deleted)


def drop(
    app: App, manifest: Manifest, generator: np.random.Generator, date: str, mended: list[str], count: Count,
    remarks: list[str],
) -> None:  # fmt: skip
    """Write the files of the window that ends with that day; a kind that is not mended is corrupted in one row."""
    root = drop_files.folder("DROPS_URL")
    drops = Drops(app.world, app.people, app.since, app.until)
    name = f"nps_{date}.csv"
    count("drops", "nps_answers", drop_files.write_answers(root, drops.answers(), name)[name])
    for kind in kinds.FILE_KINDS[:2]:
        found = manifest.of("nps_answers", kind)
        if kind not in mended:
            done = files.spoil_answers(root, manifest, generator, kind, 1, [name])
            remarks.extend([f"spoiled: one of nps_answers, {kind}"] * done)
        elif found:
            entry = found[int(generator.integers(0, len(found)))]
            files.mend_answer(root, manifest, entry)
            count("drops", "nps_answers", changed=1)
            remarks.append(f"mended: {kind} of nps_answers {entry.key}")
    touches = [row for period in drops.periods() for row in drops.touches(period)]
    count("drops", "campaign_touches", drop_files.write_touches(root, f"until_{date}.parquet", touches))
    _crm(app, manifest, generator, "negative_arr" in mended, count, remarks)


def _crm(
    app: App, manifest: Manifest, generator: np.random.Generator, mend: bool, count: Count, remarks: list[str]
) -> None:
    before, wrong_before = _list(app, app.since), files.wrong_amounts(manifest)
    now = _list(app, app.until)
    manifest.drop([entry for entry in manifest.of("crm_accounts") if entry.key not in now])
    found = manifest.of("crm_accounts", "negative_arr")
    if not mend:
        files.choose_amounts(manifest, generator, [key for key, row in now.items() if row[5] > 0], 1)
        remarks.append("spoiled: one of crm_accounts, negative_arr")
    elif found:
        entry = found[int(generator.integers(0, len(found)))]
        manifest.drop([entry])
        remarks.append(f"mended: negative_arr of crm_accounts {entry.key}")
    wrong = files.wrong_amounts(manifest)
    both = before.keys() & now.keys()
    changed = sum(before[key] != now[key] or wrong.get(key) != wrong_before.get(key) for key in both)
    count("drops", "crm_accounts", len(now) - len(both), changed, len(before) - len(both))
    drop_files.write_crm(drop_files.folder("DROPS_URL"), iter(now.values()), wrong)


def _list(app: App, moment: int) -> dict[str, list[Any]]:
    return {row[0]: row for row in Drops(app.world, app.people, 0, moment).crm()}
