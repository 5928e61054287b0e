"""Which certificates we believe, read once in a process: a context takes twenty milliseconds to make."""

import ssl
from functools import cache

import httpx


@cache
def believed(*, trust_env: bool) -> ssl.SSLContext:
    """httpx's own context; with `trust_env` also what `SSL_CERT_FILE` and `SSL_CERT_DIR` name."""
    return httpx.create_ssl_context(trust_env=trust_env)
