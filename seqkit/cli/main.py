"""The root command, and the one place where failures become messages and exit codes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from seqkit._version import __version__
from seqkit.cli.lazy import LazyCommand, LazyGroup
from seqkit.errors import ConfigurationError, ExitCode, SeqkitError
from seqkit.terminal import output, safe_text, streams

TRAIN, USE, MANAGE = "Train", "Use a run", "Components, data and this installation"

COMMANDS = {
    "run": LazyCommand("seqkit.cli.run:run", "Train a model, from a recipe or a TOML file.", TRAIN),
    "sweep": LazyCommand("seqkit.cli.sweep:sweep", "Run a grid of settings and seeds.", TRAIN),
    "resume": LazyCommand("seqkit.cli.resume:resume", "Go on with a run that ended early.", TRAIN),
    "lr-find": LazyCommand(
        "seqkit.cli.lr_find:lr_find", "Try learning rates on a few batches.", TRAIN
    ),
    "stop": LazyCommand("seqkit.cli.stop:stop", "Ask a running run to save and stop.", TRAIN),
    "new": LazyCommand("seqkit.cli.new:new", "Write an experiment file to start from.", TRAIN),
    "tui": LazyCommand(
        "seqkit.cli.tui:tui", "Assemble, train and watch in the terminal.", TRAIN, True
    ),
    "runs": LazyCommand("seqkit.cli.runs:runs", "List the runs, the newest first.", USE),
    "watch": LazyCommand("seqkit.cli.watch:watch", "Follow a run line by line.", USE),
    "show": LazyCommand("seqkit.cli.show:show", "Explain a run, a component or a recipe.", USE),
    "predict": LazyCommand("seqkit.cli.predict:predict", "Answer new inputs with a run.", USE),
    "evaluate": LazyCommand(
        "seqkit.cli.evaluate:evaluate", "Score a run on one of its splits.", USE
    ),
    "compare": LazyCommand("seqkit.cli.compare:compare", "Put runs side by side.", USE),
    "mv": LazyCommand("seqkit.cli.mv:mv", "Rename a run.", USE),
    "rm": LazyCommand("seqkit.cli.rm:rm", "Move runs into the trash, or back.", USE),
    "list": LazyCommand(
        "seqkit.cli.listing:list_components", "List components, recipes and plugins.", MANAGE
    ),
    "data": LazyCommand("seqkit.cli.data:data", "Fetch, find and clean data.", MANAGE),
    "plugin": LazyCommand("seqkit.cli.plugin:plugin", "Start and check plugins.", MANAGE),
    "doctor": LazyCommand("seqkit.cli.doctor:doctor", "Check this installation.", MANAGE),
    "completion": LazyCommand(
        "seqkit.cli.completion:completion", "Print a script for shell completion.", MANAGE
    ),
}

ELSEWHERE = {
    "continue": "resume",
    "delete": "rm",
    "describe": "show",
    "diff": "compare",
    "download": "data get",
    "eval": "evaluate",
    "fetch": "data get",
    "finetune": "run --from RUN",
    "fine-tune": "run --from RUN",
    "fit": "run",
    "follow": "watch",
    "generate": "predict",
    "grid": "sweep",
    "infer": "predict",
    "info": "show",
    "init": "new",
    "kill": "stop",
    "logs": "watch",
    "ls": "runs",
    "models": "list models",
    "plot": "show",
    "recipes": "list recipes",
    "remove": "rm",
    "rename": "mv",
    "search": "sweep",
    "start": "run",
    "tail": "watch",
    "test": "evaluate",
    "train": "run",
    "tune": "sweep",
    "ui": "tui",
}
"""What other programs call a command, and what does it here."""


def _add_plugin_commands(group: click.Group, plugins: Sequence[Path]) -> None:
    from seqkit.cli.common import open_registry, plugins_of_environment
    from seqkit.cli.plugin_commands import remember

    there = plugins_of_environment()
    registry = open_registry(plugins or there)
    registry.add_commands(group)
    output.warn_once(registry.warnings)
    if list(plugins or there) == there:
        remember(group.commands)


def remember_plugin_commands(key: str) -> None:
    """Loads every plugin, and keeps what commands they add for the next help.

    Args:
        key: What stands for the plugins that are installed.
    """
    from seqkit.cli.plugin_commands import remember

    cli.load_more()
    remember(cli.commands, key)


def _plugin_commands() -> dict[str, str]:
    from seqkit.cli.plugin_commands import remembered

    return remembered()


@click.command(
    cls=LazyGroup,
    lazy=COMMANDS,
    add_more=_add_plugin_commands,
    more=_plugin_commands,
    elsewhere=ELSEWHERE,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="First steps: 'seqkit list recipes' names experiments, 'seqkit run NAME' trains one, "
    "and 'seqkit new FILE --data PATH' begins one on your own data.",
)
@click.version_option(__version__, "--version", prog_name="seqkit", message="%(prog)s %(version)s")
@click.option(
    "--traceback",
    is_flag=True,
    help="Show where an error was raised; also SEQKIT_TRACEBACK=1. Goes anywhere on the line.",
)
def cli(traceback: bool) -> None:
    """Train, compare and use sequence models."""


def run_command_line(arguments: Sequence[str]) -> int:
    """Runs one command line.

    Args:
        arguments: The words after the program's name.

    Returns:
        The exit code; every failure was reported on stderr.
    """
    streams.prepare()
    words, traceback = _without_traceback(arguments)
    try:
        code = cli.main(words, prog_name="seqkit", standalone_mode=False)
        _flush()
        return int(code) if isinstance(code, int) else ExitCode.DONE
    except streams.ReaderGoneError:
        streams.discard_stdout()
        return ExitCode.DONE
    except (KeyboardInterrupt, click.Abort):
        output.end_line()
        _show_traceback(traceback)
        return ExitCode.INTERRUPTED
    except Exception as error:
        code = _report(error, traceback, words)
        _show_traceback(traceback)
        return code


def _flush() -> None:
    """Writes out the last of the result; that nobody reads it changes no exit code."""
    try:
        output.flush()
    except streams.ReaderGoneError:
        streams.discard_stdout()


def _without_traceback(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """Takes the option out from anywhere before a lone `--`."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    kept = [word for word in words[:end] if word != "--traceback"]
    asked = len(kept) < end or os.environ.get("SEQKIT_TRACEBACK", "") not in ("", "0")
    return kept + words[end:], asked


