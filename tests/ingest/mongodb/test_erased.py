"""A person who was forgotten is held back by compares and windows of MongoDB, also within other documents."""

import pytest

from ingest.connectors.mongodb import connector
from tests.support.landing import forget
from tests.support.mongodb_shop import NOW

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("small", [0, 200_000])
def test_a_person_is_held_back(shop, landing, monkeypatch, small):
    monkeypatch.setattr(connector, "SMALL", small)
    ann = {"_id": "ann", "name": "Ann Lee-Fox", "mail": "ann@x.io", "updated_at": NOW}
    shop.orders.insert_many([ann, {"_id": 777, "by": {"mail": "Ann@x.io", "n": 1.5}, "updated_at": NOW}])
    landing.one()
    forget(landing, "shop.orders", "ann", _id="name")
    assert landing.rows("select count(*) from raw_shop.orders where document::text ~* 'lee-fox'") == [(0,)]
    landing.proven()
    # the e-mail address stands in no marked column: who keeps documents whole marks it in staging
    shop.orders.update_one({"_id": "ann"}, {"$set": {"name": "Ann Lee-Fox II", "updated_at": NOW}})
    shop.orders.update_one({"_id": 777}, {"$set": {"state": "paid"}})
    landing.one()
    landing.proven()
    landing.balanced()
    assert landing.rows("select count(*) from raw_shop.orders where document::text ~* 'lee-fox'") == [(0,)]
    shop.orders.delete_one({"_id": "ann"})
    landing.one(full=True)
    shop.orders.insert_one(ann)
    landing.one()
    landing.proven()
    assert landing.rows("select distinct _op from raw_shop.orders where _id ~ '^erased' order by 1") == [
        ("delete",),
        ("erase",),
    ]
    assert landing.one(full=True).tables[0].landed == 0
