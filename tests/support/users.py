"""A table of users at a PostgreSQL source, and how it stands there and in raw."""

from tests.support.landing import APP as ONE

APP = ONE.replace("[id]", "[id], exclude: [secret]")


def live(landing):
    return landing.live("raw_app.users", "id", "id, name")


def source(connection):
    return connection.execute("select id, name from users order by id").fetchall()
