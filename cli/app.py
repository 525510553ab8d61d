"""The command `weir`: the names, options and help of its commands.

In: the command line. Out: text for a person; exit code 0, or 1 with one red line on standard error, or 130 when
interrupted. Slow libraries are imported inside their commands, so that `weir --help` answers at once.
"""

import sys
from typing import Annotated

import typer

from cli.access.commands import commands
from cli.incidents.commands import commands as incidents
from cli.quarantine.commands import commands as quarantine
from cli.spark import commands as spark
from weir.core import ports

app = typer.Typer(
    name="weir",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help without Rich takes half the time
    help="Lands scattered sources in one warehouse, reshapes them, and proves that nothing was lost.",
)

Sources = Annotated[list[str] | None, typer.Option("--source", "-s", help="Only this source; may be repeated.")]
Select = Annotated[str | None, typer.Option("--select", help="Only these models, in dbt's words: stg_app__users+")]
FullRefresh = Annotated[bool, typer.Option("--full-refresh", help="Build from all loads, not from the new ones.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="The moment to take for the present, such as 2026-07-01.")]
FullCompare = Annotated[bool, typer.Option("--full-compare", help="Compare every table whole with its source.")]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        help="Go on despite this failed check or lost column: the id that the refusal printed; may be repeated.",
    ),
]
WithPii = Annotated[bool, typer.Option("--with-pii", help="Show personal values in clear; needs --because.")]
Because = Annotated[
    str | None, typer.Option("--because", metavar="TEXT", help="Why; it is written down in ops.disclosures.")
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Refuse instead of waiting while another run is under way.")]


@app.command()
def run(
    source: Sources = None,
    select: Select = None,
    full_refresh: FullRefresh = False,
    as_of: AsOf = None,
    full_compare: FullCompare = False,
    accept: Accept = None,
    no_wait: NoWait = False,
) -> None:
    """Run all steps: land, build, check, publish. Through Prefect."""
    from cli.run import run_elt

    moment = _moment(as_of) if as_of else None
    code = run_elt(source, select, full_refresh, moment, full_compare, accept or [], not no_wait)
    sys.exit(code)  # the run has printed everything


@app.command()
def land(
    source: Sources = None,
    table: Annotated[
        list[str] | None, typer.Option("--table", "-t", help="Only this table, such as app.users; may be repeated.")
    ] = None,
    as_of: AsOf = None,
    full_compare: FullCompare = False,
) -> None:
    """Land in raw what is new at the sources."""
    from cli import steps

    raise typer.Exit(steps.land(source, table, _moment(as_of), full_compare))


@app.command()
def parity(select: Select = None) -> None:
    """Build the models on PostgreSQL and on Spark from the same landed rows, and compare every table."""
    from cli.parity import parity as compared

    raise typer.Exit(compared(select))


@app.command()
def build(
    select: Select = None,
    full_refresh: FullRefresh = False,
    as_of: AsOf = None,
    prove: Annotated[
        bool, typer.Option("--prove", help="Make batched tables whole, and name each batch that was not right.")
    ] = False,
) -> None:
    """Build and test the next set of marts. By dbt, in analytics_next; readers see nothing of it yet."""
    from cli import steps

    raise typer.Exit(steps.build(select, full_refresh, _moment(as_of), prove))


@app.command()
def check(
    gate: Annotated[str, typer.Argument(help="raw (what landed) or marts (what was built)")],
    source: Sources = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept", help="Go on despite this failed check: the id that the refusal printed; may be repeated."
        ),
    ] = None,
) -> None:
    """Judge what landed, or the next set. By Great Expectations."""
    from cli import steps

    raise typer.Exit(steps.check(gate, source, accept or []))


@app.command()
def publish(
    roll_back: Annotated[bool, typer.Option("--roll-back", help="Return to the set before the last one.")] = False,
    rotate_key: Annotated[
        bool, typer.Option("--rotate-key", help="Mask all personal data anew, with a new WEIR_MASK_KEY.")
    ] = False,
    accept: Accept = None,
    as_of: AsOf = None,
) -> None:
    """Show readers the next set, or roll back. It must be built, tested and checked; rows that differ change."""
    from cli import steps

    raise typer.Exit(steps.roll_back() if roll_back else steps.publish(_moment(as_of), accept or [], rotate_key))


