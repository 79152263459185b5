"""The page on recipes, written from their own types (`python -m inkdigits.training.schema`)."""

import sys
from collections.abc import Iterator
from typing import Any

from inkdigits.training.config import NumbersConfig, TrainingConfig

HEAD = """# Recipes: the configuration of a training run

This page is generated from the code: `python -m inkdigits.training.schema > docs/configuration.md`.

A recipe is a YAML file. `model` and `training` must be there; without `dataset` it is MNIST, and
all other sections are optional. An unknown section, layer, key or value is an error that names its
place and the nearest known word. `configs/original.yaml` is the shortest complete example,
`configs/inkdigits.yaml` the recipe of the shipped model.
"""


LINES = (
    "With `model.type: CTC` a recipe makes a model of lines, for whole numbers: as does",
    "`configs/numbers.yaml`. It has `strings` instead of `dataset`, and of the sections above",
    "`training`, `validation`, `schedule` and `weight_averaging`.",
)


def page() -> str:
    """The whole page, Markdown."""
    schema = TrainingConfig.model_json_schema()
    kinds = schema["$defs"]
    lines = [HEAD, "## At the top", "", *_table(schema)]
    for name, field in schema["properties"].items():
        kind = _reference(field)
        if kind:
            lines += ["", f"## `{name}`", "", kinds[kind]["description"], ""]
            lines += _table(kinds[kind])
    part = kinds["PartConfig"]
    lines += ["", "## Parts", "", part["description"], "", *_table(part)]
    kinds |= NumbersConfig.model_json_schema()["$defs"]
    lines += ["", "## Recipes of lines", "", *LINES, ""]
    for name, kind in (("model", "LineNetworkConfig"), ("strings", "StringsConfig")):
        lines += [f"### `{name}`, of lines", "", kinds[kind]["description"], ""]
        lines += [*_table(kinds[kind]), ""]
    lines += [
        "### Marks",
        "",
        kinds["MarksConfig"]["description"],
        "",
        *_table(kinds["MarksConfig"]),
    ]
    lines += ["", "## Layers", "", kinds["Layer"]["description"]]
    lines.append("The names and keys are those of Keras. `[h, w]` may be one number for both.")
    for name, field in kinds["Layer"]["properties"].items():
        kind = kinds[_reference(field) or ""]
        keys = {key: value for key, value in kind["properties"].items() if key != "input_shape"}
        lines += ["", f"### `{name}`", ""]
        lines += _table({**kind, "properties": keys}) if keys else ["No keys."]
    return "\n".join(lines).rstrip() + "\n"


def _table(section: dict[str, Any]) -> Iterator[str]:
    described = any("description" in field for field in section["properties"].values())
    yield "| key | value | if absent |" + (" meaning |" if described else "")
    yield "|---|---|---|" + ("---|" if described else "")
    required = section.get("required", [])
    for name, field in section["properties"].items():
        absent = "needed" if name in required else _absent(field)
        meaning = f" {field.get('description', '')} |" if described else ""
        yield f"| `{name}` | {_value(field)} | {absent} |{meaning}"


def _absent(field: dict[str, Any]) -> str:
    default = field.get("default")
    if default is None:
        return ""
    if isinstance(default, dict):
        return "as below" if default else ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{round(default, 6) if isinstance(default, float) else default}`"


def _value(field: dict[str, Any]) -> str:
    if _reference(field):
        return "section"
    options = [one for one in field.get("anyOf", [field]) if one.get("type") != "null"]
    return " or ".join(_one_value(one) for one in options)


def _one_value(field: dict[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(f"`{word}`" for word in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") == "array":
        items = field.get("prefixItems")
        if items:
            pair_of_numbers = len(items) == 2 and items[0]["type"] == "number"
            names = ("least", "greatest") if pair_of_numbers else "hwc"[: len(items)]
            return f"[{', '.join(names)}]" + (f", {_one_value(items[0])}" * pair_of_numbers)
        kind = _reference(field["items"])
        lists = {"Layer": "layers", "PartConfig": "parts", "MarksConfig": "marks"}
        what = lists.get(kind or "")
        return f"list of {what}" if what else "list"
    if field.get("type") == "object":
        return "section of lists"
    words = {"integer": "whole number", "number": "number", "boolean": "true or false"}
    kind = words.get(field.get("type", ""), "text")
    bounds = {"minimum": "from {}", "exclusiveMinimum": "above {}"}
    bounds |= {"maximum": "to {}", "exclusiveMaximum": "below {}"}
    limits = [text.format(field[key]) for key, text in bounds.items() if key in field]
    return " ".join([kind, *limits])


def _reference(field: dict[str, Any]) -> str | None:
    """Name of the section that a field holds."""
    for one in (field, *field.get("anyOf", ())):
        if "$ref" in one:
            return str(one["$ref"]).rpartition("/")[2]
    return None


if __name__ == "__main__":
    sys.stdout.write(page())
