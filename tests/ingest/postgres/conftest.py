"""The fixture `users`: a table at the source, declared."""

import pytest

from tests.support.users import APP


@pytest.fixture
def users(app, landing):
    app.execute("create table users (id bigint primary key, name text, secret text)")
    app.execute("insert into users select i, 'name ' || i, 'x' from generate_series(1, 1000) i")
    landing.declare(APP)
    return app
