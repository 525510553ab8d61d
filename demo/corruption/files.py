"""Corrupts lines of the NPS files and amounts of the CRM list, and mends them again."""

from pathlib import Path

import numpy as np

from demo.corruption.kinds import choose
from demo.corruption.manifest import Entry, Manifest
from demo.systems import drop_files


def spoil_answers(
    root: Path, manifest: Manifest, generator: np.random.Generator, kind: str, count: int, files: list[str]
) -> int:
    """Corrupt up to `count` lines of the files; returns how many."""
    lines = [(name, number) for name in files for number in range(2, len(_lines(root, name)) + 1)]
    done = 0
    for place in choose(generator, len(lines), len(lines)):
        if done == count:
            break
        name, number = lines[place]
        content = _lines(root, name)
        was = content[number - 1]
        if any(entry.detail["is"] == was for entry in manifest.of("nps_answers")) or '"' in was:
            continue
        key, email, score, remark, moment = was.split(",")
        if kind == "score_out_of_range":
            wrong = ",".join([key, email, str(int(generator.integers(11, 100))), remark, moment])
        else:  # a remark with a comma, not quoted
            key, wrong = f"nps/{name}:{number}", ",".join([key, email, score, "Well, it depends", moment])
        detail = {"file": name, "was": was, "is": wrong, "line": number}
        _exchange(root, name, was, wrong)
        manifest.add(Entry("drops", "nps_answers", key, kind, "staging", detail))
        done += 1
    return done


def mend_answer(root: Path, manifest: Manifest, entry: Entry) -> None:
    """Write the line without its corruption."""
    _exchange(root, entry.detail["file"], entry.detail["is"], entry.detail["was"])
    manifest.drop([entry])


def choose_amounts(manifest: Manifest, generator: np.random.Generator, valued: list[str], count: int) -> None:
    """Choose companies of the CRM list whose arr is negative from now on."""
    free = sorted(set(valued) - manifest.keys("crm_accounts"))
    for place in choose(generator, len(free), count):
        detail = {"column": "arr", "is": str(-100 * int(generator.integers(1, 90)))}
        manifest.add(Entry("drops", "crm_accounts", free[place], "negative_arr", "staging", detail))


def wrong_amounts(manifest: Manifest) -> dict[str, str]:
    """The wrong arr of each chosen company, by key."""
    return {entry.key: entry.detail["is"] for entry in manifest.of("crm_accounts", "negative_arr")}


def _lines(root: Path, name: str) -> list[str]:
    return (root / "nps" / name).read_text(encoding="utf-8").splitlines()


def _exchange(root: Path, name: str, old: str, new: str) -> None:
    content = [new if line == old else line for line in _lines(root, name)]
    drop_files.replace(root / "nps" / name, "".join(f"{line}\n" for line in content).encode())
