"""Settings of a component, read from its JSON schema: for forms, explanations and templates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Literal

from seqkit.config import Config
from seqkit.storage.toml_text import parse_toml

Kind = Literal["integer", "number", "boolean", "choice", "text", "list", "other"]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")

MISSING = object()
"""The default of a setting that has none."""


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        key: Its dotted path within its table: `units`, or `decoder.units`.
        kind: What is written there.
        type: That in words: `int`, `text`, `list of int`, `one of adam, sgd`.
        help: What it does.
        default: Its default; `MISSING` for one that must be given.
        choices: Every valid value, for a choice.
        suggestions: Values that have a name, where others are valid too.
        bounds: What is valid, in words; may be empty.
        nullable: Whether it may be left empty.
        items: Type of a list's items in JSON Schema; empty where they may be anything.
        alone: Whether a lone value of a list stands without it.
    """

    key: str
    kind: Kind
    type: str = ""
    help: str = ""
    default: Any = MISSING
    choices: tuple[Any, ...] = ()
    suggestions: tuple[str, ...] = ()
    bounds: str = ""
    nullable: bool = False
    items: str = ""
    alone: bool = False

    @property
    def group(self) -> str:
        """The nested table that it belongs to; empty for the component's own."""
        return self.key.rpartition(".")[0]

    @property
    def label(self) -> str:
        """Its own name."""
        return self.key.rpartition(".")[2]

    @property
    def written(self) -> str:
        """Its default as TOML has it; `required` where there is none, `none` where it is empty."""
        if self.default is MISSING:
            return "required"
        return "none" if self.default is None else in_toml(self.default)

    def read(self, text: str) -> Any:
        """Returns the value that a user wrote; what is none stays a text, for the check to name."""
        stripped = text.strip()
        if not stripped and self.nullable:
            return None
        if self.kind == "text":
            return text
        if self.kind == "integer":
            return _number(stripped, int)
        if self.kind == "number":
            return _number(stripped, float)
        if self.kind == "boolean":
            return {"true": True, "false": False}.get(stripped.lower(), text)
        if self.kind == "choice":
            shown = {show(choice): choice for choice in self.choices}
            return shown.get(stripped, text)
        if self.kind == "list" and not stripped.startswith("[") and stripped[:1] != "{":
            return self._read_list(stripped)
        return _toml(stripped)

    def _read_list(self, text: str) -> Any:
        if text in self.suggestions:
            return text
        parts = [part.strip() for part in text.split(",") if part.strip()]
        values = parts if self.items == "string" else [_toml(part) for part in parts]
        return values[0] if self.alone and len(values) == 1 else values


def settings_of(config: Mapping[str, Any] | type[Config]) -> list[Setting]:
    """Returns the settings of a `Config` or of its JSON schema, nested ones with dotted keys."""
    schema = config if isinstance(config, Mapping) else config.model_json_schema()
    return list(_settings(schema, schema.get("$defs", {}), ""))


def _settings(
    schema: Mapping[str, Any], shared: Mapping[str, Any], prefix: str
) -> Iterator[Setting]:
    required = schema.get("required", ())
    for name, found in schema.get("properties", {}).items():
        key = prefix + name
        setting = _resolved(found, shared)
        if "properties" in setting:
            yield from _settings(setting, shared, f"{key}.")
        else:
            default = MISSING if name in required else found.get("default", MISSING)
            yield _field(key, setting, shared, default, str(found.get("description", "")))


