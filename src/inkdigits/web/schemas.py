"""What the API takes and gives: these models check it, and the OpenAPI document is made of them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from inkdigits.ink import MAX_COORDINATE, MAX_POINTS, MAX_STROKES, Ink
from inkdigits.names import LENGTH

MAX_BATCH = 256
MAX_LENGTH = 100  # of what is known of a number: nobody writes a longer one
MAX_DIGITS = 100  # of a reading that are corrected at once
PATTERN = r"^[d.,\-/:]+$"
MAX_SHOWN = 250_000  # bytes of ink or picture that a correction keeps: a digit takes under 10,000

_NUMBER = {"type": "number", "minimum": -MAX_COORDINATE, "maximum": MAX_COORDINATE}
STROKES_TOLD = "Strokes of points [x, y], y downwards; time and pressure may follow."
DIGITS_TOLD = "Those that are to be kept, each as a correction of its own."
STROKES = {
    "type": "array",
    "maxItems": MAX_STROKES,
    "items": {
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_POINTS,
        "items": {
            "type": "array",
            "minItems": 2,
            "maxItems": 4,
            "prefixItems": [_NUMBER, _NUMBER],
            "items": {"type": "number"},
        },
    },
    "examples": [[[[20, 10], [22, 60]]]],
}


def _ink(value: Any) -> Ink:
    return value if isinstance(value, Ink) else Ink(value)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = BeforeValidator(_whole)  # a strict int that may be written 2.0, as in JSON
Strokes = Annotated[Any, BeforeValidator(_ink), WithJsonSchema(STROKES)]
Index = Annotated[int, Field(strict=True, ge=0, lt=MAX_STROKES), Whole]
Name = Annotated[str, Field(min_length=1, max_length=LENGTH)]
Coordinate = Annotated[float, Field(strict=True, ge=-MAX_COORDINATE, le=MAX_COORDINATE)]
Length = Annotated[float, Field(strict=True, ge=0, le=2 * MAX_COORDINATE)]
Box = Annotated[list[float], Field(min_length=4, max_length=4)]
Place = tuple[Coordinate, Coordinate, Length, Length]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Closed(BaseModel):
    """A JSON object without unknown keys."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class Drawing(Closed):
    """A drawing, as the strokes of the pen."""

    strokes: Strokes = Field(description=STROKES_TOLD)


class Drawings(Closed):
    """Several drawings, each read by itself."""

    drawings: Annotated[list[Drawing], Field(min_length=1, max_length=MAX_BATCH)]


class Answer(Closed):
    """What was read."""

    label: str | None = Field(description="What was read; null where it was refused.")
    best_label: str | None = Field(description="What it looks like most; null only when blank.")
    confidence: Share = Field(
        description="Probability that best_label is right, if it is anything that the model knows."
    )
    reason: Literal["blank", "not_a_digit", "unsure"] | None = Field(
        description="Why it was refused; null where it was not."
    )
    scores: dict[str, Share] = Field(description="The probability of each label.")
    box: Box | None = Field(description="Where the ink is: x, y, width, height; null when blank.")
    model: str = Field(description="Name of the model that answered.")
    version: str = Field(description="Its version.")
    patch: str | None = Field(
        default=None,
        description="What the model saw, if asked for by ?patch: 28×28 bytes in base64, ink 255.",
    )


class Answers(Closed):
    """What was read in each drawing, in their order."""

    answers: list[Answer]


class Digit(Closed):
    """What was read at one place."""

    label: str | None = Field(description="What was read; null where it is in doubt.")
    best_label: str | None = Field(description="What it looks like most.")
    confidence: Share = Field(description="Probability that best_label is right.")
    reason: Literal["blank", "not_a_digit", "unsure"] | None = Field(
        description="Why it is in doubt; null where it is not."
    )
    scores: dict[str, Share] = Field(description="The probability of each label.")
    box: Box | None = Field(description="Where it is: x, y, width, height.")
    strokes: list[int] | None = Field(
        description="Which strokes of a drawing it is made of, counted from 0; null in pictures."
    )


class NumberRead(Closed):
    """A number on a line."""

    text: str = Field(description="Digits, with . , - / : where they stand.")
    confidence: Share = Field(description="Probability that all of the text is right.")
    reason: Literal["unsure"] | None = Field(description="Why it is in doubt; null: it is not.")
    box: Box = Field(description="Where it is: x, y, width, height.")
    digits: list[Digit] = Field(description="One for each digit of the text, in its order.")


