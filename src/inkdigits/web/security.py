"""Who may do what, and what browsers are told: headers, same origin, tokens, limits."""

import hmac
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import ip_network

from flask import Flask, Response, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from inkdigits.web.limits import RateLimit
from inkdigits.web.problems import Problem
from inkdigits.web.settings import Settings

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
        " connect-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PLAIN = tuple(HEADERS.items())
UNKEPT = (*PLAIN, ("Cache-Control", "no-store"))
DRAWINGS = 10  # of a batch that count as a request more
BYTES = 500_000  # … bytes of a picture …
PIXELS = 1_000_000  # … pixels of a page …
SECONDS = 0.02  # … and seconds of a core that it took to read that
LIMIT = "inkdigits.limit"  # where the app keeps it
UNLIMITED = ("/healthz", "/readyz", "/metrics", "/static/")  # for probes, and files of the page


def register(app: Flask, settings: Settings) -> None:
    """Limit what clients may ask for, and send the headers with every answer."""
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body
    app.extensions[LIMIT] = RateLimit(settings.rate, settings.burst)

    @app.before_request
    def slow_down() -> None:
        if not request.path.startswith(UNLIMITED):
            charge(1)

    @app.after_request
    def headers(answer: Response) -> Response:
        answer.headers.extend(PLAIN if request.path.startswith("/static/") else UNKEPT)
        return answer


def charge(cost: float) -> None:
    """Let a client pay for what it asks, in requests.

    Raises:
        Problem: 429, it asks too much.
    """
    limit: RateLimit = current_app.extensions[LIMIT]
    wait = limit.wait(_client(request.remote_addr or ""), cost)
    if wait:
        seconds = max(1, math.ceil(wait))
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"Too many requests; wait {seconds} s. Ten drawings in a batch cost as much as one"
            " request.",
            Retry_After=str(seconds),
        )


@contextmanager
def metered() -> Iterator[None]:
    """Let a client pay for what is done inside, by the time that this thread works on it.

    It is not refused for that, but waits longer before it may ask again.
    """
    began = time.thread_time()
    try:
        yield
    finally:
        limit: RateLimit = current_app.extensions[LIMIT]
        cost = (time.thread_time() - began) / SECONDS
        limit.owe(_client(request.remote_addr or ""), cost)


def _client(address: str) -> str:
    """Whom an address belongs to: in IPv6 everyone has 2⁶⁴ of them."""
    if ":" not in address:
        return address
    try:
        return str(ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


def bearer() -> str | None:
    """The token that a request brings, if it brings one."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


def is_owner(settings: Settings) -> bool:
    """Whether a request brings the owner's token, told in a time that does not depend on it."""
    token, own = bearer(), settings.token
    if token is None or own is None:
        return False
    return hmac.compare_digest(token.encode(), own.get_secret_value().encode())


def owner_only(settings: Settings) -> None:
    """Refuse everyone but the owner.

    Raises:
        Problem: 401 or 403.
    """
    if settings.token is None:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "This server has no owner's token: start it with INKDIGITS_TOKEN set to read here.",
        )
    if not is_owner(settings):
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "Only the owner may read this: send Authorization: Bearer TOKEN.",
            WWW_Authenticate="Bearer",
        )


def same_origin_or_owner(settings: Settings) -> None:
    """Refuse what another site makes a visitor's browser write.

    A browser tells in `Sec-Fetch-Site`, or in `Origin`, which page sent a request; what tells
    neither is no browser, and has to bring the owner's token.

    Raises:
        Problem: 403.
    """
    if is_owner(settings):
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        if site == "same-origin":
            return
    elif origin in (f"http://{request.host}", f"https://{request.host}"):
        return
    raise Problem(
        HTTPStatus.FORBIDDEN,
        "Corrections are taken from this server's own page, or with the owner's token"
        " (Authorization: Bearer TOKEN).",
    )
