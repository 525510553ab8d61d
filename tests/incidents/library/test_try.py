import time
from tests.incidents.library.company import company


def test_try(warehouse_of_module, tmp_path_factory):
    with company(tmp_path_factory.mktemp("company"), warehouse_of_module) as made:
        print(made.incidents("true"))
        for n in range(3):
            t = time.time()
            made.new_rows()
            print(made.run(), time.time() - t)
        t = time.time()
        print(made.run(), time.time() - t)
        made.app.kill()
        t = time.time()
        print(made.run(), time.time() - t)
        print(made.incidents())
        made.app.start()
        t = time.time()
        print(made.run(), time.time() - t)
        print(made.incidents("true"))
