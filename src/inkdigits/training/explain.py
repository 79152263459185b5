"""What is wrong with a recipe, in words: the place, the fault, the nearest known word."""

import difflib
import re
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel


def explain(kind: type[BaseModel], problem: Mapping[str, Any]) -> str:
    """One problem in words: its place, what is wrong, and the nearest known word."""
    where = [part for part in problem["loc"] if not str(part).startswith("function-")]
    place = ".".join(str(part) for part in where)
    message = re.sub(r"^(Value error|Assertion failed), ", "", problem["msg"])
    if problem["type"] == "extra_forbidden":
        known = _known_keys(kind, where[:-1])
        return f"{place}: not known{_nearest(str(where[-1]), known)}"
    if problem["type"] == "literal_error":
        known = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
        return f"{place}: {problem['input']!r} is not known{_nearest(str(problem['input']), known)}"
    if problem["type"] == "missing":
        return f"{place}: is missing"
    message = message[0].lower() + message[1:]
    got = "" if problem["type"] == "value_error" else f" (it is {problem['input']!r:.60})"
    if problem["type"] == "value_error" and re.match(r"[a-z_.]+(\.[\w.]+)?: ", message):
        return f"{place}.{message}".lstrip(".")  # a check of the whole section names its own place
    return f"{place}: {message}{got}" if place else message


def _nearest(word: str, known: Sequence[str]) -> str:
    folded = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), folded, 1, 0.5)
    if near:
        return f"; did you mean {folded[near[0]]}?"
    return f"; known: {', '.join(known)}" if known else ""


def _known_keys(kind: Any, where: Sequence[str | int]) -> list[str]:
    """Keys of the section at a place, found by walking the types."""
    for part in where:
        if isinstance(kind, type) and issubclass(kind, BaseModel) and part in kind.model_fields:
            kind = kind.model_fields[str(part)].annotation
        while not isinstance(kind, type) or typing.get_origin(kind) is not None:
            inner = [a for a in typing.get_args(kind) if a not in (type(None), Ellipsis)]
            if not inner:
                return []
            kind = inner[0]
    return list(kind.model_fields) if issubclass(kind, BaseModel) else []
