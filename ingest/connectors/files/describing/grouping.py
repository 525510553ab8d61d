"""Which files belong to one table: those of one folder and format whose names differ by dates or numbers.

In: the names of all files. Out: Groups, each with the patterns that may name its files, the widest first.
"""

import fnmatch
import glob
import os
import re
from collections import defaultdict
from dataclasses import dataclass, field

_MONTH = (r"jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sep(t|tember)?|oct(ober)?|nov(ember)?"
          r"|dec(ember)?")  # fmt: skip
_VARIES = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-z])(?=[a-f]*[0-9])[0-9a-f]{12,}(?![0-9a-z])"
    rf"|[0-9]+|(?<![a-z])(?:{_MONTH})(?![a-z])|(?<![a-z0-9])q(?=[1-4](?![0-9]))|(?<=[0-9])(?:st|nd|rd|th)(?![a-z])",
    re.IGNORECASE,
)
_DATED = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?:[-_.]?[01][0-9](?:[-_.]?[0-3][0-9])?)?(?![0-9])")
_RUN = re.compile(r"[*](?:[-_. T+]*[*])+")
_PARTITION = re.compile(r"([A-Za-z_][\w.]*)=[^/]*")
# whole words that say nothing of what a table holds
_EMPTY_WORDS = {"", "part", "data", "file", "chunk", "export", "page", "batch", "run", "of"}


@dataclass
class Group:
    """Files that may be one table."""

    folder: str  # a pattern, too, where the folders differ by dates
    ending: str  # csv, csv.gz
    files: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)


def groups(names: list[str]) -> list[Group]:
    """The groups of all these files, in the order of their names."""
    found: dict[tuple[str, str, str], Group] = {}
    beside: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(names):
        folder, file = os.path.split(name)
        stem, ending = parted(file)
        folder, stem = _varied(folder), _varied(stem)
        found.setdefault((folder, stem, ending), Group(folder, ending)).files.append(name)
        beside[folder, ending].append(name)
    for (folder, stem, ending), group in found.items():
        alone = len(beside[folder, ending]) == len(group.files)
        own = "/".join(filter(None, (folder, f"{stem}.{ending}" if ending else stem)))
        wide = f"{folder}/*.{ending}"
        if folder and alone and ending and stem.startswith("*"):
            group.patterns.append(wide)
        if len(group.files) > 1 or _DATED.search(group.files[0]):
            group.patterns += [*([wide] if folder and alone and ending and len(group.files) > 1 else []), own]
    return list(found.values())


def exact(files: list[str], patterns: list[str], names: list[str]) -> str:
    """The first pattern that matches these files and no others of the names; empty where none does."""
    for pattern in patterns:
        if {name for name in names if matches(name, pattern)} == set(files):
            return pattern
    return glob.escape(files[0]) if len(files) == 1 else ""


def matches(name: str, pattern: str) -> bool:
    """Whether the connector takes the file for one of the pattern's."""
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(
        fnmatch.fnmatchcase(part, want) for part, want in zip(parts, wanted, strict=True)
    )


def parted(file: str) -> tuple[str, str]:
    """The file's name without its ending, and the ending; .gz belongs to it."""
    plain, packed = (file[:-3], file[-3:]) if file.lower().endswith(".gz") else (file, "")
    stem, dot, ending = plain.rpartition(".")
    return (stem, ending + packed) if dot and stem else (plain, packed[1:])


def table_name(pattern: str) -> str:
    """What to call the table of the files that the pattern matches."""
    plain = re.sub(r"\[(.)\]", r"\1", pattern)
    folder, file = os.path.split(plain)
    for dull in (_EMPTY_WORDS, set[str]()):
        for part in (parted(file)[0], *reversed(folder.split("/"))):
            words = [word for word in re.split(r"[\W_]+", _snake(_PARTITION.sub("", part))) if word]
            if any(word not in dull and not word.isdigit() for word in words):
                return "_".join(words)[:50].strip("_")
    return "files"


def qualified(pattern: str, name: str) -> str:
    """The table's name with its folder before it, where the name alone stands for two."""
    words = [word for word in re.split(r"[\W_]+", _snake(os.path.dirname(pattern))) if word]
    return "_".join([*words, name])[:55].strip("_")


def _varied(name: str) -> str:
    plain = "/".join(_PARTITION.sub(r"\1=*", part) for part in name.split("/"))
    return _RUN.sub("*", _VARIES.sub("*", glob.escape(plain).replace("[*]", "*") if "=*" in plain else
                                     glob.escape(plain)))  # fmt: skip


def _snake(name: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
