"""What can go wrong, in words that say what was wrong and what to do.

Every error that a user of the package can meet is an `InkdigitsError`, so one `except` is enough.
"""


class InkdigitsError(Exception):
    """Base of all errors raised on purpose by this package."""


class InvalidConstraint(InkdigitsError):
    """What is said of a number before it is read contradicts itself, or is not understood."""


class InvalidInk(InkdigitsError, ValueError):
    """Pen strokes that are not strokes: wrong shape, not finite, too many."""


class UnreadableImage(InkdigitsError, ValueError):
    """An image source that cannot be decoded."""


class ImageTooLarge(UnreadableImage):
    """An image above the limit of pixels or bytes, refused before it was decoded."""


class InvalidModel(InkdigitsError, ValueError):
    """A model folder that is incomplete, changed, or made for another version."""


class NoNumbers(InvalidModel):
    """A model that does not know all ten digits, and was asked to read numbers."""


class InvalidConfig(InkdigitsError, ValueError):
    """A training configuration with an unknown or unusable entry."""


class DataUnavailable(InkdigitsError):
    """A data set that could be neither found nor fetched, or whose bytes are wrong."""


class InterruptedRun(InkdigitsError):
    """A training run that was stopped before its end and can be resumed."""


class NodesApart(InkdigitsError):
    """Machines that were to train together and did not meet, or lost one another."""


class InvalidJob(InkdigitsError, ValueError):
    """A batch job whose inputs or output folder cannot be what is meant."""


class InterruptedJob(InkdigitsError):
    """A batch job that was stopped before its end and can be gone on with."""


class InvalidCorrection(InkdigitsError, ValueError):
    """A correction that says nothing, or says it in a way that cannot be kept."""


class UnknownCorrection(InkdigitsError, LookupError):
    """A correction that is not, or no longer, in the store."""


class StoreFull(InkdigitsError):
    """A store that holds as many corrections as it may."""


class StoreUnavailable(InkdigitsError):
    """The database of corrections cannot be reached, read or written."""


class NoDisplay(InkdigitsError):
    """The drawing window cannot be opened here."""


class MissingExtra(InkdigitsError, ImportError):
    """A part of the package was used whose optional dependencies are not installed."""

    def __init__(self, extra: str, package: str) -> None:
        """Say which `extra` brings the missing `package`."""
        self._missing = extra, package
        super().__init__(
            f"This needs the package {package!r}, which is not installed: "
            f"run  pip install 'inkdigits[{extra}]'  or, in a checkout,  "
            "pip install -r requirements-dev.txt"
        )

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), self._missing  # so that it can be raised in another process
