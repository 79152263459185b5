"""Training on data of one's own: the recipe that is made up for them, and the model it makes."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from drawings import drawn
from sklearn.datasets import load_digits
from tiny_training import LETTERS, refusing_run

from inkdigits import Ink, Recognizer
from inkdigits.cli import main
from inkdigits.errors import DataUnavailable, InvalidConfig, UnreadableImage
from inkdigits.model_home import ModelHome
from inkdigits.training import datasets, own
from inkdigits.training.config import TrainingConfig, layers_for, parse_config, recipe_of
from inkdigits.training.styles import STYLES
from inkdigits.training.train import fit, prepared, train


def write_letters(folder: Path, each: int, labels: str = "XMWHE") -> Path:
    """A folder of pictures of letters, one folder a label, dark on light and of any size."""
    rng = np.random.default_rng(each)
    for label in labels:
        (folder / label).mkdir(parents=True)
        for number in range(each):
            side = int(rng.integers(60, 200))
            strokes = [
                (np.array(stroke) * side * 0.7 + side * 0.15 + rng.normal(0, 2, (len(stroke), 2)))
                for stroke in LETTERS[label]
            ]
            picture = Ink([s.tolist() for s in strokes]).draw(side, side, max(2, side // 14))
            cv2.imwrite(str(folder / label / f"{number}.png"), picture)
    return folder


def write_digits(folder: Path, each: int, digits: str) -> Path:
    for digit in digits:
        (folder / digit).mkdir(parents=True)
        for number in range(each):
            strokes = [[list(p[:2]) for p in s] for s in drawn(digit, slant=0.05 * number).strokes]
            (folder / digit / f"{number}.json").write_text(Ink(strokes).to_json())
    return folder


def test_letters_are_learned_from_nothing(tmp_path: Path) -> None:
    config = own.recipe_for(str(write_letters(tmp_path / "letters", 20)))
    assert config.dataset.label_names == ("E", "H", "M", "W", "X")
    assert (config.start, config.outliers) == (None, None)
    assert config.training.class_weights == "balanced"
    assert config.model.layers[-1].options.units == 5
    assert [part.data for part in config.dataset.parts or ()] == [str(tmp_path / "letters")]
    assert config.validation.fraction == 0.25
    assert parse_config(config.to_yaml()) == config


def test_styles_of_digits_are_drawn_only_where_a_model_of_digits_had_them(tmp_path: Path) -> None:
    """What is labelled 0 to 9 may be clothes."""
    data = str(write_digits(tmp_path / "data", 3, "0123456789"))
    shipped = recipe_of(ModelHome().find("inkdigits")).augmentation
    assert shipped is not None
    assert all(getattr(shipped, style) for style in STYLES)
    config = own.recipe_for(data)
    assert config.augmentation == shipped.model_copy(update=dict.fromkeys(STYLES, 0.0))
    assert parse_config(config.to_yaml()) == config
    assert own.recipe_for(data, "inkdigits", replay=False).augmentation == shipped
    model = refusing_run()[1].folder
    assert own.recipe_for(data, str(model)).augmentation == refusing_run()[0].augmentation
    letters = tmp_path / "letters"
    shutil.copytree(ModelHome().find(str(model)), letters)
    recipe = (letters / "recipe.yaml").read_text(encoding="utf-8")
    signs = recipe.replace("dataset:", "dataset:\n  labels: [a, b, c, d, e, f, g, h, i, '1']", 1)
    (letters / "recipe.yaml").write_text(signs, encoding="utf-8")
    changed = own.recipe_for(data, str(letters)).augmentation
    assert changed is not None
    assert not any(getattr(changed, style) for style in STYLES)


def test_letters_beside_the_digits_of_a_model_are_no_reason_to_forget(tmp_path: Path) -> None:
    """Only where the labels of one are among those of the other something is replayed."""
    letters = str(write_letters(tmp_path / "letters", 3))
    model = str(refusing_run()[1].folder)
    config = own.recipe_for(letters, model)
    assert len(config.dataset.parts or ()) == 1
    assert config.start == str(ModelHome().find(model))
    both = write_digits(tmp_path / "letters", 3, "0123456789")
    config = own.recipe_for(str(both), model)
    assert config.dataset.label_names == (*"0123456789", *"EHMWX")
    assert len(config.dataset.parts or ()) == 3
    assert config.outliers is None  # which were letters


def test_few_digits_go_on_from_a_model_and_the_others_stay(tmp_path: Path) -> None:
    few = str(write_digits(tmp_path / "few", 4, "17"))
    model = str(refusing_run()[1].folder)
    config = own.recipe_for(few, model)
    assert config.dataset.label_names == tuple("0123456789")
    parts = config.dataset.parts or ()
    assert (parts[0].weight, len(parts)) == (10, 3)
    assert config.outliers is not None
    # what the model has learned is not held out to test it, and what it held out is not learned
    base = recipe_of(ModelHome().find(model))
    for part, before in zip(parts[1:], datasets.digit_parts(base), strict=True):
        other = config.model_copy(update={"seed": 2}).of(part)
        now, then = (datasets.open_part(before, config).split(one) for one in (other, base))
        assert [one.tolist() for one in now] == [one.tolist() for one in then]
    alone = own.recipe_for(few, model, replay=False)
    assert (len(alone.dataset.parts or ()), alone.outliers) == (1, None)


def test_the_figures_of_few_steps_are_of_what_was_learned(tmp_path: Path) -> None:
    """After these 12, Keras's batch norm still holds half of how it began."""
    digits = load_digits(n_class=3)
    np.savez(tmp_path / "few.npz", images=digits.images[:150], labels=digits.target[:150])
    config = datasets.with_labels(own.recipe_for(str(tmp_path / "few.npz")).changed(epochs=3))
    network, training, held_out = prepared(config)
    history = fit(network, config, training, held_out).history
    assert len(training) / config.training.batch_size < 4
    assert history[-1]["val_accuracy"] > 0.8
    assert history[-1]["val_loss"] < 0.5


