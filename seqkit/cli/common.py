"""Options and steps that several commands share."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.terminal import output

if TYPE_CHECKING:
    from seqkit.registry.registry import Registry
    from seqkit.runs.folder import RunFolder

PLUGIN_VARIABLE = "SEQKIT_PLUGIN"
_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)")


def json_option(help: str = "Write one JSON document to stdout.") -> Callable[[Any], Any]:
    """The option `--json`, passed as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help=help)


def plugin_option() -> Callable[[Any], Any]:
    """The options `--plugin`, passed as `plugins`, and `--no-plugin`, which is seen to here."""
    load = click.option(
        "--plugin",
        "plugins",
        multiple=True,
        envvar=PLUGIN_VARIABLE,
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Load a module or package folder, in place of an installed one; repeatable.",
    )
    leave_out = click.option(
        "--no-plugin",
        multiple=True,
        expose_value=False,
        is_eager=True,
        callback=_leave_out,
        metavar="NAME",
        help="Leave an installed plugin out; repeatable.",
    )
    return lambda command: load(leave_out(command))


def _leave_out(context: click.Context, _parameter: click.Parameter, names: Iterable[str]) -> None:
    """Leaves plugins out in this process, and in those that it starts, until the command ends."""
    leave_out(names, context)


def leave_out(names: Iterable[str], context: click.Context) -> None:
    """Adds to the plugins that the environment leaves out, until the command ends.

    Raises:
        ConfigurationError: There is no such plugin.
    """
    asked = list(names)
    if not asked:
        return
    # Here, as all commands come by that a plugin may serve, and some load none.
    from seqkit.errors import ConfigurationError, suggestion
    from seqkit.registry.discovery import DISABLED, disabled_plugins, installed_plugins

    there = [plugin.name for plugin, _ in installed_plugins()]
    for name in asked:
        if name not in there:
            raise ConfigurationError(
                f"there is no plugin {name!r} to leave out. {suggestion(name, there)}"
            )
    before = os.environ.get(DISABLED)

    def put_back() -> None:
        if before is None:
            os.environ.pop(DISABLED, None)
        else:
            os.environ[DISABLED] = before

    context.call_on_close(put_back)
    os.environ[DISABLED] = ",".join(dict.fromkeys([*disabled_plugins(), *asked]))


def runs_dir_option() -> Callable[[Any], Any]:
    """The option `--runs-dir`, passed as `runs_dir`, already filled in."""
    return click.option(
        "--runs-dir",
        type=click.Path(path_type=Path),
        callback=_default_runs_dir,
        metavar="FOLDER",
        help="Folder of the runs.  [default: $SEQKIT_RUNS_DIR or runs]",
    )


def device_option() -> Callable[[Any], Any]:
    """The option `--device`."""
    return click.option(
        "--device", default=None, metavar="NAME", help="auto, cpu, cuda, cuda:1, mps or xpu."
    )


def running_options(json_help: str = "") -> Callable[[Any], Any]:
    """The options of every command that builds a model: runs, device, plugins and `--json`."""
    options = [runs_dir_option(), device_option(), plugin_option()]
    options.append(json_option(json_help) if json_help else json_option())

    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def reading_options(what: str, stdin: str = "") -> Callable[[Any], Any]:
    """The options `--encoding` and `--delimiter`, which say how a file is read.

    Args:
        what: The option that names the file.
        stdin: What of stdin the help adds to the default.
    """
    encoding = click.option(
        "--encoding",
        default="",
        metavar="NAME",
        callback=_known_encoding,
        help=f"Encoding of {what}, such as cp1252 or utf-16.  [default: found{stdin}]",
    )
    delimiter = click.option(
        "--delimiter",
        default="",
        metavar="SIGN",
        callback=_one_sign,
        help=f"What parts the fields of {what}, such as ';' or tab.  [default: found]",
    )
    return lambda command: encoding(delimiter(command))


def _known_encoding(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    from seqkit.data.texts import known_encoding

    if not name:
        return ""
    try:
        return known_encoding(name)
    except ValueError as error:
        raise click.BadParameter(f"{name!r}: {error}.") from error


def _one_sign(_context: click.Context, _parameter: click.Parameter, sign: str) -> str:
    sign = {"tab": "\t", "\\t": "\t"}.get(sign, sign)
    if len(sign) > 1:
        raise click.BadParameter(f"{sign!r}: it must be one character, or tab.")
    return sign


def run_argument(name: str = "run") -> Callable[[Any], Any]:
    """The argument that names a run: a name, the beginning of one, a path, or `last`."""
    return click.argument(name, shell_complete=complete_runs)


def _default_runs_dir(
    _context: click.Context, _parameter: click.Parameter, value: Path | None
) -> Path:
    from seqkit.paths import runs_home

    return value or runs_home()


def plugins_of_environment() -> list[Path]:
    """Returns the local plugins that the environment names, as `--plugin` would."""
    paths = os.environ.get(PLUGIN_VARIABLE, "").split(os.pathsep)
    return [Path(path) for path in paths if path]


def open_registry(plugins: Iterable[Path]) -> Registry:
    """Loads every plugin, and warns once about those that do not work."""
    from seqkit.registry.discovery import load_registry

    registry = load_registry(plugins)
    output.warn_once(registry.warnings)
    return registry


def open_run(name: str, runs_dir: Path) -> RunFolder:
    """Finds a run. Raises CheckpointError when there is none."""
    from seqkit.runs.folder import find_run

    return find_run(name, runs_dir)


def complete_runs(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Completes the name of a run."""
    from seqkit.errors import SeqkitError
    from seqkit.paths import runs_home
    from seqkit.runs.folder import all_runs

    folder = context.params.get("runs_dir") or runs_home()
    names: list[str] = []
    with contextlib.suppress(SeqkitError):
        names = [run.name for run in all_runs(Path(folder))]
    return [name for name in [*names, "last"] if name.startswith(incomplete)]


def in_seconds(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> float | None:
    """Returns the seconds of a time that was typed, such as 90s, 10m or 2h."""
    if value is None:
        return None
    found = _TIME.fullmatch(value.strip().lower())
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0 < seconds < 1e7:
        raise click.BadParameter(f"{value!r} is not a time. Write one such as 90s, 10m or 2h")
    return seconds
