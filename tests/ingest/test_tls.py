"""TLS that is asked for is had, with the certificate checked as asked, or refused before the account is named."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.servers import mariadb, mongodb
from tests.servers.authority import Authority
from tests.servers.proxy import proxy
from tests.support.landing import APP

MONGO = APP.replace("key: [id]", "")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    if os.getuid() == 0:
        folder.chmod(0o755)
    return Authority(folder)


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("other"), "somebody else")


@pytest.fixture(scope="module")
def encrypted(authority):
    """A MariaDB with TLS; its account `safe` takes encrypted connections only."""
    cert, key = authority.server("localhost")
    with mariadb.mariadb(f"--ssl-ca={authority.path}", f"--ssl-cert={cert}", f"--ssl-key={key}") as server:
        url = server.database("shop")
        with server.connect("shop") as connection, connection.cursor() as cursor:
            cursor.execute("create table users (id int primary key)")
            cursor.execute("insert into users values (1)")
            cursor.execute("create user safe@'%' identified by 'b7-Tq' require ssl")
            cursor.execute("grant select on shop.* to safe@'%'")
        yield server, f"mysql://safe:b7-Tq@localhost:{urlsplit(url).port}/shop"


def landed(landing, monkeypatch, url):
    """The message of a landing from the address; empty where it landed."""
    monkeypatch.setenv("APP_URL", url)
    (result,) = landing.land(full=True).values()
    assert "\n" not in result.message and "b7-Tq" not in result.message
    return result.message


def test_mysql_encrypts_and_checks_as_asked(landing, encrypted, authority, other, monkeypatch):
    landing.declare(APP)
    server, url = encrypted
    by_address = url.replace("localhost", "127.0.0.1")
    good, bad = authority.path, other.path
    for options in ("ssl=true", "ssl-mode=REQUIRED", "sslmode=prefer", "useSSL=true", "tls=skip-verify",
                    f"ssl_ca={good}", f"ssl-mode=VERIFY_CA&ssl-ca={good}", f"sslmode=verify-full&sslrootcert={good}",
                    f"ssl_ca={good}&ssl_verify_cert=true&ssl_verify_identity=true"):  # fmt: skip
        assert landed(landing, monkeypatch, f"{url}?{options}") == "", options
    assert landed(landing, monkeypatch, f"{by_address}?sslmode=verify-ca&ssl_ca={good}") == ""
    for address, options in [(url, f"ssl_ca={bad}"), (url, f"sslmode=verify-ca&ssl_ca={bad}"), (url, "tls=true"),
                             (url, f"ssl-mode=REQUIRED&ssl-ca={bad}"), (by_address, f"ssl_ca={good}"),
                             (by_address, f"ssl_mode=VERIFY_IDENTITY&ssl_ca={good}")]:  # fmt: skip
        said = landed(landing, monkeypatch, f"{address}?{options}")
        assert "the server's certificate is not trusted (" in said, (options, said)
    said = landed(landing, monkeypatch, url)
    assert "or the account takes encrypted connections only: mend APP_URL, or add ?sslmode=require to it" in said
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("set global require_secure_transport = on")
    try:
        plain = f"{server.url}/shop"
        assert "takes encrypted connections only" in landed(landing, monkeypatch, plain)
        assert landed(landing, monkeypatch, f"{plain}?sslmode=require") == ""
    finally:
        with server.connect(ssl={"check_hostname": False}) as connection, connection.cursor() as cursor:
            cursor.execute("set global require_secure_transport = off")


def test_mysql_without_tls_is_refused_before_the_account_is_named(landing, authority, monkeypatch):
    landing.declare(APP)
    url = urlsplit(mariadb.shared().database("plain"))
    with mariadb.shared().connect("plain") as connection, connection.cursor() as cursor:
        cursor.execute("create table users (id int primary key)")
    with proxy(url.port or 0) as between:
        address = f"mysql://{url.username}:{url.password}@127.0.0.1:{between.port}/plain"
        for options in ("ssl=true", "ssl-mode=REQUIRED", "sslmode=verify-full", "ssl_mode=VERIFY_IDENTITY",
                        "useSSL=true", "tls=true", f"ssl_ca={authority.path}", "ssl_verify_cert=true"):  # fmt: skip
            said = landed(landing, monkeypatch, f"{address}?{options}")
            assert "no encrypted connection could be made: mend sslmode in APP_URL" in said, (options, said)
        assert between.sent == 0
        for options in ("", "sslmode=prefer", "ssl=false", "charset=utf8mb4"):
            assert landed(landing, monkeypatch, f"{address}?{options}") == "", options
        said = landed(landing, monkeypatch, f"{address}?serverTimezone=UTC")
        assert "APP_URL has the option 'serverTimezone', which is not known here: take it out" in said


def test_postgres_encrypts_and_checks_as_asked(landing, app, authority, other, monkeypatch):
    app.execute("create table users (id int primary key)")
    landing.declare(APP)
    url = urlsplit(os.environ["APP_URL"])
    good, bad = authority.path, other.path
    with proxy(url.port or 0, authority.context("localhost")) as between:
        address = f"postgresql://{url.username}:{url.password}@localhost:{between.port}{url.path}"
        by_address = address.replace("localhost", "127.0.0.1")
        for options in ("", "sslmode=require", "ssl=true", "ssl-mode=REQUIRED", f"ssl_ca={good}",
                        f"sslmode=verify-full&sslrootcert={good}",
                        f"sslmode=verify-ca&sslrootcert={good}"):  # fmt: skip
            assert landed(landing, monkeypatch, f"{address}?{options}") == "", options
        assert landed(landing, monkeypatch, f"{by_address}?sslmode=verify-ca&sslrootcert={good}") == ""
        monkeypatch.setenv("SSL_CERT_FILE", str(good))
        assert landed(landing, monkeypatch, f"{address}?sslmode=verify-full&sslrootcert=system") == ""
        monkeypatch.setenv("SSL_CERT_FILE", str(bad))
        for host, options in [(address, f"sslmode=verify-full&sslrootcert={bad}"), (address, "sslrootcert=system"),
                              (address, f"sslmode=require&sslrootcert={bad}"),
                              (by_address, f"sslmode=verify-full&sslrootcert={good}")]:  # fmt: skip
            said = landed(landing, monkeypatch, f"{host}?{options}")
            assert "its certificate is not trusted: check APP_URL" in said, (options, said)
        said = landed(landing, monkeypatch, f"{address}?sslmode=verify-full")
        assert "an option can't be followed: mend APP_URL" in said and "root.crt" in said


def test_postgres_without_tls_is_refused_before_the_account_is_named(landing, app, authority, monkeypatch):
    landing.declare(APP)
    url = urlsplit(os.environ["APP_URL"])
    with proxy(url.port or 0) as between:
        address = f"postgresql://{url.username}:{url.password}@127.0.0.1:{between.port}{url.path}"
        tries = ["sslmode=require", "ssl=true", "useSSL=true", f"sslmode=verify-ca&sslrootcert={authority.path}"]
        for options in tries:
            said = landed(landing, monkeypatch, f"{address}?{options}")
            assert "the server takes no encrypted connections: mend sslmode in APP_URL" in said, (options, said)
        assert between.sent == 8 * len(tries)  # the question whether there is TLS, and nothing more


@pytest.fixture(scope="module")
def documents():
    server = mongodb.shared()
    server.client.drop_database("tls")
    server.client["tls"]["users"].insert_one({"_id": 1})
    return urlsplit(server.url).port


def test_mongodb_encrypts_and_checks_as_asked(landing, documents, authority, other, monkeypatch):
    landing.declare(MONGO)
    good, bad = authority.path, other.path
    with proxy(documents, authority.context("localhost")) as between:
        address = f"mongodb://localhost:{between.port}/tls?serverSelectionTimeoutMS=1500&directConnection=true"
        by_address = address.replace("localhost", "127.0.0.1")
        for options in (f"tls=true&tlsCAFile={good}", f"ssl=true&tlsCAFile={good}", "tls=true&tlsInsecure=true"):
            assert landed(landing, monkeypatch, f"{address}&{options}") == "", options
        for host, options in [(address, f"tls=true&tlsCAFile={bad}"), (address, "tls=true"),
                              (by_address, f"tls=true&tlsCAFile={good}")]:  # fmt: skip
            said = landed(landing, monkeypatch, f"{host}&{options}")
            assert "the server's certificate is not trusted: check APP_URL (tlsCAFile" in said, (options, said)
        assert "perhaps it takes encrypted connections only: add ?tls=true" in landed(landing, monkeypatch, address)


def test_mongodb_without_tls_and_options_it_does_not_know(landing, documents, authority, monkeypatch):
    landing.declare(MONGO)
    address = f"mongodb://localhost:{documents}/tls?serverSelectionTimeoutMS=1500"
    said = landed(landing, monkeypatch, f"{address}&tls=true&tlsCAFile={authority.path}")
    assert "can't be reached: see that it is up, and check APP_URL, its tls too" in said
    for option in ("sslmode=require", "useSSL=true", "tlsEnabled=true", "ssl_ca=/ca.pem"):
        said = landed(landing, monkeypatch, f"{address}&{option}")
        assert "APP_URL is no address that MongoDB's driver understands: Unknown option" in said, said


EVERY_ROAD = """
import os, sys
from weir import warehouse
from ingest.raw.connection import wired
from expectations.context import _open
url = warehouse.ensure()
with warehouse.connect() as connection:
    connection.execute("select 1")
