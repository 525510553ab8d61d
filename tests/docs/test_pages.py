"""The pages say what is true: their links hold, generated ones are as the code is, what they tell to type exists."""

import ast
import re
import subprocess
import sys

import pytest
import typer

from cli.app import app
from docs.programs import links, reference, way
from weir.core.settings import ROOT

PAGES = {str(page.relative_to(ROOT)): page for page in links.pages()}
# What one process of ours hands to another, or takes from the environment of other programs.
NOT_FOR_PEOPLE = {
    "WEIR_SPARK_FOLDER",
    "WEIR_SPARK_HOST",
    "WEIR_SPARK_PORT",
    "WEIR_SPARK_USER",
    "WEIR_SPARK_ROLE",
    "WEIR_DOCS",
    "WEIR_RUN",
    "WEIR_RUN_ID",
    "WEIR_GX_URL",
    "WEIR_ENV_ONLY",
}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_the_page_holds(name):
    assert list(links.faults(PAGES[name])) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(links, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "# A `b` page, twice\n## Again\n## Again\n[1](#again-1) [2](#again-2) [3](other.md) [4](../x.md)\n"
        "[5](page.md#a-b-page-twice) [6](page.md#nope) ![7](no.png) `[8](no)`\n```\n[9](no)\n```\n"
    )
    (tmp_path.parent / "x.md").touch()
    found = [fault.split(": ")[1] for fault in links.faults(page)]
    assert found == ["#again-2", "other.md", "../x.md", "page.md#nope", "no.png"]


@pytest.mark.parametrize("name", ["commands.md", "settings.md", "source-keys.md"])
def test_a_generated_page_is_what_the_code_gives(name):
    page = ROOT / "docs" / "reference" / name
    assert page.read_text() == reference.pages()[name], "type `make reference`"


def test_the_picture_is_what_its_program_draws():
    assert way.PAGE.read_text() == way.svg(), "type `make pictures`"


def test_the_site_is_built_without_a_warning(tmp_path):
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "site" / "operations" / "troubleshooting.html").read_text()
    assert 'id="what-happens-when-mysql-is-down-at-3-am"' in page
    assert (tmp_path / "site" / "DECISIONS.html").exists()
    for loaded in re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=\"(https?:[^\"]*)", page):
        pytest.fail(f"the site fetches {loaded} from elsewhere")


def test_every_variable_that_is_read_stands_in_the_example():
    """Every variable that the code reads stands in .env.example, and with it on the page of settings."""
    wanted = re.compile(r"WEIR_[A-Z]\w*[A-Z]|WAREHOUSE_URL|DBT_DEV_PREFIX")
    files = [
        path for room in ("cli", "flows", "expectations", "ingest", "weir") for path in (ROOT / room).rglob("*.py")
    ]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text()))]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    read = {text for text in texts if wanted.fullmatch(text)}
    told = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {name for name in read if "_TEST_" not in name} - told - NOT_FOR_PEOPLE == set()


def _typed():
    """(page, words) of each `weir …`, `make …` that a page tells to type."""
    for name, page in PAGES.items():
        if name in {"CHANGELOG.md", "DECISIONS.md"}:  # they tell of what was, too
            continue
        for line in page.read_text().splitlines():
            spans = re.findall(r"`((?:weir|make) [^`]+)`", line)
            whole = re.match(r"(?:    )?(?:\S*/)?((?:weir|make) [a-z-]+.*)", line)
            for words in [*spans, *([whole[1]] if whole and not line[0].isalpha() else [])]:
                yield name, re.split(r"\s+#|[;|&>]", words)[0].split()


@pytest.mark.parametrize(
    "name,words", list(_typed()), ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_what_a_page_tells_to_type_exists(name, words):
    if words[0] == "make":
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        assert words[1] in targets
        return
    group = typer.main.get_command(app)
    if words[1].startswith("-"):
        assert words[1] == "--help"
        return
    assert words[1] in group.commands
    command = group.commands[words[1]]
    if len(words) > 2 and words[2] in getattr(command, "commands", {}):
        command, words = command.commands[words[2]], words[1:]
    elif hasattr(command, "default"):
        command = command.commands[command.default]
    if words[1] == "psql":
        return  # the rest is psql's own
    options = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
    assert {word.split("=")[0].strip("[]") for word in words[2:] if re.match(r"\[?--?[a-z]", word)} <= options | {
        "--help"
    }


def test_readme_can_be_read_at_one_go():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 110


def test_every_file_that_a_page_names_is_there():
    """A file that moved is named by its new place; what a reader is to write is left out."""
    rooms = "cli|flows|expectations|ingest|weir|macros|models|seeds|tests|demo|benchmarks|docs"
    own = {
        "demo/example/",
        "models/marts/finance/fct_revenue_daily.sql",
        "models/staging/billing/stg_billing__payments.sql",
    }
    missing = [
        f"{name}: {path}"
        for name, page in PAGES.items()
        if name not in {"CHANGELOG.md", "DECISIONS.md"}
        for path in re.findall(rf"`((?:{rooms})/[\w./-]*)`", page.read_text())
        if path not in own and not (ROOT / path).exists()
    ]
    assert missing == []
