"""What the tests of both gates share."""

from weir.warehouse import connect


def stage(number: int, rejected: int = 0, landed: int = 100) -> None:
    """Staging takes the load."""
    with connect() as connection:
        connection.execute(
            "insert into ops.ledger values ('stg_shop__orders', 'shop', 'orders', %s, clock_timestamp(), %s, %s, %s)",
            [f"load{number}", landed, landed - rejected, rejected],
        )
        if rejected:
            connection.execute(
                "insert into quality.quarantine select 'stg_shop__orders', %s, null from generate_series(1, %s)",
                [f"load{number}", rejected],
            )
