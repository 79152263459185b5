"""Models of one's own, and which one is in use."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from stand_in import write_stand_in

from inkdigits import Recognizer, artifact
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


def test_a_recognizer_takes_a_model_as_commands_do(home: ModelHome, stand_in: Path) -> None:
    """By its name, its folder, or the run's in which it is."""
    home.add(stand_in, "mine")
    run = stand_in.parent / "run"
    stand_in.rename(home.folder.parent / "moved")
    run.mkdir()
    (home.folder.parent / "moved").rename(run / "model")
    for model in ("mine", run, str(run), run / "model"):
        assert Recognizer(model).config == artifact.read_model(run / "model")[0]
    with pytest.raises(InvalidModel, match="known are inkdigits, numbers, mine; a folder with"):
        Recognizer("other")
    with pytest.raises(InvalidModel, match="reads single digits"):
        _ = Recognizer(lines="mine").lines_config
    assert Recognizer(lines="numbers").lines_config.kind == "lines"


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
    with pytest.raises(InvalidModel, match=r"The model in use, 'gone', is no longer in .*/models:"):
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


def test_installed_models_are_not_hidden(home: ModelHome, stand_in: Path) -> None:
    assert home.path("inkdigits") == artifact.models_folder() / "inkdigits"
    shutil.copytree(stand_in, home.folder / "inkdigits")  # by hand: no command does it
    assert home.find("inkdigits") == artifact.models_folder() / "inkdigits"
    assert home.names() == []
    lines = CliRunner().invoke(main, ["models", "--json"]).output.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["inkdigits", "numbers"]


ELSEWHERE = ("", ".", "..", "../evil", "a/b", "a\\b", "/evil", ".hidden")
ODD = ("-x", "a b", "a\n", "ä", "x" * 101)
TAKEN = ("in-use", "In-Use", "learned.json", "decisions.jsonl", "inkdigits", "numbers")


@pytest.mark.parametrize("name", [*ELSEWHERE, *ODD, *TAKEN])
def test_names_that_will_not_do_are_refused(name: str, home: ModelHome, stand_in: Path) -> None:
    there = sorted(home.folder.parent.rglob("*"))
    done = CliRunner().invoke(main, ["models", "add", str(stand_in), "--", name])
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert "cannot be called" in done.output or "already" in done.output
    assert sorted(home.folder.parent.rglob("*")) == there


@pytest.mark.parametrize("name", ["notes", "Notes", "half", "HALF", "mine", "Mine", "Inkdigits"])
def test_the_name_of_anything_that_is_there_is_taken(
    name: str, home: ModelHome, stand_in: Path
) -> None:
    home.add(stand_in, "mine")
    (home.folder / "notes").write_text("of mine", encoding="utf-8")
    (home.folder / "half").mkdir()
    there = sorted(home.folder.rglob("*"))
    told = rf"^There is something called '{name.lower()}' already: choose another name\.$"
    with pytest.raises(InvalidModel, match=told):
        home.add(stand_in, name)
    assert sorted(home.folder.rglob("*")) == there


def test_a_name_of_its_own_that_will_not_do_is_told(home: ModelHome, stand_in: Path) -> None:
    config = json.loads((stand_in / "config.json").read_text(encoding="utf-8"))
    (stand_in / "config.json").write_text(json.dumps(config | {"name": "../evil"}))
    done = CliRunner().invoke(main, ["models", "add", str(stand_in)])
    assert (done.exit_code, "'../evil'" in done.output) == (2, True)
    assert CliRunner().invoke(main, ["models", "add", str(stand_in), "good-1.0_a"]).exit_code == 0
    assert home.names() == ["good-1.0_a"]


