"""Settings of a component in words: name, type, default, bounds and help, from its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqkit.config import Config

_BOUNDS = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "above {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "below {}"),
    ("minLength", "of length {} or more"),
    ("maxLength", "of length {} or less"),
    ("minItems", "{} or more of them"),
    ("maxItems", "{} or fewer of them"),
)


@dataclass(frozen=True)
class Setting:
    """One setting, ready to be shown.

    Attributes:
        name: Its key in the table; dotted inside a nested table.
        type: Such as `int`, `text`, `one of adam, sgd`.
        default: As it would be written in TOML; `required` where there is none.
        bounds: Such as `at least 1`; empty where there are none.
        help: What it does.
        choices: The only values it takes; empty where there are others.
    """

    name: str
    type: str
    default: str
    bounds: str
    help: str
    choices: tuple[str, ...] = ()


def settings_of(config: type[Config]) -> list[Setting]:
    """Returns every setting, in the order of its declaration."""
    schema = config.model_json_schema()
    return _settings(schema, schema.get("$defs", {}), "")


def _settings(schema: Mapping[str, Any], shared: Mapping[str, Any], prefix: str) -> list[Setting]:
    found: list[Setting] = []
    required = set(schema.get("required", ()))
    for name, given in schema.get("properties", {}).items():
        field = _resolved(given, shared)
        if "properties" in field:
            found += _settings(field, shared, f"{prefix}{name}.")
            continue
        variants = [_resolved(variant, shared) for variant in field.get("anyOf", [field])]
        kinds = [_kind(variant, shared) for variant in variants]
        none = "none" if name not in required and given.get("default") is None else ""
        found.append(
            Setting(
                name=prefix + name,
                type=" or ".join(dict.fromkeys(kind for kind in kinds if kind != "none")),
                default="required" if name in required else none or in_toml(given.get("default")),
                bounds=", ".join(bound for variant in variants for bound in _bounds(variant)),
                help=str(field.get("description", "")),
                choices=tuple(str(value) for value in field.get("enum", ())),
            )
        )
    return found


def _resolved(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    return {**shared.get(reference.rpartition("/")[2], {}), **schema}


def _kind(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        items = schema.get("items")
        inner = _kind(_resolved(items, shared), shared) if isinstance(items, Mapping) else "any"
        return f"list of {inner}"
    names = {"integer": "int", "number": "float", "string": "text", "boolean": "true or false"}
    return names.get(kind, {"object": "table", "null": "none"}.get(kind, kind))


def _bounds(schema: Mapping[str, Any]) -> list[str]:
    return [words.format(in_toml(schema[key])) for key, words in _BOUNDS if key in schema]


def in_toml(value: Any) -> str:
    """Returns a plain value as TOML writes it, with short floats kept short."""
    if isinstance(value, float):
        return f"{value:g}" if value != int(value) or abs(value) >= 1e6 else f"{value:.1f}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {in_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(in_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)
