"""The kinds of incidents, as kinds.yml has them: for each cause the texts by which an incident is told."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from weir.core.causes import Cause


@dataclass(frozen=True)
class Kind:
    """How incidents of one cause are told, as templates.

    `stops` says whether readers get nothing new of what depends on it, until it is healed; `everything`, whether no
    mart at all is published until then. `readers` is what they see, where that is not the last complete set.
    """

    title: str
    what: str
    turn: str
    command: str = ""
    stops: bool = True
    alerts: bool = True
    everything: bool = False
    readers: str = ""


@cache
def kinds() -> dict[Cause, Kind]:
    """The kind of each cause."""
    import yaml

    text = Path(__file__).with_name("kinds.yml").read_text(encoding="utf-8")
    return {Cause(name): Kind(**found) for name, found in yaml.safe_load(text).items()}