def test_a_model_is_found_by_name_as_a_folder_and_in_a_run(
    home: ModelHome, stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "runs" / "mine-seed1"
    shutil.copytree(stand_in, run / "model")
    done = CliRunner().invoke(main, ["models", "add", "runs/mine-seed1", "mine"])
    assert done.output == f"Added: mine ({home.folder / 'mine'})\n"
    assert home.find("mine") == home.folder / "mine"
    assert home.find("runs/mine-seed1") == Path("runs/mine-seed1/model")
    assert home.find("runs/mine-seed1/model") == Path("runs/mine-seed1/model")
    for folder in (home.folder / "mine", artifact.model_path(), run / "model"):
        assert home.find(home.name_of(folder)) == folder
    monkeypatch.chdir(run)
    with pytest.raises(InvalidModel, match="There is no model ''"):
        home.find("")
    assert home.name_of(home.folder / "mine") == "mine"
    assert home.name_of(artifact.model_path()) == "inkdigits"


@pytest.mark.parametrize(
    "command",
    [
        ["recognize", "x.png", "--model", "mime"],
        ["read", "x.png", "--lines", "mime"],
        ["models", "use", "mime"],
        ["models", "remove", "mime"],
        ["models", "add", "mime", "other"],
    ],
)
def test_all_known_models_are_named_where_one_is_not(
    command: list[str], home: ModelHome, stand_in: Path
) -> None:
    home.add(stand_in, "mine")
    done = CliRunner().invoke(main, command)
    told = "inkdigits: There is no model 'mime': known are inkdigits, numbers, mine"
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert done.output.startswith(told)


def test_a_model_of_lines_is_found_by_its_name(home: ModelHome) -> None:
    home.add(artifact.model_path("numbers"), "lines")
    command = ["read", "examples-numbers/2026.json", "--csv", "--lines", "lines"]
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, ",2026," in done.output) == (0, True)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (list("0123456789"), "digits: 0 1 2 3 4 5 6 7 8 9"),
        (list("ABC"), "letters: A B C"),
        ([chr(65 + n) for n in range(26)], "26 letters: A … Z"),
        ([f"label{n}" for n in range(200)], "200 signs: label0 … label199"),
    ],
)
def test_of_many_labels_the_table_shows_the_first_and_the_last(
    labels: list[str], told: str, home: ModelHome, tmp_path: Path
) -> None:
    home.add(write_stand_in(tmp_path / "made", {labels[0]: 0.9}, 0.5, labels), "mine")
    rows = [line.split("│") for line in CliRunner().invoke(main, ["models"]).output.splitlines()]
    reads = [(row[1].strip(), row[3].strip()) for row in rows if len(row) == 8]
    start = next(number for number, (name, _) in enumerate(reads) if name == "mine")
    assert " ".join(words for _, words in reads[start:] if words) == told


def test_a_model_in_use_that_was_deleted_is_told(home: ModelHome, stand_in: Path) -> None:
    home.add(stand_in, "mine")
    home.use("mine")
    shutil.rmtree(home.folder / "mine")
    told = f"inkdigits: The model in use, 'mine', is no longer in {home.folder}: choose another by"
    done = CliRunner().invoke(main, ["recognize", "examples/2-marker.png"])
    assert (done.exit_code, done.output) == (2, f"{told}  inkdigits models use NAME.\n")
    listed = CliRunner().invoke(main, ["models"])
    assert (listed.exit_code, told in listed.output, "numbers" in listed.output) == (1, True, True)
    assert CliRunner().invoke(main, ["models", "use", "inkdigits"]).exit_code == 0
    assert CliRunner().invoke(main, ["models"]).exit_code == 0


def test_a_model_is_removed_unless_it_is_in_use(home: ModelHome, stand_in: Path) -> None:
    def run(name: str) -> str:
        return CliRunner().invoke(main, ["models", "remove", name]).output

    home.add(stand_in, "mine")
    home.use("mine")
    assert "mine is in use: choose another by  inkdigits models use NAME." in run("mine")
    assert "came with the program" in run("inkdigits")
    home.use("inkdigits")
    assert "came with the program" in run("inkdigits")
    assert home.names() == ["mine"]
    assert run("mine") == f"Removed: mine ({home.folder / 'mine'})\n"
    assert [path.name for path in home.folder.iterdir()] == ["in-use"]
    assert "There is no model 'mine'" in run("mine")


def test_the_list_shows_labels_as_they_are(
    home: ModelHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for name, labels in {"odd": ("[/x]", "[b]x[/]", ":x:"), "letters": "ABC"}.items():
        home.add(write_stand_in(tmp_path / name, {}, 0.5, labels), name)
    done = CliRunner().invoke(main, ["models"])
    assert done.exit_code == 0
    for told in ("digits:", "letters:", "signs:", "lines:", "[/x]", "[b]x[/]", ":x:"):
        assert told in done.output