def _report(error: Exception, traceback: bool, words: Sequence[str]) -> int:
    if isinstance(error, ConfigurationError) and error.problems:
        output.errors([str(problem) for problem in error.problems])
        return error.exit_code
    if isinstance(error, SeqkitError):
        output.errors([str(error)])
        return error.exit_code
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        output.note(error.format_message())
        return ExitCode.USAGE
    if isinstance(error, click.ClickException):
        output.errors([_usage_message(error, words)])
        return ExitCode.USAGE
    if isinstance(error, OSError) and error.strerror and isinstance(error.filename, str | bytes):
        # What the operating system refuses, such as a name that is too long, is no bug.
        path = safe_text.one_line(os.fsdecode(error.filename))
        output.errors([f"{path} cannot be used: {error.strerror}. Give another path"])
        return ExitCode.DATA
    kind = type(error).__name__
    message = f"{kind}: {error}" if str(error) else kind
    hint = "" if traceback else " Run the same command with --traceback to see where"
    output.errors([f"{message}. This is a bug in seqkit or in a plugin.{hint}"])
    return ExitCode.FAILED


def _usage_message(error: click.ClickException, words: Sequence[str]) -> str:
    """Rewrites a complaint of click's in the form of every other message."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "seqkit"
    if isinstance(error, click.NoSuchOption) and context is not None:
        from seqkit.errors import nearest

        message = f"there is no option {error.option_name}, in {path}."
        if any(param.name == "settings" for param in context.command.params):
            from seqkit.cli.settings import as_setting

            if meant := as_setting(error.option_name, words):
                return f"{message} Settings are words without dashes: {meant}"
        valid = [name for param in context.command.get_params(context) for name in param.opts]
        found = nearest(error.option_name, [name for name in valid if name.startswith("-")])
        hint = f"Did you mean {found}?" if found else f"Run '{path} --help' for every option"
        return f"{message} {hint}"
    message = error.format_message().rstrip()
    said = re.search(r"(?:^|: )((?:there is|.*\bis not a).*(?:\? *$|\. .+$))", message)
    if said is not None:
        return said[1]
    if not message[:2].isupper():
        message = message[:1].lower() + message[1:]
    ending = "" if message.endswith((".", "?")) else "."
    return f"{message}{ending} Run '{path} --help' for how it is used"


def _show_traceback(wanted: bool) -> None:
    if wanted:
        import traceback

        output.raw_error(traceback.format_exc())


if __name__ == "__main__":
    sys.exit(run_command_line(sys.argv[1:]))
