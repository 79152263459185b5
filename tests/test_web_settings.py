"""Settings of the server: from flags and the environment, an unknown one is an error."""

import pytest

from inkdigits.cli.serving import serve
from inkdigits.errors import InvalidConfig
from inkdigits.web.settings import Settings, from_environment, to_environment


def test_flags_go_before_variables_and_those_before_defaults() -> None:
    found = from_environment(
        {"INKDIGITS_PORT": "9000", "INKDIGITS_RATE": "1.5", "HOME": "/", "INKDIGITS_DATA": "/x"},
        port=9001,
        host=None,
    )
    assert (found.port, found.rate, found.host) == (9001, 1.5, "127.0.0.1")
    assert from_environment({}) == Settings()
    assert from_environment({"INKDIGITS_PORT": ""}) == Settings()


@pytest.mark.parametrize(
    ("environment", "flags", "message"),
    [
        (
            {"INKDIGITS_PROT": "1"},
            {},
            "INKDIGITS_PROT is not a setting; did you mean INKDIGITS_PORT",
        ),
        ({"INKDIGITS_COLOUR": "1"}, {}, "INKDIGITS_COLOUR is not a setting: known are INKDIGITS_"),
        ({"INKDIGITS_PORT": "http"}, {}, "INKDIGITS_PORT: .* valid integer"),
        ({}, {"port": 70000}, "--port: .* less than or equal to 65535"),
        ({}, {"max_body": 3}, "--max-body: .* greater than or equal to 1000"),
        ({}, {"max_corrections": -1}, "--max-corrections: .* greater than or equal to 0"),
        ({"INKDIGITS_TOKEN": "short"}, {}, "INKDIGITS_TOKEN: .* at least 16"),
        ({"INKDIGITS_SERVER": "apache"}, {}, "INKDIGITS_SERVER: .*waitress"),
    ],
)
def test_what_cannot_be_used_is_told(
    environment: dict[str, str], flags: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidConfig, match=message):
        from_environment(environment, **flags)


def test_the_token_is_not_shown() -> None:
    settings = from_environment({"INKDIGITS_TOKEN": "a-very-secret-token"})
    assert "secret" not in repr(settings)


def test_every_setting_but_the_token_is_an_option_too() -> None:
    options = {option.name for option in serve.params} - {"open_browser"}
    assert options == set(Settings.model_fields) - {"token"}


def test_settings_pass_through_the_environment_unchanged() -> None:
    given = {"INKDIGITS_PORT": "0", "INKDIGITS_TOKEN": "0123456789abcdef", "INKDIGITS_RATE": "0.5"}
    found = from_environment(given, workers=3, server="granian")
    assert from_environment(to_environment(found)) == found
