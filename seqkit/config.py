"""Typed settings: the base class of every component's `Config`, and readable problems from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, get_args, get_origin

import pydantic
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticUndefined

from seqkit.errors import Problem, UnknownSetting, nearest


class Config(BaseModel):
    """Base class of a component's settings: typed, immutable, unknown keys refused.

    Write one annotated field a setting, with `seqkit.Field` for its default, bounds and help.
    """

    model_config = ConfigDict(
        defer_build=True,
        extra="forbid",
        frozen=True,
        validate_default=True,
        allow_inf_nan=False,
        protected_namespaces=(),
        populate_by_name=True,
    )

    added: ClassVar[tuple[str, ...]] = ()
    """Settings that came later: at their defaults an experiment is what it was without them."""

    @classmethod
    def model_json_schema(cls, by_alias: bool = False, **options: Any) -> dict[str, Any]:  # type: ignore[override]
        """Returns the JSON Schema, by the present names of the settings."""
        return super().model_json_schema(by_alias=by_alias, **options)

    @field_validator("*", mode="before")
    @classmethod
    def _no_flag_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool):
            kinds = _members(cls.model_fields[str(info.field_name)].annotation)
            if bool not in kinds and {int, float} & set(kinds):
                raise ValueError("it must be a number")
        return value


def Field(  # noqa: N802 - reads as the type it makes, like pydantic's own
    default: Any = PydanticUndefined, *, help: str, **constraints: Any
) -> Any:
    """Declares one setting.

    Args:
        default: Its default; without one the setting is required.
        help: One sentence for `seqkit show`, the forms and the docs.
        **constraints: Bounds and the like, as `pydantic.Field` takes them: ge, gt, le, lt, ...
    """
    return pydantic.Field(default, description=help, **constraints)


def older_names(config_type: type[Config]) -> dict[str, str]:
    """Returns the present name of each setting by every older one that it still goes by.

    A setting is renamed by `validation_alias=pydantic.AliasChoices("new_name", "old_name")`.
    """
    found: dict[str, str] = {}
    for name, field in config_type.model_fields.items():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, pydantic.AliasChoices) else [alias]
        found |= {other: name for other in choices if isinstance(other, str) and other != name}
    return {old: new for old, new in found.items() if old not in config_type.model_fields}


def canonical(config_type: type[Config], values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a table by the present names of its settings, nested tables too.

    Where both names of a setting are given, both stay, for `validate` to refuse.
    """
    names = older_names(config_type)
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = names.get(key, key)
        inner = _table(config_type, [name]) if name in config_type.model_fields else None
        if inner is not None and inner is not config_type and isinstance(value, Mapping):
            value = canonical(inner, value)
        found[key if name != key and name in values else name] = value
    return found


def canonical_path(config_type: type[Config], path: Sequence[str]) -> tuple[str, ...]:
    """Returns the parts of a dotted key by the present names of the settings."""
    found: list[str] = []
    table: type[Config] | None = config_type
    for part in path:
        name = older_names(table).get(part, part) if table is not None else part
        known = table is not None and name in table.model_fields
        table = _table(table, [name]) if known and table is not None else None
        found.append(name)
    return tuple(found)


def validate(
    config_type: type[Config], values: Mapping[str, Any], prefix: str, owner: str
) -> tuple[Config | None, list[Problem]]:
    """Checks the values of one table of an experiment.

    Args:
        config_type: The settings that are valid.
        values: What the user gave.
        prefix: Dotted path of the table, such as `model`.
        owner: Whose settings they are, for messages: `PLUGIN:NAME`.

    Returns:
        The settings and no problems, or None and every problem found.
    """
    values = canonical(config_type, values)
    names = older_names(config_type)
    twice = [
        Problem(
            f"{prefix}.{old}" if prefix else old,
            f"{old} is the old name of {names[old]}, and both are given",
            "Leave one out",
        )
        for old in values
        if old in names
    ]
    if twice:
        return None, twice
    try:
        return config_type.model_validate(values), []
    except ValidationError as error:
        return None, [_problem(detail, config_type, prefix, owner) for detail in error.errors()]


