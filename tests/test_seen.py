"""What a model has seen of data that grow stays learned, or held out, whatever comes after."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import drawn
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny_training import REFUSING, printed_digits, refusing_run, write_refusing_recipe

from inkdigits.corrections import Correction, CorrectionStore
from inkdigits.corrections.exchange import grey_png
from inkdigits.errors import DataUnavailable, InvalidModel
from inkdigits.training import datasets, learning, mixture, mnist
from inkdigits.training.config import TrainingConfig, load_config, parse_config, recipe_of
from inkdigits.training.corrected import read_corrections
from inkdigits.training.evaluate import evaluate
from inkdigits.training.seen import MARK, Seen, fingerprint, marks

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LABELS = tuple("0123456789")
IMAGES, NUMBERS = printed_digits(120, seed=1)
IMAGES = np.rint(IMAGES * np.random.default_rng(1).uniform(0.8, 1, IMAGES.shape)).astype(np.uint8)
MARKS = st.lists(st.integers(0, 60), unique=True, max_size=40)


def recipe(folder: Path, data: Path) -> TrainingConfig:
    """A recipe that learns from this, beside ink that is the same always."""
    write_refusing_recipe(folder)
    path = folder / "mine.yaml"
    named = f"{{data: '{data}'}}"
    path.write_text(REFUSING.replace("{data: train-images-idx3-ubyte, weight: 0.5}", named))
    return load_config(path)


def write(path: Path, places: NDArray[np.int64]) -> Path:
    """Some of the printed digits, in this order."""
    np.savez(path, images=IMAGES[places], labels=NUMBERS[places])
    return path


def by_marks(places: NDArray[np.int64] | list[int]) -> set[int]:
    return set(marks(IMAGES[places]).tolist())


def drawn_from(parts: mixture.Mixture) -> NDArray[np.float32]:
    """The patches of the first part, which are pictures."""
    pictures = parts.parts[0]
    assert isinstance(pictures, mixture.Pictures)
    return pictures.digits.patches


def both(one: NDArray[np.float32], other: NDArray[np.float32]) -> set[bytes]:
    first, second = ({patch.tobytes() for patch in patches} for patches in (one, other))
    return first & second


@given(MARKS, MARKS, MARKS, st.randoms(use_true_random=False), st.booleans())
def test_what_was_seen_keeps_its_side(
    learned: list[int], held: list[int], now: list[int], random: Any, only: bool
) -> None:
    seen = Seen().and_also(np.array(learned, np.uint32), np.array(held, np.uint32))
    shown = np.array(now, np.uint32)
    is_held = np.array([random.random() < 0.3 for _ in now], bool)
    places = seen.again(shown, np.flatnonzero(~is_held), np.flatnonzero(is_held), only=only)
    to_learn, to_hold = (set(shown[some].tolist()) for some in places)
    old, old_held, every = set(learned), set(held), set(now)
    assert to_learn >= (old - old_held) & every
    assert to_hold >= (old_held - old) & every
    assert not to_learn & to_hold
    assert to_learn | to_hold == (every & (old | old_held) if only else every)
    # what is new, or was on both sides as it is there twice, is where the split has it
    free = every - (old ^ old_held)
    assert to_hold & free == set(shown[is_held].tolist()) & free & (to_learn | to_hold)


def test_a_split_of_data_that_grew_and_changed_their_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    some = rng.permutation(120)[:80]
    data = write(tmp_path / "mine.npz", some)
    config = recipe(tmp_path, data)
    _, before = mixture.read(config)
    place = next(iter(before.parts.values()))
    count = place.stop - place.start
    ours = by_marks(some)  # the ink beside it is noted, too
    sides = [set(side.tolist()) & ours for side in (before.seen.learned, before.seen.held)]
    assert [len(side) for side in sides] == [80 - count, count]
    write(data, rng.permutation(120))
    # drawn anew the split knows nothing of before …
    _, anew = mixture.read(config)
    assert set(anew.seen.held.tolist()) & sides[0]
    # … but it does where training goes on
    parts, after = mixture.read(config, before.seen)
    assert set(after.seen.learned.tolist()) >= set(before.seen.learned.tolist())
    assert set(after.seen.held.tolist()) >= set(before.seen.held.tolist())
    both_sides = set(after.seen.learned.tolist()) | set(after.seen.held.tolist())
    assert both_sides >= by_marks(list(range(120)))
    assert not both(drawn_from(parts), after.digits.patches)
    # and where only what is known is wanted, nothing is new
    again, same = mixture.read(config, before.seen, only_seen=True)
    assert len(drawn_from(again)) == 80 - count
    for one, other in zip(
        (same.seen.learned, same.seen.held), (before.seen.learned, before.seen.held), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_other_data_in_the_place_of_those_that_were_learned_are_told(tmp_path: Path) -> None:
    data = write(tmp_path / "mine.npz", np.arange(60))
    config = recipe(tmp_path, data)
    seen = mixture.read(config)[1].seen
    write(data, np.arange(60, 120))
    with pytest.raises(DataUnavailable, match="nothing is left of what was learned from"):
        mixture.read(config, seen, only_seen=True)


def test_what_was_learned_is_not_measured_as_held_out(tmp_path: Path) -> None:
    """As `inkdigits evaluate --held-out` does, after ten more images came."""
    data = write(tmp_path / "mine.npz", np.arange(80))
    config = recipe(tmp_path, data)
    seen = mixture.read(config)[1].seen
    write(data, np.concatenate([np.arange(80, 90), np.arange(80)]))
    lines = datasets.held_out(data, config, seen)
    assert lines is not None
    shown = by_marks([line - 11 if line > 10 else 79 + line for line in lines])
    assert not shown & set(seen.learned.tolist())
    assert shown >= set(seen.held.tolist()) & by_marks(list(range(80)))
    without = datasets.held_out(data, config)
    assert without is not None
    assert by_marks([line - 11 if line > 10 else 79 + line for line in without]) & set(
        seen.learned.tolist()
    )


def test_a_model_folder_tells_what_was_seen(tmp_path: Path) -> None:
    config, run = refusing_run()
    model = run.folder / "model"
    seen = Seen.of(model)
    assert len(seen.learned) > len(seen.held) > 0
    (part, *_) = datasets.digit_parts(config)
    held = mixture.read(config)[1].parts
    place = next(at for name, at in held.items() if name.startswith(Path(part.data).name))
    # the data are the same still, and so is what counts
    report = evaluate(model, part.data, recipe=recipe_of(model))
    assert report.as_json()["images"] == place.stop - place.start
    assert len(Seen.of(tmp_path)) == 0  # one that was trained before there was such a file
    seen.write(tmp_path)
    np.testing.assert_array_equal(Seen.of(tmp_path).held, seen.held)
    (tmp_path / "seen.npz").write_bytes(b"junk")
    with pytest.raises(InvalidModel, match=r"seen\.npz is damaged"):
        Seen.of(tmp_path)


def test_a_model_of_corrections_learns_from_no_held_out_correction(tmp_path: Path) -> None:
    """Trained on a database, which has grown since, and is learned from."""
    address = f"sqlite:///{tmp_path / 'mine.sqlite'}"
    config = recipe(tmp_path, Path("placeholder.npz"))
    assert config.dataset.parts
    part = config.dataset.parts[0].model_copy(update={"data": address})
    dataset = config.dataset.model_copy(update={"parts": (part, *config.dataset.parts[1:])})
    config = config.model_copy(update={"dataset": dataset})
    with CorrectionStore(address) as store:
        pngs = [grey_png(255 - image) for image in IMAGES]
        store.add_all(
            [Correction(png, str(label)) for png, label in zip(pngs[:80], NUMBERS, strict=False)],
            NOW,
        )
        seen = mixture.read(config)[1].seen
        store.add_all(
            [
                Correction(png, str(label))
                for png, label in zip(pngs[80:], NUMBERS[80:], strict=True)
            ],
            NOW,
        )
        found = read_corrections(store, LABELS, refuses=True, seen=seen)
        replayed, held = mixture.read(config, seen, only_seen=True)
        to_learn = found.parts(1.0)[0].draw(config, np.random.default_rng(0))[0]
    assert len(found) + len(found.held_out()) == 120
    standing = held.digits.patches[held.parts["corrections"]]
    assert len(drawn_from(replayed)) + len(standing) == 80
    assert not both(drawn_from(replayed), found.held_out().patches)
    assert not both(to_learn, found.held_out().patches)
    assert not both(to_learn, standing)


def test_the_latest_word_on_a_drawing_counts(tmp_path: Path) -> None:
    inks = [drawn("3", slant=slant / 100) for slant in range(40)]
    with CorrectionStore(f"sqlite:///{tmp_path / 'mine.sqlite'}") as store:
        store.add_all([Correction(ink, "8") for ink in inks], NOW + timedelta(days=1))
        store.add_all([Correction(ink, "3") for ink in inks], NOW)  # from elsewhere, but older
        found = read_corrections(store, LABELS, refuses=True)
    assert len(found) + len(found.held_out()) == 40
    labels = {int(label) for label in found.held_out().labels}
    labels |= {int(label) for part in found.parts(1.0) for label in part.labels}  # type: ignore[attr-defined]
    assert labels == {8}
    assert "40 say of a drawing what a later one says otherwise" in found.left_out()


def test_a_challenger_of_a_limited_recipe_can_be_gone_on_from(tmp_path: Path) -> None:
    model = tmp_path / "limited"
    model.mkdir()
    config = recipe_of(refusing_run()[1].folder / "model")
    alone = {"parts": None, "train": "train-images-idx3-ubyte", "limit": 100, "allographs": 0}
    limited = config.model_copy(
        update={"dataset": config.dataset.model_copy(update=alone), "outliers": None}
    )
    (model / "recipe.yaml").write_text(limited.to_yaml(), encoding="utf-8")
    challenger = learning.recipe(model, "learned-1")
    again = parse_config(challenger.to_yaml(), "again")
    assert again.dataset.limit is None
    assert again.dataset.parts is not None


def test_nothing_is_fetched_to_be_tested_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(name: str) -> bytes:
        raise AssertionError(name)

    monkeypatch.setattr(mnist, "obtain", fetch)
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert learning._tests(LABELS) == []


def test_a_fingerprint_is_of_what_is_shown(tmp_path: Path) -> None:
    png = grey_png(IMAGES[0])
    (tmp_path / "a.png").write_bytes(png)
    assert fingerprint(tmp_path / "a.png") == fingerprint(png)
    assert fingerprint(IMAGES[0]) == fingerprint(IMAGES[0].copy()) != fingerprint(IMAGES[1])
    assert fingerprint(drawn("3")) == fingerprint(drawn("3")) != fingerprint(drawn("5"))
    assert fingerprint(tmp_path / "nowhere.png") != fingerprint(tmp_path / "either.png")
    assert marks([png]).tolist() == [int.from_bytes(fingerprint(png)[:MARK], "little")]