def test_what_cannot_be_learned_from_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="two labels at least"):
        own.recipe_for(str(write_letters(tmp_path / "one", 4, "X")))
    single = write_letters(tmp_path / "single", 1)
    with pytest.raises(DataUnavailable, match=r"5 labels have but one image: E, H, M, W, X\."):
        own.recipe_for(str(single))
    for number in range(100):
        (single / str(number)).mkdir()
        (single / str(number) / "1.png").write_bytes((single / "X" / "0.png").read_bytes())
    with pytest.raises(DataUnavailable, match=r"one image: 0, 1, 2, .*, 9 and 95 more\."):
        own.recipe_for(str(single))
    with pytest.raises(DataUnavailable, match="no such file or folder"):
        own.recipe_for(str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataUnavailable, match="empty: holds no labelled images"):
        own.recipe_for(str(tmp_path / "empty"))
    with pytest.raises(InvalidConfig, match="test set"):
        own.recipe_for("mnist")


@pytest.mark.parametrize("name", ["letters", "./letters", "letters/", "../here/letters"])
def test_data_are_found_by_any_way_of_naming_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    write_letters(here / "letters", 2)
    monkeypatch.chdir(here)
    config = own.recipe_for(name)
    assert [part.data for part in config.dataset.parts or ()] == [str(here / "letters")]
    np.savez(here / "x.npz", x_test=np.eye(20).reshape(4, 10, 10), y_test=["a", "b"] * 2)
    config = own.recipe_for("./x.npz#test")
    assert [part.data for part in config.dataset.parts or ()] == [f"{here}/x.npz#test"]


def test_a_try_that_fails_leaves_no_folder_in_the_way(tmp_path: Path) -> None:
    letters = write_letters(tmp_path / "letters", 4)
    config = own.recipe_for(str(letters))
    (letters / "X" / "0.png").write_bytes(b"no picture")
    for _ in range(2):
        with pytest.raises(UnreadableImage, match=r"0\.png"):
            train(config, tmp_path / "run")
    letters.rename(tmp_path / "moved")
    with pytest.raises(DataUnavailable, match="no such file or folder"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_new_user_trains_on_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty pictures a letter, one command; the model then answers with the letters."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(own, "EPOCHS", (6, 40))
    write_letters(tmp_path / "letters", 20)
    told = CliRunner().invoke(main, ["train", "letters"])
    assert told.exit_code == 0, told.output
    assert "few images: trust the interval" in told.output
    recognizer = Recognizer(tmp_path / "runs" / "letters-seed1" / "model")
    assert recognizer.labels == ("E", "H", "M", "W", "X")
    unseen = write_letters(tmp_path / "unseen", 7)
    right = [
        recognizer.recognize(path).best_label == path.parent.name for path in unseen.glob("*/*.png")
    ]
    assert np.mean(right) > 0.8


def test_the_command_names_what_it_takes() -> None:
    run = CliRunner().invoke
    told = run(main, ["train", "configs/fast.yaml", "--no-replay"])
    assert (told.exit_code, "is for DATA" in told.output) == (2, True)
    told = run(main, ["train", "configs/numbers.yaml", "--from", "inkdigits"])
    assert (told.exit_code, "models of single digits" in told.output) == (2, True)
    told = run(main, ["train", "nowhere/"])
    assert told.exit_code == 1
    assert told.output.startswith("inkdigits: nowhere/: no such file or folder")
    told = run(main, ["train", "nowhere/", "--from", "nobody's"])
    assert (told.exit_code, "known are inkdigits, numbers" in told.output) == (2, True)


def test_a_recipe_may_go_on_from_a_model(tmp_path: Path) -> None:
    config = refusing_run()[0]
    assert isinstance(config, TrainingConfig)
    on = own.going_on(config, "inkdigits")
    assert on.start == str(ModelHome().find("inkdigits"))
    assert on.model.layers == layers_for("inkdigits", 10)
