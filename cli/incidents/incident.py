"""`weir incident`: what stopped or drifted, in plain words; with a number, one of them whole."""

from weir import warehouse
from weir.core.env import load_project
from weir.incidents.report import print_all, print_whole


def show_incident(number: int | None) -> int:
    """Print the open incidents and those that are over, or one with its evidence."""
    load_project()
    with warehouse.connect() as connection:
        if number is None:
            print_all(connection)
        else:
            print_whole(connection, number)
    return 0