def _resolved(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follows a reference, and looks into a union of one member and nothing."""
    if "$ref" in schema:
        target = shared.get(str(schema["$ref"]).rpartition("/")[2], {})
        return _resolved(target, shared)
    members = [member for member in schema.get("anyOf", ()) if member.get("type") != "null"]
    if len(members) == 1:
        return {**schema, "anyOf": (), **_resolved(members[0], shared), "nullable": True}
    if len(schema.get("allOf", ())) == 1:
        return {**schema, **_resolved(schema["allOf"][0], shared)}
    return schema


def _field(
    key: str, schema: Mapping[str, Any], shared: Mapping[str, Any], default: Any, about: str
) -> Setting:
    members = [_resolved(member, shared) for member in schema.get("anyOf", ())]
    named = tuple(value for member in members for value in _choices(member))
    choices = _choices(schema)
    closed = bool(members) and all(_choices(m) or m.get("type") == "null" for m in members)
    if closed:
        choices = named
    kind = _kind(schema, members, choices)
    return Setting(
        key,
        kind,
        _in_words(schema, shared),
        about or str(schema.get("description", "")),
        default,
        choices,
        () if choices else tuple(map(str, named)),
        _bounds(schema) or "; ".join(filter(None, map(_bounds, members))),
        bool(schema.get("nullable")) or any(m.get("type") == "null" for m in members),
        _items([schema, *members]),
        any(member.get("type") == "string" and not _choices(member) for member in members),
    )


def _in_words(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> str:
    """Returns what may be written, in words: `int or one of auto, none`."""
    members = schema.get("anyOf") or [schema]
    words = [_type(_resolved(member, shared), shared) for member in members]
    return " or ".join(dict.fromkeys(word for word in words if word != "none"))


def _type(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("anyOf"):
        return _in_words(schema, shared)
    kind = str(schema.get("type", "any"))
    if kind == "array":
        items = schema.get("items")
        inner = _type(_resolved(items, shared), shared) if isinstance(items, Mapping) else "any"
        return f"list of {inner}"
    names = {"integer": "int", "number": "float", "string": "text", "boolean": "true or false"}
    return names.get(kind, {"object": "table", "null": "none"}.get(kind, kind))


def _items(schemas: Iterable[Mapping[str, Any]]) -> str:
    found = [s.get("items", {}) for s in schemas if s.get("type") == "array"]
    return str(found[0].get("type", "")) if found else ""


def _choices(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(schema.get("enum", ())) or ((schema["const"],) if "const" in schema else ())


def _kind(
    schema: Mapping[str, Any], members: list[Mapping[str, Any]], choices: tuple[Any, ...]
) -> Kind:
    if choices:
        return "choice"
    simple: dict[Any, Kind] = {
        "integer": "integer",
        "number": "number",
        "boolean": "boolean",
        "string": "text",
        "array": "list",
    }
    kinds = {simple.get(member.get("type"), "other") for member in members or [schema]}
    if "list" in kinds:
        return "list"
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else "other"


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


def _bounds(schema: Mapping[str, Any]) -> str:
    return ", ".join(words.format(_bound(schema[key])) for key, words in _BOUNDS if key in schema)


def _number(text: str, kind: type[int | float]) -> Any:
    try:
        return kind(text.replace("_", ""))
    except ValueError:
        return text


def _toml(text: str) -> Any:
    try:
        value = parse_toml(f"value = {text}")["value"]
    except ValueError:
        return text
    return text if isinstance(value, date | time) else value


def show(value: Any) -> str:
    """Returns a value as it is shown and edited in one line."""
    if value is MISSING or value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(show, value)) if all(map(_plain, value)) else in_toml(value)
    return in_toml(value)


def _plain(value: Any) -> bool:
    """Tells whether a value can stand among others parted by commas."""
    return isinstance(value, int | float) or (isinstance(value, str) and not set(value) & set(",["))


def in_toml(value: Any) -> str:
    """Returns a value as TOML on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml_key(k)} = {in_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(in_toml, value)) + "]"
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(str(value), ensure_ascii=False)


def toml_key(key: object) -> str:
    """Returns a key as TOML has it: in quotes where it must be."""
    return str(key) if _BARE_KEY.match(str(key)) else json.dumps(str(key), ensure_ascii=False)


def _bound(value: Any) -> str:
    """Returns a bound as it is said: that of a float may be written `0.0` or `0`."""
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)
