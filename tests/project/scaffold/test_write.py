"""Files are written all or none: a fault or Ctrl-C in the middle leaves the project as it was."""

from pathlib import Path

import pytest

from weir.core.errors import WeirError
from weir.project.scaffold.write import refuse_existing, write


def everything(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), WeirError("no"), OSError(28, "No space left", "b")])
def test_a_fault_puts_everything_back(tmp_path: Path, fault: BaseException) -> None:
    write(tmp_path, {"models/a.sql": "old", "models/gone.sql": "x"})
    before = everything(tmp_path)

    def check() -> None:
        raise fault

    with pytest.raises(WeirError if isinstance(fault, OSError) else type(fault)):
        write(tmp_path, {"models/a.sql": "new", "models/b/c/d.yml": "new", "models/gone.sql": None}, check)
    assert everything(tmp_path) == before
    assert not (tmp_path / "models/b").exists()


def test_new_folders_come_whole_and_drafts_of_the_dead_go(tmp_path: Path) -> None:
    (tmp_path / ".weir_add_dead").mkdir()
    texts = {"models/a/x.sql": "1", "models/a/b/y.sql": "2", "models/z.sql": "3"}
    write(tmp_path, texts)
    assert everything(tmp_path) == texts
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_a_folder_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(WeirError, match="nothing was written"):
        write(tmp_path, {"x.sql": "x", "models/a.sql": "new"})
    assert everything(tmp_path) == {"models": "a file"}


def test_what_exists_is_never_overwritten(tmp_path: Path) -> None:
    write(tmp_path, {"models/a.sql": "mine"})
    with pytest.raises(WeirError, match="exists already"):
        refuse_existing(tmp_path, {"models/a.sql": "new", "models/b.sql": "new"})
