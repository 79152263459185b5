"""Checking labelled data before anything is learned from them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable, InvalidConfig
from inkdigits.training import datasets
from inkdigits.training.addresses import without_password
from inkdigits.training.checking import suspects
from inkdigits.training.checking.looking import Looked, as_array, look
from inkdigits.training.config import TrainingConfig, load_config
from inkdigits.training.forms import Labelled, open_data
from inkdigits.training.holding_out import lost_by_writer
from inkdigits.training.labels import in_order
from inkdigits.training.lines import Lines
from inkdigits.training.lines import check as check_lines
from inkdigits.training.sections import PartConfig, ValidationConfig

RECIPES = (".yaml", ".yml")

Progress = Callable[[str, int, int], None]  # what is done, steps done, steps in all
Steps = Callable[[int, int], None]  # the same of one thing


@dataclass(frozen=True)
class Entry:
    """An image: where it is, and its label."""

    place: str
    label: str


@dataclass(frozen=True)
class Suspect:
    """An image whose label is likely wrong.

    Args:
        place: where it is.
        label: the one that it has.
        suspected: the one that it seems to be.
        probability: of `label`, by a classifier that has not seen it …
        of_suspected: … and of `suspected`.
        index: of its patch.
    """

    place: str
    label: str
    suspected: str
    probability: float
    of_suspected: float
    index: int


@dataclass
class Check:
    """What was found in data.

    Args:
        sources: what was checked.
        recipe: the recipe whose data they are; None: there is none.
        counts: images of each label, blank ones among them.
        blank: images in which nothing is to be seen.
        unopened: sources that could not be opened though others could, and what was said of each.
        unreadable: places of entries that could not be read, and why …
        test_unreadable: … and those of the test set.
        passed_over: files that are not read though they may be meant to be, and why.
        sizes: how many images have each size, (width, height).
        kinds: how many are strokes, dark on light, light on dark.
        writers: how many writers are told; None: not of all images.
        lost: labels for whose sake writers are not held out whole; see `holding_out`.
        duplicates: images that are the same after normalising, under the same label.
        between: how many images are there in several sources, whatever their labels.
        same_content: how many of the duplicates are the same file or the same pixels.
        conflicts: images that are the same, under different labels.
        leaked: images of the training set that are in the test set, too: pairs of these.
        suspected: likely mislabelled images, the likeliest first.
        judged: how many images were judged for that.
        agreement: share of them whose label the classifier gives too; None: none was judged.
        not_judged: labels of too few images to be judged.
        test_counts: images of each label in the test set; None: there is none.
        labels, patches: of all images, for the sheet.
    """

    sources: list[str]
    recipe: TrainingConfig | None = None
    counts: dict[str, int] = field(default_factory=dict)
    blank: list[Entry] = field(default_factory=list)
    unopened: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    test_unreadable: list[tuple[str, str]] = field(default_factory=list)
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    sizes: dict[tuple[int, int], int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    writers: int | None = None
    lost: list[str] = field(default_factory=list)
    duplicates: list[list[Entry]] = field(default_factory=list)
    between: int = 0
    same_content: int = 0
    conflicts: list[list[Entry]] = field(default_factory=list)
    leaked: list[tuple[Entry, Entry]] = field(default_factory=list)
    suspected: list[Suspect] = field(default_factory=list)
    judged: int = 0
    agreement: float | None = None
    not_judged: list[str] = field(default_factory=list)
    test_counts: dict[str, int] | None = None
    labels: list[str] = field(default_factory=list)
    patches: NDArray[np.uint8] = field(default_factory=lambda: as_array([]))

    @property
    def images(self) -> int:
        """How many images could be read."""
        return sum(self.counts.values())

    @property
    def usable_labels(self) -> list[str]:
        """Labels with two images or more that show something: one to learn from, one to test."""
        blank = Counter(entry.label for entry in self.blank)
        return [label for label, count in self.counts.items() if count - blank[label] >= 2]

    @property
    def singles(self) -> list[str]:
        """Labels of a single image, at which training on data without a recipe stops."""
        return [label for label, count in self.counts.items() if count == 1 and not self.recipe]

    @property
    def unknown(self) -> list[str]:
        """Labels that the recipe tells nothing of, at which training by it stops."""
        if self.recipe is None or self.recipe.dataset.takes_labels_from_data:
            return []
        return [label for label in self.counts if label not in self.recipe.dataset.label_names]

    @property
    def misfit(self) -> str | None:
        """Why the network of the recipe, which takes the labels of its data, does not fit them."""
        takes = self.recipe is not None and self.recipe.dataset.takes_labels_from_data
        if self.recipe is not None and takes and len(self.counts) >= 2:
            try:
                self.recipe.with_labels(list(self.counts))
            except InvalidConfig as error:
                return str(error)
        return None

    @property
    def is_usable(self) -> bool:
        """Whether training can be done, and something comes of it."""
        found = (self.unopened, self.unreadable, self.singles, self.unknown, self.misfit)
        return len(self.usable_labels) >= 2 and not any(found)


def check(
    sources: Sequence[str | Path],
    test: str | Path | None = None,
    progress: Progress = lambda *_: None,
    out: Path | None = None,
) -> Check:
    """Check labelled data; what cannot be read is told and does not stop it, unless it is all.

    Args:
        sources: of the training set, as `forms.open_data` takes them; or one recipe, all whose
            data sets of labelled images are checked, with the test that it names.
        test: a test set, of which nothing may be among them.
        progress: told how far it is.
        out: the folder that the report is to be written to.

    Raises:
        InvalidConfig: The recipe is not valid, or is named beside other sources; or a source is a
            test set, from which nothing may be learned; or `out` is in a folder of data.
        DataUnavailable: No source can be opened, or the test set cannot.
    """
    parts = [PartConfig.model_construct(data=str(source)) for source in sources]
    recipe = None
    if any(part.data.lower().endswith(RECIPES) for part in parts):
        if len(parts) > 1:
            raise InvalidConfig("A recipe is checked by itself: it names all its data.")
        recipe = load_config(parts[0].data)
        parts = list(datasets.digit_parts(recipe))
        test = test or recipe.dataset.test
    else:
        for part in parts:
            datasets.refuse_a_test(part.data, "DATA")
    found = Check([without_password(part.data) for part in parts], recipe)
    tests = [PartConfig.model_construct(data=str(test))] if test is not None else []
    if out is not None:
        _refuse_in_data(out, [part.data for part in (*parts, *tests)])
    seen, tested = Looked(), Looked()
    opened = _opened(parts, seen, partial(progress, "Images", 0, 0))
    opened_tests = _opened(tests, tested, partial(progress, "Test", 0, 0))
    validation = recipe.validation if recipe else ValidationConfig()
    _look_at_all(opened, seen, validation, partial(progress, "Images"))
    found.unopened = seen.unopened
    found.unreadable, found.passed_over = seen.unreadable, seen.passed_over
    found.lost = list(dict.fromkeys(seen.lost))
    found.counts = _counted(seen.labels)
    found.labels, found.patches = seen.labels, as_array(seen.patches)
    entries = [Entry(*pair) for pair in zip(seen.places, seen.labels, strict=True)]
    is_blank = found.patches.max(axis=(1, 2), initial=0) == 0
    found.blank = [entries[index] for index in np.flatnonzero(is_blank)]
    found.sizes = dict(Counter(size for size in seen.sizes if size is not None).most_common())
    found.kinds = dict(Counter(seen.kinds).most_common())
    if seen.writers and all(seen.writers):
        found.writers = len(set(seen.writers))
    groups = _same(seen, is_blank)
    _find_duplicates(found, seen, entries, groups)
    _find_suspects(found, entries, groups, progress)
    if test is not None:
        _look_at_all(opened_tests, tested, validation, partial(progress, "Test"))
        _compare(found, entries, groups, tested)
    return found


def _refuse_in_data(out: Path, sources: Sequence[str]) -> None:
    """Refuse a folder for the report whose sheet would be an image of the data next time."""
    for source in sources:
        if Path(source).is_dir() and out.resolve().is_relative_to(Path(source).resolve()):
            raise InvalidConfig(
                f"{out}: this is inside the data {source}, of which the report would be a part from"
                " then on. Name a folder elsewhere by --out."
            )


def _opened(parts: Sequence[PartConfig], seen: Looked, tick: Callable[[], None]) -> list[Labelled]:
    """Open all sources; one that cannot be opened is told, unless none can.

    Raises:
        DataUnavailable: None can be opened.
    """

    def complain(place: str, why: str) -> None:
        seen.unreadable.append((place, why))

    opened = []
    for part in parts:
        tick()
        wanted = Lines(part.leave_out)
        try:
            check_lines(wanted, [part.data])
            opened.append(open_data(part.data, wanted, complain))
        except DataUnavailable as error:
            seen.unopened.append((without_password(part.data), str(error)))
    if seen.unopened and not opened:
        raise DataUnavailable(" ".join(why for _, why in seen.unopened))
    return opened


def _look_at_all(
    opened: Sequence[Labelled], seen: Looked, validation: ValidationConfig, progress: Steps
) -> None:
    """Look at all entries of all sources."""
    done, total = 0, sum(map(len, opened))

    def step(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    for number, data in enumerate(opened):
        look(data, seen, step, number)
        seen.passed_over += data.passed_over
        if data.writers is not None:
            seen.lost += lost_by_writer(data.labels, data.writers, validation)


def _counted(labels: Sequence[str]) -> dict[str, int]:
    counts = Counter(labels)
    return {label: counts[label] for label in in_order(counts)}


Groups = dict[bytes, list[int]]


def _same(seen: Looked, is_blank: NDArray[np.bool_]) -> Groups:
    """The places of the images of each patch; blank ones are left out."""
    groups: Groups = defaultdict(list)
    for index, patch in enumerate(seen.patches):
        if not is_blank[index]:
            groups[patch.tobytes()].append(index)
    return groups


def _find_duplicates(found: Check, seen: Looked, entries: Sequence[Entry], groups: Groups) -> None:
    for group in groups.values():
        if len(group) > 1:
            several = [entries[index] for index in group]
            found.between += len({seen.origins[index] for index in group}) > 1
            if len({entry.label for entry in several}) > 1:
                found.conflicts.append(several)
            else:
                found.duplicates.append(several)
                found.same_content += len(group) - len({seen.contents[index] for index in group})


def _find_suspects(
    found: Check, entries: Sequence[Entry], groups: Groups, progress: Progress
) -> None:
    """Judge one image of each group: its copy would tell the classifier its label."""
    names = list(found.counts)
    numbers = {name: number for number, name in enumerate(names)}
    once = np.array(sorted(group[0] for group in groups.values()), np.int64)
    labels = np.array([numbers[entries[index].label] for index in once], np.int64)
    counts = np.bincount(labels, minlength=len(names))
    found.not_judged = [name for name, n in zip(names, counts, strict=True) if n < suspects.LEAST]
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        progress("Labels", done, suspects.FOLDS)

    judged = suspects.judge(found.patches[once], labels, step=step)
    if judged is None:
        found.not_judged = names
        return
    found.judged = len(judged.indices)
    found.agreement = float((judged.other == labels[judged.indices]).mean())
    for place in np.flatnonzero(judged.suspected):
        index = int(once[judged.indices[place]])
        found.suspected.append(
            Suspect(
                entries[index].place,
                entries[index].label,
                names[judged.other[place]],
                float(judged.given[place]),
                float(judged.probability[place]),
                index,
            )
        )
    found.suspected.sort(key=lambda one: one.probability - one.of_suspected)


def _compare(found: Check, entries: Sequence[Entry], groups: Groups, tested: Looked) -> None:
    """Look for images of the test set among those to learn from."""
    found.test_unreadable = tested.unreadable
    found.test_counts = _counted(tested.labels)
    for index, patch in enumerate(tested.patches):
        for known in groups.get(patch.tobytes(), ())[:1]:
            other = Entry(tested.places[index], tested.labels[index])
            found.leaked.append((entries[known], other))
