"""Corrections as files: written, however many they are, and read back."""

import gzip
import tracemalloc
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import drawn

from inkdigits import Ink
from inkdigits.corrections import Correction, CorrectionStore, Kept
from inkdigits.corrections.exchange import (
    from_entry,
    grey_png,
    read_into,
    write_lines,
    write_pictures,
)
from inkdigits.errors import InkdigitsError


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.jsonl.gz"])
def test_lines_are_read_back_as_they_were(name: str, tmp_path: Path) -> None:
    told = [
        Correction(drawn("7"), "7", "1", 0.61, "inkdigits", "1.1.0", "Ánn"),
        Correction(grey_png(drawn("8").draw(100, 140, 8)), None),
    ]
    with CorrectionStore(f"sqlite:///{tmp_path / 'c.sqlite'}") as store:
        for each in told:
            store.add(each)
        kept = list(store)
    assert write_lines(iter(kept), tmp_path / name) == 2
    assert write_lines(iter(kept), tmp_path / f"again-{name}") == 2
    data = (tmp_path / name).read_bytes()
    assert data == (tmp_path / f"again-{name}").read_bytes()  # whenever it is written
    assert (gzip.decompress(data) if name.endswith(".gz") else data).count(b"\n") == 2
    with CorrectionStore(f"sqlite:///{tmp_path / 'other.sqlite'}") as other:
        assert read_into(other, tmp_path / name, pytest.fail) == 2
        assert [(one.time, one.correction) for one in other] == [
            (one.time, one.correction) for one in kept
        ]


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.jsonl.gz"])
def test_more_than_memory_holds_can_be_written(name: str, tmp_path: Path) -> None:
    picture = np.random.default_rng(0).bytes(250_000)
    one = Kept("0" * 32, datetime.now(UTC), Correction(picture, "1"))
    tracemalloc.start()
    assert write_lines(repeat(one, 40), tmp_path / name) == 40
    assert tracemalloc.get_traced_memory()[1] < 4_000_000  # of 13 MB
    tracemalloc.stop()
    assert (tmp_path / name).stat().st_size > 9_000_000


@pytest.mark.parametrize("label", ["..", ".", "a/b", "c:\\d", "½", "7 "])
def test_any_label_is_a_folder_of_its_own_and_read_back(label: str, tmp_path: Path) -> None:
    with CorrectionStore(f"sqlite:///{tmp_path / 'c.sqlite'}") as store:
        store.add(Correction(Ink([[[0, 0], [3, 9]]]), label))
        assert write_pictures(store, tmp_path / "pictures") == 1
    (folder,) = (tmp_path / "pictures").iterdir()
    assert folder.parent == tmp_path / "pictures"
    with CorrectionStore(f"sqlite:///{tmp_path / 'other.sqlite'}") as other:
        assert read_into(other, tmp_path / "pictures", pytest.fail) == 1
        assert [one.correction.label for one in other] == [label]


def test_folders_may_hold_ink_beside_pictures(tmp_path: Path) -> None:
    for label in ("7", "not_a_digit"):
        (tmp_path / "mine" / label).mkdir(parents=True)
        text = drawn("7").to_json()
        (tmp_path / "mine" / label / "it.JSON").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (tmp_path / "mine" / "7" / "it.png").write_bytes(grey_png(drawn("7").draw(100, 140, 8)))
    (tmp_path / "mine" / "7" / "bad.json").write_text("{}")
    (tmp_path / "mine" / "7" / "blank.json").write_text('{"strokes": []}')
    told: list[str] = []
    with CorrectionStore(f"sqlite:///{tmp_path / 'c.sqlite'}") as store:
        assert read_into(store, tmp_path / "mine", told.append) == 3
        inks = [one.correction for one in store if isinstance(one.correction.shown, Ink)]
        assert inks == [Correction(drawn("7"), "7"), Correction(drawn("7"), None)]
        assert read_into(store, tmp_path / "mine", told.append) == 0
    assert [one.partition(": ")[2] for one in told[:2]] == [
        'Ink in JSON is an object like {"strokes": [[[x, y], [x, y]]]}.',
        "Nothing is drawn in this correction.",
    ]


@pytest.mark.parametrize(
    "entry",
    [
        {"label": "1", "image": "\u00e9"},
        {"label": "1", "image": "####"},
        {"label": "1", "strokes": [[[1, 2], [3, 9]]], "time": "9999-12-31T23:59:59-12:00"},
        {"label": "1", "strokes": [[[1, 2], [3, 9]]], "time": "1066-10-14T09:00:00"},
    ],
)
def test_what_cannot_be_imported_is_told(entry: dict[str, Any]) -> None:
    with pytest.raises(InkdigitsError):
        from_entry(entry)
