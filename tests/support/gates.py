"""Rows of the ledger, for the tests of both gates."""

from weir.warehouse import Role, connect


def stage(number: int, rejected: int = 0, landed: int = 100) -> None:
    """Staging takes the load."""
    with connect(Role.OWNER) as connection:
        connection.execute(
            "insert into ops.ledger (step_id, model, source, table_name, load_id, as_of, full_refresh, landed, "
            "accepted, rejected, superseded, deleted) "
            "values ('s', 'stg_shop__orders', 'shop', 'orders', %s, now(), false, %s, %s, %s, 0, 0)",
            [f"load{number}", landed, landed - rejected, rejected],
        )
        if rejected:
            connection.execute(
                "insert into quality.quarantine (model, key, reasons, row, load_id, seq, first_seen) "
                "select 'stg_shop__orders', n::text, '{bad}', '{}', %s, n, now() from generate_series(1, %s) n",
                [f"load{number}", rejected],
            )
