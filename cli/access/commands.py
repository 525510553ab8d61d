"""The command `weir`: the names, options and help of the commands that concern access.

In: the command line. Out: what each command prints, and its exit code. `cli/app.py` adds these commands to its own.
"""

from pathlib import Path
from typing import Annotated

import typer

from weir.core.errors import WeirError

commands = typer.Typer()


@commands.command()
def pii(
    source: Annotated[str | None, typer.Argument(metavar="[SOURCE]", help="With --propose: only this source.")] = None,
    propose: Annotated[
        bool, typer.Option("--propose", help="Look at names and values of raw, and propose marks.")
    ] = False,
) -> None:
    """Show which columns hold personal data, and where they go. Exit code 1 where a mart lacks a mark."""
    from cli.access.pii import propose_marks, show_marks

    if source and not propose:
        raise WeirError(f"a source is named where marks are proposed: weir pii --propose {source}")
    raise typer.Exit(propose_marks(source) if propose else show_marks())


@commands.command()
def export(
    what: Annotated[
        str | None,
        typer.Argument(metavar="[MART]", help="A published mart, or a file of one select whose name ends in .sql."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="The file to write: .csv, .parquet, .xlsx or .jsonl; also s3://, gs:// or az://."),
    ] = None,
    for_whom: Annotated[str | None, typer.Option("--for", help="Who gets it; written down in ops.exports.")] = None,
    where: Annotated[str, typer.Option("--where", help="Only these rows, as SQL: \"plan = 'team'\".")] = "",
    columns: Annotated[
        list[str] | None, typer.Option("--columns", help="Only these columns, in this order: a,b; may be repeated.")
    ] = None,
    with_pii: Annotated[
        bool, typer.Option("--with-pii", help="Personal data in clear, not masked; needs --because.")
    ] = False,
    because: Annotated[str, typer.Option("--because", help="Why in clear; written down in ops.exports.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace what has that name already.")] = False,
    formulas: Annotated[
        bool, typer.Option("--formulas", help="CSV: leave texts that a spreadsheet takes for formulas as they are.")
    ] = False,
    share: Annotated[
        str | None, typer.Option("--share", help="A share that the project declares; stands alone.")
    ] = None,
) -> None:
    """Give data out. A mart, or the answer to a question, as one file with its dictionary; written down."""
    from cli.access.export import export

    raise typer.Exit(
        export(
            what, to, for_whom, share, columns,
            where=where, with_pii=with_pii, because=because, replace=replace, formulas=formulas,
        )
    )  # fmt: skip


@commands.command()
def usage(
    mart: Annotated[
        str | None, typer.Argument(metavar="[MART]", help="Only this mart: by whom, which columns.")
    ] = None,
    days: Annotated[int, typer.Option("--days", help="How many days to look back.", min=1, max=4000)] = 30,
) -> None:
    """Show who reads what. Marts with their readers, marts nobody reads, personal data read in clear."""
    from cli.access.usage import show_usage

    raise typer.Exit(show_usage(mart, days))


@commands.command()
def grants(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what differs, and change nothing.")] = False,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="New passwords for the account and the roles, in the server and in .env.")
    ] = False,
    walk: Annotated[
        bool, typer.Option("--walk", help="Try what each role can read, write and run, and show it.")
    ] = False,
) -> None:
    """Show how roles and rights differ from what Weir needs, and make it so. Safe to repeat."""
    if sum((dry_run, rotate, walk)) > 1:
        raise WeirError("--dry-run, --rotate and --walk each stand alone: type one of them")
    if rotate:
        from cli.access.rotate import rotate_passwords

        raise typer.Exit(rotate_passwords())
    if walk:
        from cli.access.walk import show_walk

        raise typer.Exit(show_walk())
    from cli.access.grants import show_grants

    raise typer.Exit(show_grants(dry_run))


user = typer.Typer(help="People's logins in the warehouse: add, list, rotate, remove.", no_args_is_help=True)
commands.add_typer(user, name="user")
Login = Annotated[str, typer.Argument(metavar="NAME", help="The login.")]
Expires = Annotated[str | None, typer.Option("--expires", help="The last day of the login, such as 2027-01-31.")]


@user.command("add")
def user_add(
    name: Login,
    role: Annotated[str, typer.Option("--role", help="analyst, private or auditor; or a role of a mart's rows_for.")],
    expires: Expires = None,
) -> None:
    """Make a login with the rights of a role. Its password is shown once."""
    from cli.access.users import add_user

    raise typer.Exit(add_user(name, role, expires))


@user.command("list")
def user_list() -> None:
    """Show the logins, their roles, when they expire, and their sessions now."""
    from cli.access.users import list_users

    raise typer.Exit(list_users())


@user.command("rotate")
def user_rotate(name: Login, expires: Expires = None) -> None:
    """Give a login a new password, which is shown once."""
    from cli.access.users import rotate_user

    raise typer.Exit(rotate_user(name, expires))


@user.command("remove")
def user_remove(name: Login) -> None:
    """Remove a login, end its sessions and take its rights. Refused where it owns something."""
    from cli.access.users import remove_user

    raise typer.Exit(remove_user(name))


@commands.command()
def forget(
    table: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="A declared table, such as app.users.")] = None,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="The key of the person's row; of several columns: 'a|b'.")
    ] = None,
    because: Annotated[str, typer.Option("--because", help="Why; it stands in the report.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what is where.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the report to this file (.md, or .json).")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="After a restore: erase all who were forgotten.")] = False,
) -> None:
    """Erase one person everywhere. The counts stay, and landings hold the person back."""
    from cli.access.forget import forget_again, forget_person

    if again:
        raise typer.Exit(forget_again())
    if not table or key is None:
        raise WeirError("forget whom? Type: weir forget TABLE KEY --because …, such as weir forget app.users 42")
    raise typer.Exit(forget_person(table, key, because, dry_run, report))
