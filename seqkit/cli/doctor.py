"""`seqkit doctor`: what works in this installation and what does not."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click

from seqkit.cli.common import json_option, open_registry, plugin_option
from seqkit.errors import DataError, ExitCode
from seqkit.terminal import figures, output, safe_text, streams

State = Literal["good", "note", "bad"]
_LOW_SPACE = 2e9
_OTHER_SEQKIT_SECONDS = 5.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: What.
        state: `good`, `note` (worth knowing) or `bad` (needs mending).
        text: What was found, and for a bad one the next step.
    """

    about: str
    state: State
    text: str


@click.command()
@plugin_option()
@json_option()
def doctor(plugins: tuple[Path, ...], as_json: bool) -> int:
    """Check this installation: versions, devices, folders, plugins and the terminal.

    Ends with exit code 3 when something needs mending.
    """
    findings = [*_software(), *_devices(), *_folders(), *_plugins(plugins), *_shell()]
    bad = [finding for finding in findings if finding.state == "bad"]
    if as_json:
        output.json_document(
            {"healthy": not bad, "findings": [vars(finding) for finding in findings]}
        )
    else:
        _write(findings)
        output.line()
        output.line(
            "Everything works." if not bad else f"{len(bad)} of these need mending.",
        )
    return ExitCode.PLUGIN if bad else ExitCode.DONE


def _write(findings: list[Finding]) -> None:
    unicode = safe_text.encodable("✓✗", streams.stdout())
    marks = {
        "good": ("✓" if unicode else "ok", "green"),
        "note": ("·" if unicode else "--", "yellow"),
        "bad": ("✗" if unicode else "!!", "bold red"),
    }
    rows = [(marks[found.state], (found.about, "bold"), found.text) for found in findings]
    output.table(["", "ABOUT", "FOUND"], rows, wide="FOUND", headings=False)


def _software() -> Iterator[Finding]:
    from seqkit._version import __version__

    here = Path(sys.modules["seqkit"].__file__ or "").parent
    yield Finding("seqkit", "good", f"{__version__}, in {here}")
    machine = f"{platform.system()} {platform.machine()}"
    yield Finding("python", "good", f"{platform.python_version()} on {machine}, {sys.executable}")
    names = ("numpy", "pydantic", "click", "rich", "textual", "tokenizers", "safetensors")
    yield Finding("packages", "good", ", ".join(f"{name} {_version(name)}" for name in names))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _devices() -> Iterator[Finding]:
    try:
        from seqkit.engine.diagnosis import describe_devices
    except (ImportError, OSError) as error:
        text = f"torch cannot be imported: {error}. Install it: pip install 'torch>=2.11'"
        yield Finding("torch", "bad", safe_text.one_line(text))
        return
    found = describe_devices()
    yield Finding("torch", "good", f"{found['torch']}, built for {found['build']}")
    cores = os.cpu_count() or 1
    yield Finding("threads", "good", f"{found['threads']} of {cores} cores")
    yield Finding("devices", "good", "; ".join(found["devices"]))
    if found["cpu_bfloat16"]:
        text = (
            "this CPU computes bfloat16 in hardware: trainer.precision=bfloat16 trains an LSTM on "
            "it in about 0.6 of the time; a GRU gains nothing"
        )
        yield Finding("precision", "note", text)


def _folders() -> Iterator[Finding]:
    from seqkit.cli.data import size_of
    from seqkit.paths import cache_home, data_home, runs_home

    for about, home in (("data", data_home), ("cache", cache_home), ("runs", runs_home)):
        try:
            folder = home()
        except DataError as error:
            yield Finding(about, "bad", str(error))
            continue
        try:
            there = _nearest(folder)
            used = f", {figures.size(size_of(folder))}" if folder.is_dir() else ", not there yet"
            free = shutil.disk_usage(there).free
        except OSError as error:
            text = f"{folder}: {error.strerror}. Set SEQKIT_HOME to another folder"
            yield Finding(about, "bad", text)
            continue
        text = f"{folder}{used}; {figures.size(free)} free"
        if not os.access(there, os.W_OK | os.X_OK):
            where = "--runs-dir" if about == "runs" else "SEQKIT_HOME"
            yield Finding(about, "bad", f"{text}; it cannot be written. Set {where}")
        else:
            low = free < _LOW_SPACE
            yield Finding(about, "note" if low else "good", text + ("; that is little" * low))


def _nearest(folder: Path) -> Path:
    """Returns the folder itself, or the nearest one above it that is there."""
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _plugins(paths: tuple[Path, ...]) -> Iterator[Finding]:
    registry = open_registry(paths)
    working = [plugin for plugin in registry.plugins if not plugin.error]
    listed = ", ".join(f"{plugin.name} {plugin.version}".strip() for plugin in working)
    yield Finding("plugins", "good" if working else "bad", listed or "none: install seqkit again")
    for plugin in registry.plugins:
        if plugin.error:
            text = f"{plugin.name} ({plugin.origin}): {plugin.error}"
            hint = f". Run 'seqkit plugin check {plugin.reference}'"
            yield Finding("plugin", "bad", safe_text.one_line(text) + hint)
        for complaint in plugin.notes:
            yield Finding("plugin", "note", safe_text.one_line(f"{plugin.name} {complaint}"))


def _shell() -> Iterator[Finding]:
    depth = {"standard": "16 colours", "256": "256 colours", "truecolor": "16 million colours"}
    colours = depth.get(str(output.results().color_system), "no colours")
    encoding = getattr(streams.stdout(), "encoding", "?")
    size = shutil.get_terminal_size()
    terminal = os.environ.get("TERM", "unset")
    text = f"TERM={terminal}, {colours}, {encoding}, {size.columns}x{size.lines}"
    yield Finding("terminal", "good", text)
    command = shutil.which("seqkit")
    if command is None:
        text = "seqkit is not on PATH; 'python -m seqkit' works in its place"
        yield Finding("command", "note", text)
    elif _is_ours(command):
        yield Finding("command", "good", command)
    else:
        text = f"{command} is another program (the bioinformatics one?), first on PATH. "
        yield Finding("command", "note", text + "'python -m seqkit' runs this one")


def _is_ours(command: str) -> bool:
    """Tells whether a command on PATH is this package's: a script, and of the same version."""
    from seqkit._version import __version__

    try:
        if Path(command).read_bytes()[:2] != b"#!" and os.name != "nt":
            return False
        done: Any = subprocess.run(
            [command, "--version"],
            capture_output=True,
            text=True,
            timeout=_OTHER_SEQKIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return bool(done.stdout.strip() == f"seqkit {__version__}")
