"""What stands beside the form: layers, examples, TOML and the command, as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from seqkit.terminal.cells import BLOCKS, bar, fit
from seqkit.terminal.figures import count_of, short_duration, size
from seqkit.terminal.safe_text import one_line, visible

_SAMPLE = 400
_FIRST, _LAST = 8, 2
"""Values of a long series that are written."""

_MIDNIGHT = "T00:00:00"
"""What days have in place of a time."""


def layers_text(preview: Mapping[str, Any], width: int) -> Text:
    """Draws the layers with their shapes and parameters, then data, memory and time."""
    layers = preview["layers"]
    total = max(1, preview["parameters"])
    names = [_indented(layer) for layer in layers]
    shapes = [_shape(layer.get("output")) for layer in layers]
    examples, steps = preview["batch"]
    second = max([len(shape) for shape in shapes] + [6])
    bars = 9 if width >= 64 else 0
    longest = max((len(name) + len(kind) + 1 for name, kind in names), default=8)
    first = max(12, min(longest, width - second - 17 - bars))
    text = Text(no_wrap=True, overflow="ellipsis")
    batch = f"{count_of(examples, 'example')} of up to {count_of(steps, 'step')}"
    text.append(f"one batch: {batch}\n", "dim")
    text.append("┌ ", "dim").append(f"{_inputs(preview['shape'])}\n", "bold")
    for layer, (name, kind), shape in zip(layers, names, shapes, strict=True):
        top = not layer["depth"]
        text.append("├ " if top else "│ ", "dim")
        shown = fit(f"{name} {kind}", first)
        text.append(shown[: len(name)], "bold" if top else "").append(shown[len(name) :], "dim")
        text.append(f"  {shape:<{second}}  ", "" if top else "dim")
        count = layer["parameters"]
        text.append(f"{count:>11,}" if count else " " * 11, "" if top else "dim")
        if bars and top:
            text.append(f" {bar(count / total, bars - 1)}", "bold")
        text.append("\n")
    text.append("└ ", "dim")
    text.append(_outputs(preview["shape"]), "bold")
    text.append(f"\n\n{preview['parameters']:,} parameters\n", "bold")
    return text.append_text(_costs(preview))


def _indented(layer: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the name of a layer, set in below what it is a part of, and its kind."""
    name = one_line(layer["name"]).rpartition(".")[2]
    return "  " * int(layer["depth"]) + name, one_line(layer["kind"])


def _shape(output: Sequence[int] | None) -> str:
    return "×".join(map(str, output)) if output else ""


def _inputs(shape: Mapping[str, Any]) -> str:
    inputs = shape.get("inputs", {})
    if inputs.get("kind") == "tokens":
        return f"one of {count_of(inputs.get('size', 0), 'token')} a step"
    return f"{count_of(inputs.get('size', 0), 'number')} a step"


def _outputs(shape: Mapping[str, Any]) -> str:
    outputs = shape.get("outputs", {})
    kinds = {"classes": "classes", "step-classes": "classes a step", "labels": "labels"}
    if outputs.get("kind") in kinds:
        names = outputs.get("names", ())
        shown = ", ".join(one_line(name) for name in names[:6]) + (" …" if len(names) > 6 else "")
        return f"{len(names)} {kinds[outputs['kind']]}: {shown}"
    if outputs.get("kind") == "number":
        return "one number"
    if outputs.get("kind") == "values":
        values = count_of(outputs.get("size", 0), "value")
        return f"{values} × {count_of(outputs.get('horizon', 0), 'step')} ahead"
    return f"one of {count_of(outputs.get('size', 0), 'token')}"


def _costs(preview: Mapping[str, Any]) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    memory = preview["memory"]
    text.append(f"≈ {size(sum(memory.values()))} of memory", "bold")
    parts = ", ".join(f"{name} {size(amount)}" for name, amount in memory.items() if amount)
    text.append(f"\n  {parts}\n", "dim")
    seconds = preview["seconds"]
    shown = f"{seconds:.1f} s" if seconds < 10 else short_duration(seconds)
    text.append(f"≈ {shown or '?'} an epoch", "bold")
    steps = count_of(preview["steps"], "step")
    text.append(f"\n  {steps}, as one batch took on {one_line(preview['device'])}\n")
    return text.append_text(data_text(preview))


def data_text(preview: Mapping[str, Any]) -> Text:
    """Draws the size of each split, the lengths, and the vocabulary."""
    text = Text(no_wrap=True, overflow="ellipsis")
    counts = " · ".join(
        f"{count:,} {one_line(name)}" for name, count in preview["examples"].items()
    )
    text.append(f"{counts}\n", "bold")
    lengths = preview["lengths"]
    if lengths.get("bins"):
        most = max(lengths["bins"]) or 1
        drawn = "".join(
            BLOCKS[min(7, round(7 * count / most))] if count else " " for count in lengths["bins"]
        )
        text.append(f"  {drawn}  ", "bold")
        least, most = lengths["least"], lengths["most"]
        spread = f"{least} to {most} steps, median {lengths['median']:g}"
        text.append(spread if least < most else count_of(most, "step"), "dim")
    inputs = preview["shape"].get("inputs", {})
    if inputs.get("kind") == "tokens":
        text.append(f"\n  vocabulary of {inputs.get('size', 0):,}", "dim")
    return text


def examples_text(preview: Mapping[str, Any]) -> Text:
    """Shows some training examples as the model will see them."""
    said = "as the model sees them"
    if preview["shape"].get("inputs", {}).get("kind") == "tokens":
        said += ": <unk> is a token that the vocabulary lacks"
    text = Text(f"{said}\n\n", "dim")
    for sample in preview["samples"]:
        text.append("─ ", "dim")
        for number, (key, value) in enumerate(sample.items()):
            text.append("  " if number else "")
            text.append(f"{one_line(key)} ", "dim")
            text.append(f"{_short(value)}\n")
        text.append("\n")
    return text


def _short(value: Any) -> str:
    shown = one_line(_written(value))
    return shown if len(shown) <= _SAMPLE else shown[: _SAMPLE - 1] + "…"


def _written(value: Any) -> str:
    """Writes a value as a person would: of long series the beginning and the end."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return "  ".join(f"{key} {_written(item)}" for key, item in value.items())
    if isinstance(value, list):
        parts = [_written(item) for item in value]
        if all(part.endswith(_MIDNIGHT) for part in parts):
            parts = [part.removesuffix(_MIDNIGHT) for part in parts]
        left_out = len(parts) - _FIRST - _LAST
        if left_out > 1:
            parts = [*parts[:_FIRST], f"… {left_out} more …", *parts[-_LAST:]]
        return ", ".join(parts)
    return json.dumps(value, ensure_ascii=False)


def toml_text(toml: str) -> Text:
    """Shows an experiment file, its tables and keys set off."""
    text = Text()
    for line in visible(toml).splitlines():
        key, equals, value = line.partition(" = ")
        if line.startswith("["):
            text.append(f"{line}\n", "bold")
        elif equals:
            text.append(f"{key} = ", "dim").append(f"{value}\n")
        else:
            text.append(f"{line}\n")
    return text


def command_text(command: str, notes: Sequence[str]) -> Text:
    """Shows the command that does the same, and what it cannot say."""
    text = Text(one_line(command) + "\n\n", "bold")
    text.append("y copies it. It starts the same run from a shell.\n", "dim")
    for note in notes:
        text.append(f"\n{one_line(note)}")
    return text
