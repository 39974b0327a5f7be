"""`seqkit plugin`: start a plugin, and check one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.common import json_option
from seqkit.errors import ConfigurationError, DataError, ExitCode
from seqkit.kinds import NEW
from seqkit.terminal import output, safe_text

if TYPE_CHECKING:
    from seqkit.registry.registry import Plugin
    from seqkit.testing import Finding

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_STYLES = {"passed": "green", "failed": "bold red"}
_MARKS = {
    "passed": "ok",
    "failed": "FAILED",
    "skipped": "skipped",
    "warned": "warning",
    "expected": "xfail",
}


@click.group()
def plugin() -> None:
    """Start and check plugins."""


@plugin.command()
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(NEW),
    default="model",
    show_default=True,
    help="What it brings.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where to write it.  [default: seqkit-NAME]",
)
@json_option()
def new(name: str, kind: str, folder: Path | None, as_json: bool) -> None:
    """Write a small plugin that works: a component, its settings, its tests.

    NAME is lower-case words joined by hyphens, such as my-model.
    """
    from seqkit.cli.main import COMMANDS
    from seqkit.registry.discovery import load_registry
    from seqkit.scaffold.plugins import new_plugin

    name = _checked_name(name)
    folder = folder or Path(f"seqkit-{name}")
    made = new_plugin(name, kind, load_registry(), COMMANDS)
    _write(folder, made.files)
    if as_json:
        files = sorted(made.files)
        output.json_document({"name": name, "kind": kind, "folder": str(folder), "files": files})
        return
    output.line(f"Wrote the plugin {name} in {folder}:")
    for relative in sorted(made.files):
        output.line(f"  {relative}")
    output.note(f"Check it:    seqkit plugin check {folder}")
    if made.twin and kind == "command":
        output.warn(
            f"there is a command {name!r} already, of {made.twin}, which plugins cannot replace. "
            "Choose another name"
        )
    elif made.twin:
        output.warn(
            f"there is a {kind} {name!r} already, of the plugin {made.twin!r}, and the bare name "
            f"means that one. Write {name}:{name} for yours, or choose another name"
        )
    begin = "Try it:   " if kind == "command" else "Train it: "
    output.note(f"{begin}   seqkit {' '.join(made.use)} --plugin {folder}")
    output.note(f"Install it:  pip install -e {folder}")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Writes the files of a new plugin into a folder that is empty or not there."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ConfigurationError(
                f"the folder {folder} exists and is not empty. Give another with --folder"
            )
        for relative, text in files.items():
            path = folder / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written: {error.strerror}. Give another folder with --folder"
        ) from error


def _checked_name(name: str) -> str:
    from seqkit.registry.discovery import installed_plugins

    name = name.removeprefix("seqkit-")
    if not _NAME.match(name):
        likely = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        hint = f"Did you mean {likely}?" if likely else "Write one such as my-model"
        raise ConfigurationError(
            f"{name!r} cannot be a plugin's name: it must be lower-case words joined by hyphens. "
            f"{hint}"
        )
    if any(other.name == name for other, _ in installed_plugins()):
        raise ConfigurationError(
            f"a plugin {name!r} is installed already. Choose another name, "
            "or see 'seqkit list plugins'"
        )
    return name


@plugin.command()
@click.argument("source", metavar="NAME|PATH")
@click.argument("words", nargs=-1, metavar="[COMPONENT.KEY=VALUE]...")
@json_option()
def check(source: str, words: tuple[str, ...], as_json: bool) -> int:
    """Load one plugin alone and check everything it brings.

    NAME is an installed plugin; PATH a module, a package folder or a project folder. Words
    set what has no default, such as NAME.path=my.csv.
    """
    from seqkit.cli.main import COMMANDS
    from seqkit.registry.plugin import prints_to_stderr
    from seqkit.testing import find_plugin, plugin_checks

    settings = _settings(words)
    subject = find_plugin(source)
    findings: list[Finding] = []
    if not as_json:
        output.line((subject.plugin.name, "bold"), f" ({subject.plugin.origin})")
    with prints_to_stderr():
        checks = plugin_checks(subject, settings, commands=COMMANDS)
    for number, one in enumerate(checks):
        with prints_to_stderr():
            finding = one.finding()
        findings.append(finding)
        if not as_json:
            _show(finding, heading=not number or checks[number - 1].subject != one.subject)
    if as_json:
        output.json_document(_document(subject.plugin, findings))
    else:
        output.line(_totals(findings))
    failed = any(finding.status == "failed" for finding in findings)
    return ExitCode.PLUGIN if failed else ExitCode.DONE


def _settings(words: Sequence[str]) -> dict[str, dict[str, Any]]:
    from seqkit.experiments.words import parse_override

    settings: dict[str, dict[str, Any]] = {}
    for word in words:
        parts, value = parse_override(word)
        if len(parts) != 2:
            raise ConfigurationError(
                f"{word!r} is not a setting of a component. Write COMPONENT.KEY=VALUE"
            )
        settings.setdefault(parts[0], {})[parts[1]] = value
    return settings


def _show(finding: Finding, heading: bool) -> None:
    if heading:
        output.line(f"  {finding.subject}")
    mark = (f"{_MARKS[finding.status]:<8}", _STYLES.get(finding.status, "yellow"))
    text = f": {safe_text.one_line(finding.message)}" if finding.message else ""
    output.line("    ", mark, finding.check, text)
    for line in finding.traceback.rstrip().splitlines():
        output.line("      | ", line)


def _totals(findings: Sequence[Finding]) -> str:
    counts = {status: sum(f.status == status for f in findings) for status in _MARKS}
    plural = "" if len(findings) == 1 else "s"
    parts = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return f"{len(findings)} check{plural}: {parts}."


def _document(found: Plugin, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "plugin": found.name,
        "distribution": found.distribution,
        "version": found.version,
        "passed": all(finding.status != "failed" for finding in findings),
        "findings": [finding.as_dict() for finding in findings],
    }
