"""Settings come from .env, errors name the variable, and no secret is printed."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from weir.core import env, settings
from weir.core.errors import WeirError
from weir.core.secrets import redact


def test_env_file_fills_in_and_never_overrides(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / ".env").write_text("# a comment\nA_URL=file://drops\nB_URL='kept in file'\n")
    monkeypatch.setenv("B_URL", "from the environment")
    monkeypatch.delenv("A_URL", raising=False)
    env.load_env()
    assert os.environ["A_URL"] == "file://drops"
    assert os.environ["B_URL"] == "from the environment"
    assert settings.env_url("A_URL") == f"file://{settings.ROOT}/drops"
    monkeypatch.delenv("A_URL")


def test_the_home_of_a_project_keeps_the_settings_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its server has a password in `.env`, another file must not be asked for one."""
    monkeypatch.setenv("WEIR_HOME", str(tmp_path / ".weir"))
    assert env.env_file() == tmp_path / ".weir" / ".env", "no project is there"
    (tmp_path / "dbt_project.yml").touch()
    assert env.env_file() == tmp_path / ".env"
    (tmp_path / ".weir").mkdir()
    (tmp_path / ".weir" / ".env").touch()
    assert env.env_file() == tmp_path / ".weir" / ".env"
    monkeypatch.delenv("WEIR_HOME")
    assert env.env_file() == settings.ROOT / ".env"


def test_written_values_are_private_and_other_lines_stay(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "")
    home.mkdir()
    (home / ".env").write_text("# mine\nOTHER=1\nA_TOKEN=old\n")
    env.write_env({"A_TOKEN": "new$value"})
    assert (home / ".env").read_text() == "# mine\nOTHER=1\nA_TOKEN='new$value'\n"
    assert stat.S_IMODE((home / ".env").stat().st_mode) == 0o600
    monkeypatch.delenv("A_TOKEN")
    env.load_env()
    assert os.environ["A_TOKEN"] == "new$value"


@pytest.mark.parametrize("value", ["", "not an address", "//host"])
def test_an_address_that_is_none_is_named(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_URL", value)
    with pytest.raises(WeirError, match="SHOP_URL"):
        settings.env_url("SHOP_URL")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://u:s3cr@t/x@127.0.0.1:5499/db", "%40 for @, %2F for /"),
        ("mysql+pymysql://u:s3cr/t@h/db", "%40 for @, %2F for /"),
        ("postgresql://u:s3cr#t@h/db", "%23 for #"),
        ("https://u:s3cr/t@h/db", "%2F for /"),
        ("postgresql://u:s3cr@h:abc/db", "its port must be a number"),
        ("postgresql://u:s3cr/db", "its port must be a number"),
    ],
)
def test_a_torn_address_is_one_line_without_the_password(url: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_URL", url)
    with pytest.raises(WeirError, match="APP_URL can't be read") as error:
        settings.env_url("APP_URL")
    text = str(error.value)
    assert (
        says in text and "\n" not in text and "s3cr" not in text and "abc" not in text and error.value.__cause__ is None
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example:8080/users/@me",
        "https://api.example/users?mail=a@b",
        "abfs://box@account.dfs.core.windows.net/a@b",
        "s3://bucket/a@b/c",
        "file:///drops/a@b:c",
        "sqlite:////drops/a@b.db",
        "postgresql://u:p%40@h1:5432,h2:5433/db",
    ],
)
def test_an_at_sign_elsewhere_is_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_URL", url)
    assert settings.env_url("APP_URL") == url


@pytest.mark.parametrize("line", ["this is no setting s3cret", "B_URL='s3cret is open", "B_URL"])
def test_a_line_of_the_env_file_that_is_no_setting_is_named(home: Path, line: str) -> None:
    home.mkdir()
    (home / ".env").write_text(f"# mine\nA=1\n{line}\nC=3\n")
    with pytest.raises(WeirError, match=r"\.env, line 3, can't be read: write it as NAME='value'") as fault:
        env.load_env()
    assert "s3cret" not in str(fault.value)


def test_an_unreadable_env_file_is_one_line(home: Path) -> None:
    home.mkdir()
    (home / ".env").write_bytes(b"A=\xff\xfe")
    with pytest.raises(WeirError, match=r"\.env can't be read"):
        env.load_env()


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("postgresql://u:hunter22@h/db", "hunter22"),
        ("postgresql://u:p%40ss word@h/db", "p@ss word"),
        ("postgresql://u:torn@secret/part@h/db", "secret"),
        ("mysql+pymysql://u:a#bcdef@h/db", "bcdef"),
    ],
)
def test_no_part_of_a_password_is_printed(url: str, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_URL", url)
    assert secret not in redact(f"can't connect to {url}: {secret} is wrong")


def test_tokens_and_addresses_of_others_are_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPDESK_TOKEN", "tok-12345")
    assert redact("Bearer tok-12345") == "Bearer ***"
    assert redact("postgresql://a:unknown@h/d") == "postgresql://a:***@h/d"


def test_the_present_is_an_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_AS_OF", "2026-07-01")
    assert settings.as_of() == datetime(2026, 7, 1, tzinfo=UTC)
    monkeypatch.setenv("WEIR_AS_OF", "2026-07-01T02:00:00+02:00")
    assert settings.as_of() == datetime(2026, 7, 1, tzinfo=UTC)
    monkeypatch.setenv("WEIR_AS_OF", "yesterday")
    with pytest.raises(WeirError, match="WEIR_AS_OF"):
        settings.as_of()


def test_what_is_written_is_read_again_whatever_it_holds(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"A_TOKEN": "it's", "B_TOKEN": "a\\b", "C_TOKEN": 'say "x" # y', "D_TOKEN": "a=b $C"}
    for name in values:
        monkeypatch.setenv(name, "")
    home.mkdir()
    (home / ".env").write_text("export A_TOKEN=old\nD_TOKEN='two\nlines'\nMINE=1")
    (home / ".env").chmod(0o644)
    env.write_env(values)
    for name in values:
        monkeypatch.delenv(name)
    env.load_env()
    assert {name: os.environ[name] for name in values} == values and os.environ["MINE"] == "1"
    assert stat.S_IMODE((home / ".env").stat().st_mode) == 0o600
    assert sorted(env.remove_env([*values, "NOT_THERE"])) == sorted(values)
    assert (home / ".env").read_text() == "MINE=1\n"
