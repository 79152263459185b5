"""Addresses of databases, and the passwords that may be in them."""

import re
from typing import Annotated

from pydantic import AfterValidator

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.*")
_PASSWORD = re.compile(r"(://[^:/@]*:).*(?=@)|((?<=[?&])password=)[^&]*", re.IGNORECASE)


def is_url(source: str) -> bool:
    """Whether a source is an address, as `sqlite:////path/file` or `postgresql://host/name`."""
    return _URL.fullmatch(source) is not None


def without_password(source: str) -> str:
    """The source as it may be shown."""
    return _PASSWORD.sub(r"\1\2***", source) if is_url(source) else source


def refuse_a_password(source: str) -> str:
    """Return the source if it holds no password: what a recipe names is written to disk.

    Raises:
        ValueError: It holds one.
    """
    if without_password(source) != source:
        raise ValueError(
            f"{without_password(source)}: a recipe goes into the model's folder, and no password"
            " belongs there; leave it out here, and give it by the environment variable PGPASSWORD"
            " or ~/.pgpass"
        )
    return source


DataName = Annotated[str, AfterValidator(refuse_a_password)]  # of data, in a recipe
