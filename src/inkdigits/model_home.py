"""Models of one's own: a folder of model folders, and which of all models is in use.

The commands, the window and the server answer with the model in use; what is written in Python
names its model itself.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import NoReturn

import platformdirs

from inkdigits import artifact
from inkdigits.errors import InvalidModel
from inkdigits.files import write_whole

VARIABLE = "INKDIGITS_MODELS"  # of the environment: where the folder is
IN_USE = "in-use"  # the file with the name of the model in use; no file: the shipped one
STATE = "learned.json"  # which corrections were learned from last time …
DECISIONS = "decisions.jsonl"  # … and what became of each challenger
FILES = (IN_USE, STATE, DECISIONS)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # of a model


class ModelHome:
    """A folder of models of one's own.

    A name of a model that came with the program means that one, whatever is in the folder.

    Args:
        folder: None: the one that the environment's INKDIGITS_MODELS names, or `models` in the
            user's data folder. It is made when something is first put there.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        named = folder or os.environ.get(VARIABLE)
        data = platformdirs.user_data_path("inkdigits", appauthor=False)
        self.folder = Path(named) if named else data / "models"

    def names(self) -> list[str]:
        """The names of the models in the folder."""
        found = {path.parent.name for path in self.folder.glob("*/config.json")}
        others = found.difference(artifact.installed_names())
        return sorted(name for name in others if not name.startswith("."))

    def path(self, name: str) -> Path:
        """Find one of these models, or an installed one, by its name.

        Raises:
            InvalidModel: there is none of this name.
        """
        return self._named(name) or self._refuse(name)

    def find(self, model: str) -> Path:
        """Find a model by its name, a model folder, or the one in a run's folder.

        Raises:
            InvalidModel: it is none of them.
        """
        # an empty name is none, and not the current folder
        places = (Path(model), Path(model) / artifact.IN_RUN) if model else ()
        found = self._named(model) or next(filter(artifact.is_model, places), None)
        return found or self._refuse(
            model, "; a folder with model.onnx and config.json will do, too"
        )

    def knows(self, name: str) -> bool:
        """Whether there is one of these models, or an installed one, of this name."""
        return self._named(name) is not None

    def name_of(self, folder: Path) -> str:
        """What `find` finds a model folder by: its name, or else its full path."""
        folder = folder.resolve()
        named = self._named(folder.name)
        return folder.name if named and named.resolve() == folder else str(folder)

    def _named(self, name: str) -> Path | None:
        if name in artifact.installed_names():
            return artifact.models_folder() / name
        return self.folder / name if name in self.names() else None

    def taken(self, name: str) -> str | None:
        """What is called so already, be it a model or not; on some disks case makes no difference.

        Returns:
            Its name, or None.
        """
        there = [*artifact.installed_names(), *(path.name for path in self.folder.glob("*"))]
        return next((one for one in there if one.lower() == name.lower()), None)

    def _refuse(self, model: str, more: str = "") -> NoReturn:
        known = ", ".join([*artifact.installed_names(), *self.names()])
        raise InvalidModel(f"There is no model {model!r}: known are {known}{more}.")

    @property
    def in_use(self) -> str:
        """The name of the model in use.

        Raises:
            InvalidModel: what says so cannot be read.
        """
        try:
            return (self.folder / IN_USE).read_text(encoding="utf-8").strip() or artifact.DEFAULT
        except FileNotFoundError:
            return artifact.DEFAULT
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidModel(
                f"{self.folder / IN_USE} cannot be read ({error}). Delete it, or choose a model by"
                "  inkdigits models use NAME."
            ) from error

    def path_in_use(self) -> Path:
        """Find the model in use.

        Raises:
            InvalidModel: there is no such model any more, or what says which cannot be read.
        """
        name = self.in_use
        found = self._named(name)
        if found is None:
            raise InvalidModel(
                f"The model in use, {name!r}, is no longer in {self.folder}: choose another by"
                "  inkdigits models use NAME."
            )
        return found

    def use(self, name: str) -> Path:
        """Use a model from now on; what runs takes it up by itself.

        Returns:
            Its folder.

        Raises:
            InvalidModel: there is none of this name, it cannot be used, or it reads lines.
            OSError: the folder cannot be written to.
        """
        path = self.path(name)
        if artifact.read_model(path)[0].kind != "digits":
            raise InvalidModel(f"{name} reads lines, not single digits, and is used by itself.")
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / IN_USE, f"{name}\n".encode())
        return path

    def add(self, model: Path, name: str) -> Path:
        """Keep a copy of a model folder under a name that is not taken, whole or not at all.

        Raises:
            InvalidModel: it cannot be used, it cannot be called so, or the name is taken.
            OSError: the folder cannot be written to.
        """
        if not NAME.fullmatch(name):
            raise InvalidModel(
                f"A model cannot be called {name!r:.120}: take up to 100 letters (a-z, A-Z), digits"
                " and . _ -, with a letter or digit first."
            )
        if name.lower() in FILES:
            raise InvalidModel(
                f"A model cannot be called {name!r}: a file beside the models has that name."
            )
        artifact.read_model(model)
        if taken := self.taken(name):
            raise InvalidModel(f"There is something called {taken!r} already: choose another name.")
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".") as place:
            copy = Path(place) / name
            shutil.copytree(model, copy)
            copy.rename(self.folder / name)
        return self.folder / name

    def remove(self, name: str) -> Path:
        """Delete one of these models for good, whole or not at all.

        Returns:
            Where it was.

        Raises:
            InvalidModel: there is none of this name, it came with the program, or it is in use.
            OSError: it cannot be deleted.
        """
        path = self.path(name)
        if name not in self.names():
            raise InvalidModel(f"{name} came with the program, and stays.")
        if name == self.in_use:
            raise InvalidModel(f"{name} is in use: choose another by  inkdigits models use NAME.")
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".") as place:
            path.rename(Path(place) / name)
        return path


def find_model(model: str | os.PathLike[str] | None, default: str = artifact.DEFAULT) -> Path:
    """Find the folder of a model that is named as `ModelHome.find` takes it; None: the default.

    Raises:
        InvalidModel: there is none.
    """
    return artifact.model_path(default) if model is None else ModelHome().find(os.fspath(model))


def model_in_use() -> Path | None:
    """The folder of the model in use; None: the shipped one.

    Raises:
        InvalidModel: there is no such model any more.
    """
    home = ModelHome()
    return None if home.in_use == artifact.DEFAULT else home.path_in_use()