def _problem(detail: Any, config_type: type[Config], prefix: str, owner: str) -> Problem:
    path = [str(part) for part in detail["loc"] if _is_key(part)]
    path = list(canonical_path(config_type, path))
    if detail["type"] == "extra_forbidden":
        # What a person wrote, which may be no identifier: batch-size.
        path = [
            *(str(part) for part in detail["loc"][:-1] if _is_key(part)),
            str(detail["loc"][-1]),
        ]
    key = ".".join([prefix, *path] if prefix else path)
    parent = ".".join([prefix, *path[:-1]] if prefix else path[:-1])
    value = detail.get("input")
    kind = detail["type"]
    if kind == "extra_forbidden":
        names = _fields(config_type, path[:-1])
        valid = {name: f"{parent}.{name}" if parent else name for name in names}
        # Compared by their last parts: what comes before is the same and would make all look near.
        found = nearest(path[-1], names)
        hint = f"Did you mean {valid[found]}?" if found else _listed(owner, list(valid.values()))
        return UnknownSetting(
            key, f"{key} is not a setting of {owner}", hint, near=found is not None
        )
    if kind == "missing":
        return Problem(key, f"{key} is missing; {owner} needs it", f"Set {key}=...")
    if kind == "string_pattern_mismatch":
        return Problem(
            key,
            f"{key} is {_shown(value)}, which has not the form it needs",
            f"Valid: {_help(config_type, path)}",
        )
    reason = _PLAIN.get(kind, "")
    if not reason:
        reason = str(detail["msg"]).removeprefix("Value error, ")
        reason = reason.replace("Input should be", "it must be").replace("'", "")
    if kind in ("literal_error", "enum") and isinstance(value, str):
        expected = str(detail.get("ctx", {}).get("expected", ""))
        names = [part.strip(" '") for part in expected.replace(" or ", ",").split(",")]
        found = nearest(value, names)
        return Problem(
            key, f"{key} is {value!r}; {reason}", f"Did you mean {found}?" if found else ""
        )
    if not path:
        # Of settings that do not go together; the reason names them.
        return Problem(key, f"{key}: {reason}" if key else reason)
    return Problem(key, f"{key} is {_shown(value)}; {reason}")


_PLAIN = (
    dict.fromkeys(
        ("int_parsing", "int_type", "int_from_float", "int_parsing_size"),
        "it must be a whole number",
    )
    | dict.fromkeys(("float_parsing", "float_type"), "it must be a number")
    | dict.fromkeys(("bool_parsing", "bool_type"), "it must be true or false")
    | {"string_type": "it must be a text"}
)
"""What pydantic words for programmers."""


def _is_key(part: Any) -> bool:
    """Tells keys and list positions from the names pydantic adds for members of a union."""
    return isinstance(part, int) or (part.isidentifier() and part not in _UNION_TAGS)


_UNION_TAGS = {"int", "float", "str", "bool", "none", "nullable"}


def _help(config_type: type[Config], path: Sequence[str]) -> str:
    table = _table(config_type, path[:-1])
    field = table.model_fields.get(path[-1]) if table else None
    return (field.description if field else None) or "see its help"


def _fields(config_type: type[Config], path: Sequence[str]) -> list[str]:
    table = _table(config_type, path)
    return sorted(table.model_fields) if table else []


def _table(config_type: type[Config], path: Sequence[str]) -> type[Config] | None:
    """Returns the type of a nested table; positions in lists and keys of dicts lead nowhere."""
    for part in path:
        field = config_type.model_fields.get(part)
        if field is None:
            continue
        inner = [
            member
            for member in _members(field.annotation)
            if isinstance(member, type) and issubclass(member, Config)
        ]
        if not inner:
            return None
        config_type = inner[0]
    return config_type


def _members(annotation: Any) -> list[Any]:
    """Returns the plain types that a union, list or dict is made of."""
    arguments = get_args(annotation)
    if not arguments or get_origin(annotation) is Literal:
        return [annotation]
    return [member for argument in arguments for member in _members(argument)]


def _listed(owner: str, valid: Sequence[str]) -> str:
    if not valid:
        return f"{owner} has no settings."
    return f"Valid: {', '.join(valid)}"


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
