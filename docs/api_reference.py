"""The reference of what authors of plugins import, made from signatures and docstrings."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

MODULES = (
    "seqkit",
    "seqkit.shapes",
    "seqkit.views",
    "seqkit.events",
    "seqkit.data",
    "seqkit.data.ragged",
    "seqkit.data.times",
    "seqkit.choosing",
    "seqkit.text",
    "seqkit.nn",
    "seqkit.command",
    "seqkit.paths",
    "seqkit.testing",
)
"""What plugins build on. Anything else in seqkit may change at any time."""

_SECTION = re.compile(r"(Args|Attributes|Returns|Yields|Raises):$")
_ENTRY = re.compile(r"(\*{0,2}[\w.]+(?: \([^)]*\))?): (.*)")
_LONGEST = 88


def api_page() -> str:
    """Returns the page as Markdown."""
    lines = [
        "# API",
        "",
        "<!-- Written by `make docs` from the docstrings. -->",
        "",
        "What plugins import: every public name, with its signature and docstring. Names that are",
        "not on this page may change at any time; how those of this page change,",
        "[Writing a plugin](plugins.md#what-stays) says. How they play together is on the pages",
        "[What a plugin may bring](components.md) and [A new task](new-task.md).",
        "",
        *(f"- [`{name}`](#{_anchor(name)}): {_first(import_module(name))}" for name in MODULES),
        "",
    ]
    for name in MODULES:
        module = import_module(name)
        lines += [f"## {name}", "", *_text(inspect.getdoc(module) or ""), ""]
        for public in public_names(module):
            lines += _entry(name, public, getattr(module, public))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def public_names(module: ModuleType) -> list[str]:
    """Returns the public names of a module: those it lists, or those it defines itself."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__, key=str.lower)
    own = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not inspect.ismodule(value)
        and getattr(value, "__module__", module.__name__) == module.__name__
        and (inspect.isroutine(value) or inspect.isclass(value) or name.isupper())
    ]
    return sorted(own, key=str.lower)


def _entry(module: str, name: str, value: Any) -> Iterator[str]:
    yield f"### `{module}.{name}`"
    yield ""
    if inspect.isclass(value):
        yield from _class(name, value)
    elif inspect.isroutine(value):
        yield from _code(f"{name}{_signature(value)}")
        yield from _text(inspect.getdoc(value) or "")
    else:
        yield from _constant(module, name, value)
    yield ""


def _class(name: str, value: type[Any]) -> Iterator[str]:
    bases = [base.__name__ for base in value.__bases__ if base.__module__.startswith("seqkit")]
    head = f"class {name}" + (f"({', '.join(bases)})" if bases else "")
    plain = dataclasses.is_dataclass(value) or "__init__" in vars(value)
    yield from _code(
        f"{head}\n{name}{_signature(value)}" if plain and not _is_open(value) else head
    )
    yield from _text(inspect.getdoc(value) or "")
    for attribute, member in vars(value).items():
        if attribute.startswith("_") or inspect.isclass(member):
            continue
        function = getattr(member, "__func__", member)
        if isinstance(member, property):
            annotation = str(inspect.signature(member.fget).return_annotation).strip("'")  # type: ignore[arg-type]
            yield from _member(f"{attribute}: {annotation}", member)
        elif hasattr(member, "func") and hasattr(member, "attrname"):
            annotation = str(inspect.signature(member.func).return_annotation).strip("'")
            yield from _member(f"{attribute}: {annotation}", member.func)
        elif inspect.isroutine(function):
            kind = "classmethod " if isinstance(member, classmethod) else ""
            yield from _member(f"{kind}{attribute}{_signature(function)}", function)


def _is_open(value: type[Any]) -> bool:
    """Tells whether a class takes any arguments, which says nothing."""
    return str(inspect.signature(value)) in ("(*args, **kwargs)", "(**data: 'Any') -> 'None'")


def _member(signature: str, member: Any) -> Iterator[str]:
    if not inspect.getdoc(member):
        return
    yield ""
    yield from _code(signature)
    yield from _text(inspect.getdoc(member) or "")


