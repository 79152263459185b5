"""Models of one's own, and which one is in use."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from stand_in import write_stand_in

from inkdigits import artifact
from inkdigits.cli import main
from inkdigits.errors import InvalidModel
from inkdigits.model_home import ModelHome, model_in_use


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelHome:
    """An empty home that the commands use."""
    monkeypatch.setenv("INKDIGITS_MODELS", str(tmp_path / "models"))
    return ModelHome()


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A model that says 7 to everything."""
    return write_stand_in(tmp_path / "made", {"7": 0.9, "1": 0.1}, 0.5)


def test_the_shipped_model_is_in_use_until_another_is(home: ModelHome, stand_in: Path) -> None:
    assert (home.in_use, model_in_use(), home.names()) == ("inkdigits", None, [])
    kept = home.add(stand_in, "mine")
    assert home.names() == ["mine"]
    assert home.use("mine") == kept
    assert ModelHome().in_use == "mine"
    assert model_in_use() == kept
    home.use("inkdigits")
    assert model_in_use() is None


def test_only_what_can_be_used_is_put_to_use(home: ModelHome, stand_in: Path) -> None:
    with pytest.raises(InvalidModel, match="There is no model 'other': known are inkdigits"):
        home.use("other")
    with pytest.raises(InvalidModel, match="reads lines"):
        home.use("numbers")
    home.add(stand_in, "mine")
    with pytest.raises(InvalidModel, match="already"):
        home.add(stand_in, "mine")
    with pytest.raises(InvalidModel, match="already"):
        home.add(stand_in, "inkdigits")
    (home.folder / "mine" / "model.onnx").write_bytes(b"damaged")
    with pytest.raises(InvalidModel, match="damaged"):
        home.use("mine")
    assert home.in_use == "inkdigits"
    with pytest.raises(InvalidModel, match="incomplete"):
        home.add(home.folder / "nothing", "more")
    assert home.names() == ["mine"]
    assert not [path for path in home.folder.iterdir() if path.name.startswith(".")]


def test_a_damaged_note_of_the_model_in_use_is_told(home: ModelHome) -> None:
    home.folder.mkdir()
    (home.folder / "in-use").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidModel, match="models use NAME"):
        model_in_use()
    (home.folder / "in-use").write_text("gone", encoding="utf-8")
    with pytest.raises(InvalidModel, match="There is no model 'gone'"):
        model_in_use()


def test_the_commands_answer_with_the_model_in_use(home: ModelHome, stand_in: Path) -> None:
    run = CliRunner().invoke
    assert "7" not in run(main, ["recognize", "examples/2-marker.png", "--csv"]).output
    home.add(stand_in, "mine")
    told = run(main, ["models", "use", "mine"])
    assert told.output == f"In use: mine ({home.folder / 'mine'})\n"
    said = run(main, ["recognize", "examples/2-marker.png", "--json"]).output
    assert json.loads(said)["best_label"] == "7"
    named = run(main, ["recognize", "examples/2-marker.png", "--json", "--model", "inkdigits"])
    assert json.loads(named.output)["best_label"] == "2"
    lines = run(main, ["models", "--json"]).output.splitlines()
    listed = {one["name"]: one["in_use"] for one in map(json.loads, lines)}
    assert listed == {"inkdigits": False, "numbers": False, "mine": True}
    assert "mine" in run(main, ["models"]).output
    failed = run(main, ["models", "use", "nobody's"])
    assert (failed.exit_code, failed.output.count("\n")) == (2, 1)


def test_installed_models_are_not_hidden(home: ModelHome) -> None:
    assert home.path("inkdigits") == artifact.models_folder() / "inkdigits"
