"""How the server is set up: by flags and by `INKDIGITS_*` variables, all of them checked."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from inkdigits.errors import InvalidConfig

PREFIX = "INKDIGITS_"
OTHERS = ("INKDIGITS_DATA", "INKDIGITS_MODELS")  # variables of other parts of the program


class Settings(BaseModel):
    """All that can be set; each field is a variable `INKDIGITS_` and its name in capitals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0: all.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8000, description="Port to listen on; 0: any that is free."
    )
    server: Literal["waitress", "granian"] = Field(
        default="waitress", description="What serves; granian where it is installed."
    )
    workers: Annotated[int, Field(ge=1, le=256)] = Field(
        default=1, description="Processes; more than one needs granian."
    )
    threads: Annotated[int, Field(ge=1, le=256)] = Field(
        default=8, description="Threads of a process."
    )
    model: str | None = Field(
        default=None, description="Model to answer with; none: the one in use."
    )
    lines: str | None = Field(
        default=None, description="Model of lines to answer with; none: the shipped one."
    )
    database_url: str | None = Field(
        default=None,
        description="Where corrections are kept; none: a SQLite file in the user's folder.",
    )
    token: SecretStr | None = Field(
        default=None, min_length=16, description="The owner's password for reading corrections."
    )
    max_body: Annotated[int, Field(ge=1_000)] = Field(
        default=10_000_000, description="Largest body of a request, bytes."
    )
    max_pixels: Annotated[int, Field(ge=784)] = Field(
        default=25_000_000, description="Largest picture, pixels."
    )
    max_corrections: Annotated[int, Field(ge=0)] = Field(
        default=100_000, description="Corrections that are kept; 0: any number."
    )
    rate: Annotated[float, Field(ge=0)] = Field(
        default=40, description="Requests a second of one client that are answered; 0: any number."
    )
    burst: Annotated[int, Field(ge=1)] = Field(
        default=80, description="Requests that a client may make at once."
    )
    proxies: Annotated[int, Field(ge=0, le=10)] = Field(
        default=0,
        description="Proxies in front of the server whose word on who the client is counts.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What is logged: one JSON object a line on standard error."
    )


def variable(field: str) -> str:
    """The environment's variable of a setting."""
    return PREFIX + field.upper()


def to_environment(settings: Settings) -> dict[str, str]:
    """The variables by which `from_environment` makes the same settings again."""
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    return {
        variable(name): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in given.items()
        if value is not None
    }


def from_environment(environment: Mapping[str, str], **flags: Any) -> Settings:
    """Read the settings; a flag that is not None goes before its variable.

    Raises:
        InvalidConfig: a variable `INKDIGITS_*` that nothing knows, or a value that cannot be used.
    """
    known = {variable(field): field for field in Settings.model_fields}
    given: dict[str, Any] = {}
    for name, value in environment.items():
        if name.startswith(PREFIX) and name not in OTHERS and value != "":
            if name not in known:
                every = [known_name.removeprefix(PREFIX) for known_name in (*known, *OTHERS)]
                near = difflib.get_close_matches(name.removeprefix(PREFIX), every, 1)
                hint = (
                    f"; did you mean {PREFIX}{near[0]}?"
                    if near
                    else f": known are {', '.join(known)}."
                )
                raise InvalidConfig(f"The environment's {name} is not a setting{hint}")
            given[known[name]] = value
    given |= {field: value for field, value in flags.items() if value is not None}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        place = f"--{field.replace('_', '-')}" if flags.get(field) is not None else variable(field)
        raise InvalidConfig(f"{place}: {first['msg']}.") from error
