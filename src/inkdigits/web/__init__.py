"""The web app: a page to draw on, an API, and what keeps them up (needs the extra `web`)."""

from inkdigits.extras import require

# What is imported below, and the name under which it is installed.
NEEDED = {
    "flask": "Flask",
    "prometheus_client": "prometheus-client",
    "pydantic": "pydantic",
    "waitress": "waitress",
}

require("web", NEEDED)

from inkdigits.web.app import create_app  # noqa: E402
from inkdigits.web.settings import Settings  # noqa: E402

__all__ = ["Settings", "create_app"]
