"""A person who was forgotten is held back by the overlap of an API's cursor, and by a compare of the whole listing."""

from tests.ingest.rest.test_changes import api  # noqa: F401
from tests.support.landing import forget


def test_a_person_is_held_back(api, landing):  # noqa: F811
    api.tickets[9] |= {"who": "ann@x.io"}
    api.tickets[8] |= {"text": "for <ann@x.io>"}
    landing.one()
    landing.rows("select 1")
    forget(landing, "desk.tickets", "10", id="person")
    assert landing.rows("select count(*) from raw_desk.tickets where document::text ~ 'ann' and id <> '9'") == [(0,)]
    landing.proven()
    assert landing.one().tables[0].landed == 0, "the overlap brings the object again"
    api.tickets[9] |= {"who": "ann@y.io", "updated_at": "2024-01-11T00:00:00Z"}
    for full in (False, True):
        landing.one(full=full)
        landing.proven()
        landing.balanced()
    assert landing.rows("select count(*) from raw_desk.tickets where document::text ~ 'ann@y'") == [(0,)]
    del api.tickets[9]
    landing.one(full=True)
    landing.proven()
    assert landing.rows("select _op from raw_desk.tickets where id ~ 'erased' order by _seq")[-1] == ("delete",)
