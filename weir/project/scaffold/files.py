"""The files of a source: where each lies, and its text.

In: Proposed tables, the choices. Out: texts by path below the project.
"""

from collections.abc import Sequence

from weir.project.scaffold import model, seen, yaml_text
from weir.project.scaffold.proposal import Choices, Proposed


def folder(source: str) -> str:
    """The folder of the source's files."""
    return f"models/staging/{source}"


def source_path(source: str) -> str:
    """The path of the source file."""
    return f"{folder(source)}/_{source}__sources.yml"


def of_table(found: Proposed, choices: Choices) -> dict[str, str]:
    """The files of one table: its staging model, and its mart where marts are wanted."""
    if not found.model:
        return {}
    place = f"{folder(choices.source)}/{found.model}"
    texts = {f"{place}.sql": model.staging_model(found, choices), f"{place}.yml": yaml_text.staging_file(found)}
    if choices.marts:
        mart = f"models/marts/{choices.source}/{model.mart_name(found, choices)}"
        texts |= {f"{mart}.sql": model.mart_model(found), f"{mart}.yml": yaml_text.mart_file(found, choices)}
    return texts


def of_source(found: Sequence[Proposed], choices: Choices, description: str, meta: str = "") -> dict[str, str]:
    """All files of a source that is new."""
    texts = {source_path(choices.source): yaml_text.source_file(found, choices, description, meta)}
    for each in found:
        texts |= of_table(each, choices)
    texts[seen.path_of(folder(choices.source), choices.source)] = seen.text_of(seen.of(found, texts), choices)
    return texts
