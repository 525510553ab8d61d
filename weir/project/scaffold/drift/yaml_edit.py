"""Edits of YAML in place: comments, order and style of what a person wrote stay.

In: a source file, or the YAML beside a model. Out: its text with a table, a column, a key or values changed. ruamel
reads and writes it; entries that are added are written as a new file would have them.
"""

import io
import re
from pathlib import Path
from typing import Any

from weir.core.errors import WeirError
from weir.project.scaffold import yaml_text
from weir.project.scaffold.model import mart_columns
from weir.project.scaffold.proposal import Field, Proposed


class _File:
    """A YAML file that is edited."""

    def __init__(self, text: str, where: str) -> None:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        self._yaml = YAML()
        self._yaml.preserve_quotes = True
        self._yaml.width = 4096
        self._yaml.indent(mapping=2, sequence=4, offset=2)
        try:
            self._content: Any = self._yaml.load(text)
        except YAMLError as fault:
            raise WeirError(f"{where} can't be read: {' '.join(str(fault).split())}") from None
        self.is_changed = False

    def text(self) -> str:
        """The file as it is now."""
        out = io.StringIO()
        self._yaml.dump(self._content, out)
        return out.getvalue()

    def _parsed(self, lines: list[str]) -> Any:
        """The one entry of a list, read with its style and comments."""
        return self._yaml.load("\n".join(lines) + "\n")[0]

    def _flow(self, text: str) -> Any:
        return self._yaml.load(text)


class SourceFile(_File):
    """The file that declares a source."""

    def __init__(self, path: Path, name: str) -> None:
        if not path.exists():
            raise WeirError(f"the source {name} is not declared in {path.name}: `weir add` edits that file only")
        super().__init__(path.read_text(encoding="utf-8"), path.name)
        sources = [each for each in (self._content or {}).get("sources", []) if each.get("name") == name]
        if not sources:
            raise WeirError(f"{path.name} does not declare the source {name}: `weir add` edits that file only")
        self._source = sources[0]

    def add(self, found: Proposed) -> None:
        """Declare a table."""
        tables = self._source.setdefault("tables", [])
        if all(each["name"] != found.name for each in tables):
            tables.append(self._parsed(yaml_text.table_entry(found)))
            self.is_changed = True

    def remove(self, name: str) -> None:
        """Declare the table no more."""
        tables = self._source.get("tables", [])
        for number, each in enumerate(list(tables)):
            if each["name"] == name:
                del tables[number]
                self.is_changed = True

    def exclude(self, name: str, column: str) -> None:
        """Leave a column out."""
        meta = self._meta(name)
        if meta is not None:
            listed = [*meta.get("exclude", []), column]
            meta["exclude"] = self._flow(yaml_text.listed(listed))
            self.is_changed = True

    def forget_column(self, name: str, column: str) -> None:
        """Exclude a column no more that is not there."""
        meta = self._meta(name)
        if meta is not None and column in meta.get("exclude", []):
            kept = [each for each in meta["exclude"] if each != column]
            if kept:
                meta["exclude"] = self._flow(yaml_text.listed(kept))
            else:
                del meta["exclude"]
            self.is_changed = True

    def _meta(self, name: str) -> Any:
        for each in self._source.get("tables", []):
            if each["name"] == name:
                config = each.setdefault("config", {})
                return config.setdefault("meta", {})
        return None


class ModelFile(_File):
    """The YAML beside a staging model."""

    def __init__(self, text: str, model: str) -> None:
        super().__init__(text, f"{model}.yml")
        models = [each for each in (self._content or {}).get("models", []) if each.get("name") == model]
        self._model: Any = models[0] if models else None

    def add_column(self, made: Field, found: Proposed) -> None:
        """Document a column that came, where there is something to say."""
        lines = yaml_text.column_entry(made, found)
        if self._model is not None and lines:
            self._model.setdefault("columns", []).append(self._parsed(lines))
            self.is_changed = True

    def remove_column(self, name: str, found: Proposed) -> None:
        """Forget a column that went, and the tests of it."""
        if self._model is None:
            return
        columns = self._model.get("columns", [])
        for number, each in enumerate(list(columns)):
            if each["name"] == name:
                del columns[number]
                self.is_changed = True
        if "columns" in self._model and not columns:
            del self._model["columns"]
        tests = self._model.get("data_tests", [])
        for test in list(tests):
            arguments = next(iter(test.values())).get("arguments", {}) if isinstance(test, dict) else {}
            if re.search(rf"\b{re.escape(name)}\b", str(arguments.get("predicate", ""))):
                tests.remove(test)
                self.is_changed = True
            elif name in arguments.get("columns", []):
                kept = [column for column in arguments["columns"] if column != name]
                self.is_changed = True
                if kept:
                    arguments["columns"] = self._flow(yaml_text.listed(kept))
                else:
                    tests.remove(test)
        if "data_tests" in self._model and not tests:
            del self._model["data_tests"]

    def remove_tests_of(self, parent: str) -> None:
        """Forget the tests that name another model, which is no more."""
        columns = (self._model or {}).get("columns", [])
        for column in list(columns):
            tests = column.get("data_tests", [])
            kept = [test for test in tests if f"'{parent}'" not in str(dict(test) if isinstance(test, dict) else test)]
            if len(kept) < len(tests):
                self.is_changed = True
                tests[:] = kept
                if not kept:
                    del column["data_tests"]
                if len(column) == 1:
                    columns.remove(column)

    def add_to_contract(self, made: Field, found: Proposed) -> None:
        """Add a column to a mart's contract."""
        if self._model is not None and "columns" in self._model:
            type_ = dict(mart_columns(found))[made.name]
            self._model["columns"].append(self._parsed([yaml_text.contract_entry(made.name, type_, made, [])]))
            self.is_changed = True

    def set_type(self, made: Field, found: Proposed) -> None:
        """Let the column of a mart's contract have the type that its staging model has now."""
        for column in (self._model or {}).get("columns", []):
            if column["name"] == made.name and "data_type" in column:
                column["data_type"] = dict(mart_columns(found))[made.name]
                self.is_changed = True

    def set_values(self, made: Field, found: Proposed) -> None:
        """Let the column have other values."""
        for column in (self._model or {}).get("columns", []):
            for test in column.get("data_tests", []) if column["name"] == made.name else []:
                if isinstance(test, dict) and "accepted_values" in test:
                    given = test["accepted_values"]
                    given.get("arguments", given)["values"] = self._flow(yaml_text.texts(made.values))
                    self.is_changed = True
