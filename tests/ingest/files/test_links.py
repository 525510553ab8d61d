"""A drop folder lands its own files only, and no message shows what a file holds beyond its header."""

import inspect
import io
import os

import pytest

from ingest.connectors.files.folder import check_inside, of_bucket
from tests.support.drops import CSV, declare, refused
from weir.core.errors import WeirError

SECRET = "WAREHOUSE_PASSWORD=hunter2-and-more\nother=1\n"


@pytest.fixture
def elsewhere(tmp_path):
    path = tmp_path / "private"
    path.mkdir()
    (path / "c.csv").write_text(SECRET)
    return path


def nothing(landing):
    assert landing.rows("select count(*) from ops.landings") == [(0,)]
    assert landing.rows("select to_regclass('raw_drops.t')") == [(None,)]


def test_a_link_to_a_file_elsewhere_is_refused_by_name(landing, folder, elsewhere):
    (folder / "a.csv").write_text("id,v\n1,a\n")
    (folder / "c.csv").symlink_to(elsewhere / "c.csv")
    declare(landing, "{path: '*.csv'}")
    assert refused(landing) == (
        "c.csv leaves the source's folder by a link: put the file itself there, or remove the link"
    )
    nothing(landing)
    (folder / "c.csv").unlink()
    (folder / "c.csv").symlink_to("../private/c.csv")
    assert refused(landing).startswith("c.csv leaves the source's folder")
    (folder / "d.csv").symlink_to(folder / "c.csv")
    (folder / "c.csv").rename(folder / "c.txt")
    (folder / "d.csv").unlink()
    (folder / "d.csv").symlink_to("c.txt")
    assert refused(landing).startswith("d.csv leaves the source's folder"), "through another link"
    nothing(landing)
    (check,) = landing.verify()
    assert "never been landed" in check.message


@pytest.mark.parametrize("path", ["**/*.csv", "*/*.csv", "deep/*.csv", "deep/c.csv", "deep/**"])
def test_a_link_to_a_folder_elsewhere_is_refused_by_name(landing, folder, elsewhere, path):
    (folder / "deep").symlink_to(elsewhere)
    declare(landing, f"{{path: '{path}', format: csv}}")
    assert refused(landing).startswith("deep leaves the source's folder by a link")
    nothing(landing)


def test_a_folder_whose_name_begins_like_the_sources_is_elsewhere(landing, folder, tmp_path):
    (tmp_path / "drops2").mkdir()
    (tmp_path / "drops2" / "c.csv").write_text(SECRET)
    (folder / "c.csv").symlink_to(tmp_path / "drops2" / "c.csv")
    declare(landing, "{path: '*.csv'}")
    assert refused(landing).startswith("c.csv leaves")


def test_a_link_to_the_whole_machine_is_not_walked(landing, folder):
    (folder / "root").symlink_to("/")
    declare(landing, "{path: '**/*.csv'}")
    assert refused(landing).startswith("root leaves the source's folder")


def test_links_inside_the_folder_and_to_the_folder_itself_land(landing, folder, tmp_path, monkeypatch):
    (folder / "old").mkdir()
    (folder / "old" / "a.csv").write_text("id,v\n1,a\n")
    (folder / "new.csv").symlink_to("old/a.csv")
    (folder / "latest").symlink_to("old")
    (tmp_path / "way").symlink_to(folder)
    monkeypatch.setenv("DROPS_URL", f"file://{tmp_path}/way")
    declare(landing, "{path: '**/*.csv'}")
    landing.one()
    assert landing.rows("select _file, id from raw_drops.t order by _file") == [
        ("latest/a.csv", "1"), ("new.csv", "1"), ("old/a.csv", "1"),
    ]  # fmt: skip
    landing.proven()


@pytest.mark.parametrize("path", ["../private/*.csv", "deep/../../private/c.csv", "/etc/host*", "..", "..\\private"])
def test_a_path_that_leaves_the_folder_is_refused(landing, folder, elsewhere, path):
    declare(landing, f"{{path: '{path}', format: csv}}")
    assert refused(landing).endswith("leaves the source's folder: name files in it, such as path: 'events/*.csv'")
    nothing(landing)


def test_keys_of_a_bucket_that_leave_its_folder_are_refused():
    class Bucket:
        def invalidate_cache(self):
            pass

        def glob(self, pattern, detail):
            return {"bucket/in/../private/c.csv": {"type": "file", "size": 1, "ETag": "x"}}

    with pytest.raises(WeirError, match="leaves the source's folder"):
        of_bucket(Bucket(), "bucket/in", "*.csv")


@pytest.mark.parametrize(
    ("content", "hidden"),
    [
        (SECRET, "hunter2"),
        ("root:$6$abc$def:19000:0:99999:7:::\nbin:*:1\n", "$6$"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a\n", "ghp"),
        ("Ann Smith,ann@example.com,+1 555 123\nBob,b@example.com,2\n", "ann"),
        ("4111111111111111,Ann\n", "4111"),
        ("a=1,a=1,id\n", "a=1"),
        ("Key_12345678,key_12345678,id\n", "1234"),
    ],
)
def test_what_is_no_header_is_not_shown(landing, folder, content, hidden):
    (folder / "a.csv").write_text(content)
    declare(landing, CSV)
    said = refused(landing)
    assert hidden not in said.lower() and said.startswith("a.csv: ")
    for event in landing.events:
        assert hidden not in event.message.lower()


def test_a_sheet_without_a_header_is_not_shown(landing, folder):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["ann@example.com", "+1 555"])
    held = io.BytesIO()
    book.save(held)
    (folder / "a.xlsx").write_bytes(held.getvalue())
    declare(landing, "{key: [id], path: '*.xlsx'}")
    assert "its first line (2 fields) does not look like column names" in refused(landing)


@pytest.mark.parametrize("swap", [lambda path, other: path.symlink_to(other), lambda path, other: os.mkfifo(path)])
def test_what_is_swapped_in_after_the_look_is_not_read(landing, folder, elsewhere, monkeypatch, swap):
    path = folder / "a.csv"
    path.write_text("id,v\n1,a\n")
    declare(landing, CSV)
    look = check_inside

    def then_swapped(base, address):
        look(base, address)
        if address == str(path) and inspect.stack()[1].function == "held":
            path.unlink()
            swap(path, elsewhere / "secret.csv")

    monkeypatch.setattr("ingest.connectors.files.folder.check_inside", then_swapped)
    (elsewhere / "secret.csv").write_text("id,v\nsecret,2\n")
    (result,) = landing.land().values()
    assert result.state == "failed"
    assert (
        "a.csv leaves the source's folder by a link" in result.message or "a.csv is no file any more" in result.message
    )
