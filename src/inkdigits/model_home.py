"""Models of one's own: a folder of model folders, and which of all models is in use.

The commands, the window and the server answer with the model in use; what is written in Python
names its model itself.
"""

import os
import shutil
import tempfile
from pathlib import Path

import platformdirs

from inkdigits import artifact
from inkdigits.errors import InvalidModel
from inkdigits.files import write_whole

VARIABLE = "INKDIGITS_MODELS"  # of the environment: where the folder is
IN_USE = "in-use"  # the file with the name of the model in use; no file: the shipped one


class ModelHome:
    """A folder of models of one's own.

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
        found = self.folder.glob("*/config.json")
        return sorted(path.parent.name for path in found if not path.parent.name.startswith("."))

    def path(self, name: str) -> Path:
        """Find one of these models, or an installed one, by its name.

        Raises:
            InvalidModel: there is none of this name.
        """
        if name in self.names():
            return self.folder / name
        installed = [config.name for config in artifact.installed_models()]
        if name not in installed:
            known = ", ".join([*installed, *self.names()])
            raise InvalidModel(f"There is no model {name!r}: known are {known}.")
        return artifact.models_folder() / name

    def find(self, model: str) -> Path:
        """Find a model by its name, or a model folder.

        Raises:
            InvalidModel: it is neither.
        """
        return self.path(model) if model in self.names() else artifact.model_path(model)

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
            InvalidModel: it cannot be used, or the name is taken.
            OSError: the folder cannot be written to.
        """
        artifact.read_model(model)
        if name in self.names() or (artifact.models_folder() / name).exists():
            raise InvalidModel(f"There is a model {name!r} already: choose another name.")
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".") as place:
            copy = Path(place) / name
            shutil.copytree(model, copy)
            copy.rename(self.folder / name)
        return self.folder / name


def model_in_use() -> Path | None:
    """The folder of the model in use; None: the shipped one.

    Raises:
        InvalidModel: there is no such model any more.
    """
    home = ModelHome()
    name = home.in_use
    return None if name == artifact.DEFAULT else home.path(name)