def _constant(module: str, name: str, value: Any) -> Iterator[str]:
    shown: Any = value if isinstance(value, str | int | float) else None
    if isinstance(value, dict | tuple | frozenset | set) and len(str(value)) < _LONGEST:
        shown = value
    text = _said_of(module, name)
    if shown is not None:
        written = repr(shown)
        # As the formatter of code in pages writes texts.
        written = written if '"' in written else written.replace("'", '"')
        yield from _code(f"{name} = {written}")
    elif not text:
        yield from _code(f"{name} = {str(value).replace('typing.', '')}")
    yield from _text(text)


def _said_of(module: str, name: str, depth: int = 3) -> str:
    """Returns the text below a constant in the source of the module that defines it."""
    home = import_module(module)
    found = re.search(
        rf'^{name}\b[^\n]*=.*?(?<=[\])}}\w"\'])\n"""(.*?)"""$',
        inspect.getsource(home),
        re.MULTILINE | re.DOTALL,
    )
    if found and "\n\n" not in found[0].partition('"""')[0]:
        return inspect.cleandoc(found[1])
    places = _imported_from(home, name) if depth else []
    return next(filter(None, (_said_of(place, name, depth - 1) for place in places)), "")


def _imported_from(module: ModuleType, name: str) -> list[str]:
    """Returns the modules that a module may have a name from."""
    homes = getattr(module, "_HOME_OF", {})
    if name in homes:
        return [str(homes[name])]
    found = re.search(
        rf"^from (\S+) import (?:\([^)]*\b{name}\b|[^(\n]*\b{name}\b)",
        inspect.getsource(module),
        re.MULTILINE,
    )
    return [found[1]] if found else []


def _code(text: str) -> list[str]:
    return ["```python", *text.splitlines(), "```", ""]


def _signature(value: Any) -> str:
    """Returns a signature on one line, or a line for each parameter."""
    signature = inspect.signature(value)
    parameters = [p for p in signature.parameters.values() if p.name not in ("self", "cls")]
    if inspect.isclass(value):
        signature = signature.replace(return_annotation=inspect.Signature.empty)
    # Private fields of a dataclass are no arguments of a caller.
    parameters = [p for p in parameters if not p.name.startswith("_")]
    whole = _plain(str(signature.replace(parameters=parameters)))
    if len(whole) <= _LONGEST:
        return whole
    returned = whole.rpartition(") -> ")[2] if ") -> " in whole else ""
    rows: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in "".join(rows):
            rows.append("    *,")
        rows.append(f"    {_plain(str(parameter))},")
    return "\n".join(["(", *rows, f") -> {returned}" if returned else ")"])


def _plain(text: str) -> str:
    """Returns a signature without the quotes of annotations and without addresses."""
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)
    text = re.sub(r"<(?:function|built-in method) (\S+) [^>]*0x[0-9a-f]+>", r"\1", text)
    text = re.sub(r"<class '([^']*)'>", r"\1", text)
    return re.sub(r"<factory>", "...", text)


def _text(docstring: str) -> list[str]:
    """Returns a docstring as Markdown: the sections of arguments and results become lists."""
    lines: list[str] = []
    section = ""
    for line in docstring.splitlines():
        heading = _SECTION.match(line)
        if heading:
            section = heading[1]
            lines += [f"**{section}**", ""]
        elif section and line.startswith("    "):
            entry = _ENTRY.match(line.strip()) if not line.startswith("     ") else None
            if entry and section not in ("Returns", "Yields"):
                lines.append(f"- `{entry[1]}`: {entry[2]}")
            elif lines[-1].startswith(("- ", "  ")):
                lines.append(f"  {line.strip()}")
            else:
                lines.append(line.strip())
        else:
            section = "" if line else section
            lines.append(line)
    return [*lines, ""] if lines else []


def _first(module: ModuleType) -> str:
    return " ".join((inspect.getdoc(module) or "").split("\n\n", 1)[0].split())


def _anchor(name: str) -> str:
    return re.sub(r"[^\w\- ]", "", name)
