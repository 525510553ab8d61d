"""What an address asks of TLS, in all the usual spellings."""

import pytest

from weir.core import tls
from weir.core.errors import WeirError


@pytest.fixture
def ca(tmp_path):
    path = tmp_path / "ca.pem"
    path.write_text("")
    return path


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ("", ""),
        ("charset=utf8mb4", ""),
        *((f"{name}={value}", "require") for name in ("ssl", "useSSL", "requireSSL") for value in ("true", "1")),
        *((f"{name}={value}", "require") for name in ("ssl-mode", "sslmode", "ssl_mode", "sslMode", "SSL-MODE")
          for value in ("REQUIRED", "require", "trust")),
        ("ssl-mode=PREFERRED", "prefer"), ("sslmode=allow", "prefer"), ("ssl=preferred", "prefer"),
        ("ssl-mode=VERIFY_CA", "verify-ca"), ("sslmode=verify-ca", "verify-ca"), ("ssl_verify_cert=true", "verify-ca"),
        ("useSSL=true&requireSSL=true&verifyServerCertificate=true", "verify-ca"),
        ("ssl_mode=VERIFY_IDENTITY", "verify-full"), ("sslmode=verify-full", "verify-full"),
        ("tls=true", "verify-full"),
        ("ssl_verify_identity=1", "verify-full"), ("ssl=true&ssl_verify_identity=true", "verify-full"),
        ("tls=skip-verify", "require"), ("tls=preferred", "prefer"), ("trustServerCertificate=true", "require"),
        ("ssl=false", "disable"), ("useSSL=false", "disable"), ("sslmode=disable", "disable"),
        ("ssl-mode=DISABLED", "disable"),
        ("ssl_ca={ca}", "verify-full"), ("ssl-ca={ca}", "verify-full"), ("sslrootcert={ca}", "verify-full"),
        ("ssl_ca={ca}&ssl-mode=REQUIRED", "verify-ca"), ("sslmode=require&sslrootcert={ca}", "verify-ca"),
        ("sslmode=verify-ca&sslrootcert={ca}", "verify-ca"), ("ssl_ca={ca}&ssl_verify_identity=false", "verify-ca"),
        ("sslrootcert=system", "verify-full"), ("sslcert={ca}&sslkey={ca}", "require"),
    ],
)  # fmt: skip
def test_usual_spellings_are_understood(ca, options, mode):
    assert tls.read(f"mysql://a:b@host/db?{options.format(ca=ca)}", "X_URL").mode == mode


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("sslmode=quux", "X_URL has sslmode=quux, which is none of disable, prefer, require, verify-ca, verify-full"),
        ("ssl=maybe", "X_URL has ssl=maybe, which is neither true nor false"),
        ("ssl=false&sslmode=require", "X_URL contradicts itself on TLS (ssl, sslmode)"),
        ("sslmode=disable&ssl_ca={ca}", "X_URL contradicts itself on TLS (sslmode, a certificate)"),
        ("ssl_disabled=true&ssl_ca={ca}", "X_URL contradicts itself on TLS (ssl_disabled, a certificate)"),
        ("trustServerCertificate=true&sslmode=verify-full", "X_URL contradicts itself on TLS"),
        ("ssl_ca=/no/such.pem", "X_URL names /no/such.pem, which can't be read: No such file or directory"),
    ],
)
def test_what_can_not_be_followed_is_said(ca, options, says):
    with pytest.raises(WeirError) as fault:
        tls.read(f"mysql://a:b@host/db?{options.format(ca=ca)}", "X_URL")
    assert says in str(fault.value)


def test_a_file_that_is_no_certificate(ca):
    with pytest.raises(WeirError, match="X_URL names certificates or a key that can't be used"):
        tls.read(f"mysql://a:b@host/db?ssl_ca={ca}", "X_URL").context("X_URL")