class LineModelTold(Closed):
    """The model that read the lines."""

    model: str
    version: str


class Readings(Closed):
    """All that was read, in reading order."""

    readings: list[NumberRead]
    model: str = Field(description="Name of the model that looked at the digits.")
    version: str = Field(description="Its version.")
    lines: LineModelTold


class Known(BaseModel):
    """What is known of the numbers before they are read."""

    length: Annotated[int, Field(ge=1, le=MAX_LENGTH)] | None = Field(
        default=None, description="How many digits each number has."
    )
    pattern: Annotated[str, Field(pattern=PATTERN, max_length=MAX_LENGTH)] | None = Field(
        default=None, description="d for a digit, and . , - / : where they stand, as dd.dd."
    )
    minimum: Finite | None = Field(default=None, description="The least value of a number.")
    maximum: Finite | None = Field(default=None, description="The greatest.")


class RightAnswer(Closed):
    """What was answered, and what is right."""

    label: Name | None = Field(description="What it is; null: none of the labels.")
    predicted: Name | None = Field(
        default=None, description="What was answered; null: it was refused."
    )
    confidence: Share | None = Field(default=None, description="The confidence of that answer.")


class Origin(Closed):
    """Who answered, and who drew."""

    model: Name | None = Field(default=None, description="The model that gave it.")
    version: Name | None = Field(default=None, description="Its version.")
    writer: Name | None = Field(default=None, description="Who drew it, in any words.")


class CorrectionTold(Origin, RightAnswer):
    """What was answered to a drawing or a picture, and what is right."""


class NewCorrection(CorrectionTold):
    """What was drawn, what was answered, and what is right."""

    strokes: Strokes = Field(description=f"{STROKES_TOLD} At most {MAX_SHOWN:,} bytes of JSON.")


class RightDrawnDigit(RightAnswer):
    """What one digit of a drawing is."""

    strokes: Annotated[list[Index], Field(min_length=1, max_length=MAX_STROKES)] = Field(
        description="Which strokes it is made of, as the reading told, counted from 0."
    )


class RightShownDigit(RightAnswer):
    """What one digit of a picture is."""

    box: Place = Field(description="Where it is, as the reading told: x, y, width, height.")


class ReadingTold(Origin):
    """What was read in a picture, and what is right, digit by digit."""

    digits: Annotated[list[RightShownDigit], Field(min_length=1, max_length=MAX_DIGITS)] = Field(
        description=DIGITS_TOLD
    )


class NewReadingCorrection(Origin):
    """What was drawn, what was read, and what is right, digit by digit."""

    digits: Annotated[list[RightDrawnDigit], Field(min_length=1, max_length=MAX_DIGITS)] = Field(
        description=DIGITS_TOLD
    )

    strokes: Strokes = Field(
        description=f"{STROKES_TOLD} At most {MAX_SHOWN:,} bytes of JSON for each digit."
    )


class Receipt(Closed):
    """A correction that is kept."""

    id: str
    token: str = Field(description="Takes the correction back: Authorization: Bearer TOKEN.")
    is_new: bool = Field(description="False where just this correction was there already.")


class Receipts(Closed):
    """Corrections that are kept, in the order of the digits."""

    corrections: list[Receipt]


class KeptCorrection(Closed):
    """A correction in the store; either strokes or image is there."""

    id: str
    time: datetime
    label: str | None
    predicted: str | None
    confidence: Share | None
    model: str | None
    version: str | None
    writer: str | None
    strokes: list[Any] | None = None
    image: str | None = Field(default=None, description="A grey PNG in base64.")


class KeptCorrections(Closed):
    """A page of corrections, the oldest first."""

    corrections: list[KeptCorrection]
    next: str | None = Field(description="What `after` is for the next page; null: none.")


class Model(Closed):
    """A model that is installed."""

    name: str
    version: str
    labels: list[str]
    kind: Literal["digits", "lines"] = Field(
        description="What it reads: single digits, or lines of them."
    )
    answering: bool = Field(description="Whether it is the one of its kind that answers here.")


class Models(Closed):
    """All models that are installed."""

    models: list[Model]


class Health(Closed):
    """How the server is."""

    status: Literal["ok", "not ready"]


class ProblemDetails(BaseModel):
    """Why a request could not be answered, as RFC 9457 writes it."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What was wrong and what to do.")
    instance: str | None = Field(
        default=None, description="The request's id, for whoever looks after us."
    )
