"""Names of labels, writers and models: one rule of what they are, one way of writing each."""

from typing import Any

import numpy as np
import pytest

from inkdigits.names import LENGTH, is_name, quoted, text_of


@pytest.mark.parametrize(
    ("label", "text"),
    [(3, "3"), (np.float64(3), "3"), ("3.0", "3"), ("3.5", "3.5"), (" é ", "é"), (b"x", "x"),
     (None, None), (float("nan"), None), ("", None), (np.str_("-1.00"), "-1"), (np.True_, "True"),
     ("e\u0301", "\u00e9"), ("e\u0301".encode(), "\u00e9"), ("\u212b", "\u00c5")],
)  # fmt: skip
def test_a_name_is_text_however_it_is_kept(label: Any, text: str | None) -> None:
    assert text_of(label) == text


@pytest.mark.parametrize(
    "name",
    ["7", "not a digit", "\u6f22", "a" * LENGTH,
     "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family: three people, joined
     "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with a non-joiner
     "10\u00a0km", "\ue000", "\U0001f9ff\ufe0f"],
)  # fmt: skip
def test_what_people_write_may_be_a_name(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * (LENGTH + 1),
        "a\nb",
        "a\tb",
        "\x1b[31m",
        "a\0",
        "\x85",
        "a\u2028b",
        "\u2029",
        "\ud800",
    ],
)
def test_what_breaks_a_line_or_a_terminal_is_no_name(name: str) -> None:
    assert not is_name(name)


def test_what_is_no_name_is_shown_short_and_harmless() -> None:
    assert quoted("\x1b[31m") == r"'\x1b[31m'"
    assert quoted("a" * 300) == f"'{'a' * 60}…'"
