"""`python -m tests.torture incremental [--seconds 60] [--writers 20] [--seed 1]`; exit 1 where a promise is broken."""

import argparse
import os
import shutil


def main() -> int:
    """Run the torture in a home of its own and print its table."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("torture", choices=["incremental"])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--writers", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    from tests.servers.folders import claimed

    home = claimed("weir-torture-")
    os.environ["WEIR_HOME"] = str(home / "home")
    os.environ.pop("WAREHOUSE_URL", None)
    from tests.torture.incremental import torture
    from weir.warehouse.embedded.server import stop_server

    try:
        ways, naive, did = torture(options.seconds, options.writers, min(10, options.seconds / 3), options.seed)
    finally:
        stop_server("immediate")
        shutil.rmtree(home, ignore_errors=True)
    _show(ways, naive)
    for server, counts in did.items():
        print(f"{server}: {counts}")
    for way in ways:
        for text, times in way.refused.items():
            print(f"{way.name}: {times} increments were refused and came again: {text}")
    return 0 if all(way.holds for way in ways) else 1


def _show(ways: list, naive: object) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("way", "promise")
    for name in ("rows", "increments", "lost", "stale", "twice", "ghosts"):
        table.add_column(name, justify="right")
    for way in ways:
        promise = "exact" if way.exact else "best effort"
        numbers = (way.rows, way.increments, way.lost, way.stale, way.twice, way.ghosts)
        table.add_row(way.name, promise, *(f"{number:,}" for number in numbers))
    numbers = (naive.rows, naive.increments, naive.lost, naive.stale)
    table.add_row("(cursor > max, for contrast)", "none", *(f"{n:,}" for n in numbers), "", f"{naive.ghosts:,}")
    Console(width=110).print(table)


if __name__ == "__main__":
    raise SystemExit(main())