with wired(url, "test") as wire:
    assert wire.value("select 1") == 1
import psycopg2
from ingest.destination import Address
address = Address()
address.parse_native_representation(url)
psycopg2.connect(address.to_native_representation()).close()
assert "sslrootcert" in address.to_native_representation()
_, source = _open(url.replace("postgresql://", "postgresql+psycopg2://", 1))
source.test_connection()
from cli.dbt import main
main(["debug", "--connection"])
"""


def test_the_warehouse_by_every_road(database, home, authority, other, monkeypatch):
    """psycopg, asyncpg, dlt, Great Expectations and dbt all check what WAREHOUSE_URL asks for."""
    url = urlsplit(database())
    with proxy(url.port or 0, authority.context("localhost")) as between:
        address = f"postgresql://{url.username}:{url.password}@localhost:{between.port}{url.path}"

        def run(code, options):
            monkeypatch.setenv("WAREHOUSE_URL", f"{address}?{options}")
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

        code, said = run(EVERY_ROAD, f"sslmode=verify-full&sslrootcert={authority.path}")
        assert code == 0 and "OK connection ok" in said, said
        checked = "import sys\nfrom cli.app import main\nsys.argv = ['weir', 'up']\nmain()"
        for options, says in [(f"sslmode=verify-full&sslrootcert={other.path}", "certificate verify failed"),
                              (f"ssl_ca={other.path}", "certificate verify failed"),
                              ("sslmode=verify-full&sslrootcert=system", "certificate verify failed"),
                              ("options=-csearch_path%3Dx", "WAREHOUSE_URL has the option 'options'")]:  # fmt: skip
            code, said = run(checked, options)
            assert code == 1 and says in said and said.count("\n") == 1, said
    with proxy(url.port or 0) as plain:
        address = address.replace(str(between.port), str(plain.port))
        code, said = run(checked, "ssl=true")
        assert code == 1 and "server does not support SSL" in said
        # the question whether there is TLS, by the publisher and by the account, and nothing more
        assert plain.sent == 2 * 8
