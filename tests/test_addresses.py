"""Passwords in addresses of databases: never shown, and never in a recipe, which is written."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from tiny_training import REFUSING

from inkdigits.cli import main
from inkdigits.errors import InvalidConfig
from inkdigits.training.addresses import refuse_a_password, without_password
from inkdigits.training.config import parse_config

SECRET = [
    ("postgresql://me:secret@host/d", "postgresql://me:***@host/d"),
    ("postgresql+psycopg://me:sec@ret@host:5432/d", "postgresql+psycopg://me:***@host:5432/d"),
    ("postgresql://:secret@/d", "postgresql://:***@/d"),
    ("postgresql://host/d?user=me&password=secret", "postgresql://host/d?user=me&password=***"),
    ("postgresql://host/d?PASSWORD=secret&a=b", "postgresql://host/d?PASSWORD=***&a=b"),
]
PLAIN = ["postgresql://me@host:5432/d", "postgresql://host/d?user=me", "sqlite:////a:b/c", "a:b@c"]


@pytest.mark.parametrize(("source", "shown"), SECRET)
def test_a_password_is_not_shown(source: str, shown: str) -> None:
    assert without_password(source) == shown
    with pytest.raises(ValueError, match="no password belongs there") as told:
        refuse_a_password(source)
    assert "sec" not in str(told.value)


@pytest.mark.parametrize("source", PLAIN)
def test_what_holds_no_password_stays(source: str) -> None:
    assert without_password(source) == refuse_a_password(source) == source


@pytest.mark.parametrize("old", ["data: train-images-idx3-ubyte", "test: test-images-idx3-ubyte"])
def test_a_recipe_with_a_password_is_refused_as_it_is_read(old: str) -> None:
    recipe = REFUSING.replace(old, f"{old.split()[0]} 'postgresql://me:secret@host/d'")
    with pytest.raises(
        InvalidConfig, match=r"dataset\..*: postgresql://me:\*\*\*@host/d: a recipe"
    ):
        parse_config(recipe)


@pytest.mark.parametrize("more", [(), ("--resume",)])
def test_nothing_is_written_where_a_password_is_given(
    more: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["train", "postgresql://me:secret@127.0.0.1:1/d", *more])
    assert done.exit_code == 2
    assert "PGPASSWORD or ~/.pgpass" in done.output
    assert "secret" not in done.output
    assert not list(tmp_path.iterdir())