@app.command()
def verify(
    source: Sources = None,
    counts_only: Annotated[bool, typer.Option("--counts-only", help="The balance alone, without the sources.")] = False,
    with_pii: WithPii = False,
    because: Because = None,
) -> None:
    """Prove that nothing was lost. The balance of every run, and every row at the source, by key and column."""
    from cli.verify import print_proof

    raise typer.Exit(print_proof(source, counts_only, with_pii, because))


app.add_typer(quarantine, name="quarantine")


@app.command()
def add(
    address: Annotated[
        str,
        typer.Argument(
            help="The address of a database, an API, a bucket; a folder; or the name of a source of the project."
        ),
    ],
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="What to call the source.")] = "",
    schema: Annotated[list[str] | None, typer.Option("--schema", help="Only this schema; may be repeated.")] = None,
    tables: Annotated[str, typer.Option("--tables", metavar="PATTERN", help="Only these: 'orders,sales.*'.")] = "",
    sample: Annotated[int, typer.Option("--sample", min=100, help="Rows of a table that are looked at.")] = 10_000,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help="The most that counting in a table may take.")
    ] = 30.0,
    zone: Annotated[str, typer.Option("--zone", help="The zone of times without one: Europe/Berlin.")] = "UTC",
    openapi: Annotated[
        str, typer.Option("--openapi", metavar="FILE", help="Of an API: its OpenAPI document, a file or an address.")
    ] = "",
    marts: Annotated[
        bool, typer.Option("--marts", help="Also a mart for each table, so that analysts see it.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; show what there is.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Of a source of the project: apply what has changed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
) -> None:
    """Add a source: its declaration, staging models and tests, all tried on its rows. Again: what has changed there."""
    from cli.add import add_source

    raise typer.Exit(
        add_source(address, name, schema or [], tables, sample, seconds, zone, openapi, marts, dry_run, write, yes)
    )


@app.command()
def status() -> None:
    """Show where everything stands. Each table's promise and last landing, the balance, the last runs."""
    from cli.status import show_status

    raise typer.Exit(show_status())


@app.command()
def up() -> None:
    """Start the warehouse and Prefect's server."""
    from cli import services
    from flows import server

    raise typer.Exit(services.up(server.start, server.login))


@app.command()
def down(
    force: Annotated[bool, typer.Option("--force", help="End a run that is under way first, in order.")] = False,
) -> None:
    """Stop Prefect's server, the warehouse, the local Spark cluster and the demo. The data stay."""
    from cli import services
    from flows import server

    raise typer.Exit(services.down(server.stop, force))


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def psql(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGS", help="Arguments of psql: -c 'select 1', -f file …")
    ] = None,
    url: Annotated[
        bool,
        typer.Option("--url", help="Print the address instead, for a BI tool or a notebook. Its password is in it."),
    ] = False,
    as_role: Annotated[
        str, typer.Option("--as", help="The role to log in as: analyst, publisher, dbt, loader or owner.")
    ] = "analyst",
) -> None:
    """Open psql on the published marts, to read. By --as also on all else, with another role's rights."""
    from cli.psql import open_psql, print_address, role_of

    role = role_of(as_role)
    if url:
        raise typer.Exit(print_address(role))
    open_psql(arguments or [], role)


@app.command()
def docs(
    port: Annotated[int, typer.Option(help="The port to serve them on.", min=1, max=65535)] = ports.DOCS,
    serve: Annotated[bool, typer.Option(help="Serve them, or only make them.")] = True,
) -> None:
    """Write the portal, make dbt's docs, and serve both, with what the gates found."""
    from cli.docs import make_docs

    raise typer.Exit(make_docs(port, serve))


app.add_typer(spark, name="spark")
app.add_typer(incidents)
app.add_typer(commands)


def _moment(text: str | None):  # type: ignore[no-untyped-def]  # datetime is imported where it is used
    from weir.core import settings
    from weir.core.env import load_env

    load_env()
    return settings.parse_moment(text, "--as-of") if text else settings.as_of()


def main() -> None:
    """Run the command line; every fault is one line."""
    from cli.guard import guarded
    from weir.core.private import keep_private

    keep_private()
    sys.exit(guarded(lambda: app(sys.argv[1:] or ["--help"], standalone_mode=False, prog_name="weir")))


if __name__ == "__main__":
    main()
