"""Run folders: made, found, read and asked for things. Torch-free; any front end may use it."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shlex
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqkit.errors import CheckpointError, ConfigurationError, DataError, suggestion
from seqkit.events import Event, read_events
from seqkit.storage.checksums import SEAL, read_document, sealed_document, sealed_line
from seqkit.storage.locks import SILENCE_SECONDS, HeldError, Hold, is_held, is_preparing
from seqkit.storage.regular_files import open_regular, read_regular

ACTIONS = ("stop", "save", "pause", "resume", "set-learning-rate")
LIVE = ("running", "paused")
_UNBORN = ".new-run-"
_UNBORN_SECONDS = 3600.0
_LONGEST_WORD = 4096
_LONGEST_NAME = 200
"""Bytes of a run's name: file systems take 255, and some files add an ending."""


class DamagedRecordError(CheckpointError):
    """A `run.json` that is not what was written.

    Attributes:
        what: Which file it is, and what is wrong with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.what = f"{path} cannot be read: {reason}"
        super().__init__(
            f"{self.what}. The log and the checkpoints beside it may still be whole, and 'seqkit "
            f"resume {path.parent.name}' writes it anew from them. Or, if you edited it yourself, "
            f'delete its line "{SEAL}"'
        )


@dataclass(frozen=True)
class RunFolder:
    """A run on disk: `experiment.toml`, `run.json`, `events.jsonl`, `checkpoints/`, `encoder/`."""

    path: Path

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.path.name

    @property
    def experiment_file(self) -> Path:
        """The resolved experiment."""
        return self.path / "experiment.toml"

    @property
    def events_file(self) -> Path:
        """The event log."""
        return self.path / "events.jsonl"

    @property
    def control_file(self) -> Path:
        """Requests to the running process."""
        return self.path / "control.jsonl"

    @property
    def lock_file(self) -> Path:
        """What is locked by the process that works on the run."""
        return self.path / "run.lock"

    @property
    def checkpoints(self) -> Path:
        """Folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def codec(self) -> Path:
        """Folder of the codec, what the task needs to answer."""
        return self.path / "encoder"

    def answers(self, split: str) -> Path:
        """Returns the file of the answers to some examples of a split: JSON lines, by number."""
        return self.path / "scores" / f"{split}-answers.jsonl"

    def scores(self, split: str) -> Path:
        """Returns the file of the scores of every example of a split."""
        return self.path / "scores" / f"{split}.safetensors"

    def info(self) -> dict[str, Any]:
        """Reads `run.json`.

        Raises:
            CheckpointError: It is missing or damaged.
        """
        path = self.path / "run.json"
        try:
            return read_document(read_regular(path))
        except FileNotFoundError as error:
            raise CheckpointError(
                f"{self.path} is not a run: it has no run.json. Run 'seqkit runs' for the runs"
            ) from error
        except OSError as error:
            raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error
        except (ValueError, RecursionError) as error:
            raise DamagedRecordError(path, str(error)) from error

    def local_plugins(self) -> list[str]:
        """Returns the paths of the plugins it was made with by `--plugin`; none where unknown."""
        try:
            found = self.info().get("plugin_paths")
        except CheckpointError:
            return []
        return [str(path) for path in found.values()] if isinstance(found, Mapping) else []

    def command(self, verb: str) -> str:
        """Returns the command `seqkit VERB RUN`, with the local plugins that it needs."""
        words = [word for path in self.local_plugins() for word in ("--plugin", path)]
        return shlex.join(["seqkit", verb, self.name, *words])

    def update(self, **changes: Any) -> None:
        """Changes fields of `run.json`, replacing the file at once.

        Raises:
            CheckpointError: It is damaged.
            OSError: The folder cannot be written to, or the disk is full; the old file stays.
        """
        self.write((self.info() if (self.path / "run.json").exists() else {}) | changes)

    def write(self, info: Mapping[str, Any]) -> None:
        """Writes a whole `run.json`.

        Raises:
            OSError: The folder cannot be written to, or the disk is full; the old file stays.
        """
        text = json.dumps(sealed_document(info), indent=2, ensure_ascii=False)
        write_atomically(self.path / "run.json", text + "\n")

    def status(self) -> str:
        """Returns running, paused, finished, stopped, interrupted, failed or crashed.

        A run is crashed when it says that it runs and no process holds it. One that is being
        resumed runs, though its files are not changed before that is certain to succeed.
        """
        info = self.info()
        status = str(info.get("status", "crashed"))
        held = self.held(info)
        if status in LIVE:
            return status if held else "crashed"
        return "running" if held and is_preparing(self.lock_file) else status

    def held(self, info: Mapping[str, Any]) -> bool:
        """Tells whether a process works on a run whose `run.json` says `info`."""
        return is_held(self.lock_file, self.process(info))

    def hold(self, process: Mapping[str, Any] | None = None, force: bool = False) -> Hold:
        """Takes the right to change the run, for this process alone.

        Args:
            process: Who was the last to work on it, as `run.json` says.
            force: Take over from a process of another machine that still gives signs of life.

        Raises:
            CheckpointError: Another process works on the run.
            OSError: The folder cannot be written.
        """
        try:
            return Hold(self.lock_file, process, force)
        except HeldError as error:
            still = f"run {self.name} is still running{error.where}. Stop it first: "
            raise CheckpointError(f"{still}seqkit stop {self.name}{_or_wait(error)}") from None

    @staticmethod
    def process(info: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns which process was the last to work on a run, as `run.json` says; may be empty."""
        process = info.get("process")
        return process if isinstance(process, Mapping) else {}

    def events(self) -> Iterator[Event]:
        """Reads the events from the start."""
        return read_events(self.events_file)

    def request(self, action: str, value: float | None = None) -> None:
        """Asks the running process for something, through `control.jsonl`.

        Raises:
            ConfigurationError: There is no such action.
            DataError: The file cannot be written.
        """
        if action not in ACTIONS:
            raise ConfigurationError(f"{action!r} is not a request. {suggestion(action, ACTIONS)}")
        line: dict[str, Any] = {"request": action, "time": round(time.time(), 3)}
        if value is not None:
            line["value"] = value
        try:
            with open_regular(self.control_file, append=True) as file:
                file.write(sealed_line(json.dumps(line)) + b"\n")
        except OSError as error:
            raise DataError(f"{self.control_file} cannot be written: {error.strerror}.") from error


def _or_wait(held: HeldError) -> str:
    if not held.host:
        return ""
    return (
        f". If that machine is gone for certain, wait until it has been silent for "
        f"{SILENCE_SECONDS:.0f} seconds, or add --force"
    )


def write_atomically(path: Path, text: str) -> None:
    """Writes a small file aside, syncs it and renames it over the old one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _touch_control(run: RunFolder) -> None:
    run.control_file.touch()


def create_run(
    folder: Path, base: str, name: str = "", fill: Callable[[RunFolder], None] = _touch_control
) -> RunFolder:
    """Makes the folder of a new run: `base-0001`, or the first free number after the last.

    Args:
        folder: The folder of runs.
        base: What the name starts with: the recipe's name.
        name: A whole name instead.
        fill: Writes what the run begins with, before its folder gets its name.

    Raises:
        ConfigurationError: The name is taken, or is not one.
        DataError: The folder cannot be written.
    """
    if name:
        require_name(name, "--name ")
    check_runs_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_unborn(folder)
        aside = RunFolder(folder / f"{_UNBORN}{secrets.token_hex(6)}")
        aside.path.mkdir()
        try:
            fill(aside)
            return RunFolder(_moved_into_place(aside.path, folder, base, name))
        except BaseException:
            shutil.rmtree(aside.path, ignore_errors=True)
            raise
    except OSError as error:
        raise DataError(
            f"the runs folder {folder} cannot be written: {error.strerror}. "
            "Give another with --runs-dir"
        ) from error


def _moved_into_place(aside: Path, folder: Path, base: str, name: str) -> Path:
    """Renames a new run's folder, so that its name is taken by a whole run or by none."""
    taken = [path.name.removeprefix(f"{base}-") for path in folder.iterdir()]
    number = max((int(tail) for tail in taken if tail.isdecimal()), default=0) + 1
    while True:
        target = folder / (name or f"{base}-{number:04d}")
        try:
            if os.path.lexists(target):
                raise FileExistsError
            aside.rename(target)
            return target
        except OSError as error:
            if not isinstance(error, FileExistsError) and error.errno != errno.ENOTEMPTY:
                raise
            if name:
                raise ConfigurationError(
                    f"there is a run {name!r} already, in {folder}. Choose another --name"
                ) from None
            number += 1


def _remove_unborn(folder: Path) -> None:
    """Removes what processes left that were killed before their run had a name."""
    for path in folder.glob(f"{_UNBORN}*"):
        try:
            forgotten = time.time() - path.stat().st_mtime > _UNBORN_SECONDS
        except OSError:
            continue
        if forgotten:
            shutil.rmtree(path, ignore_errors=True)


def remove_run(run: RunFolder) -> None:
    """Deletes the folder of a run that never began; its name is free at once."""
    gone = run.path.with_name(f"{_UNBORN}{secrets.token_hex(6)}")
    try:
        run.path.rename(gone)
    except OSError:
        gone = run.path
    shutil.rmtree(gone, ignore_errors=True)


def all_runs(folder: Path) -> list[RunFolder]:
    """Returns every run of a folder, the newest first.

    Raises:
        DataError: It is there, and is no folder.
    """
    check_runs_folder(folder)
    try:
        found = [path.parent for path in folder.glob("*/run.json")]
    except OSError:
        return []
    return [RunFolder(path) for path in sorted(found, key=_modified, reverse=True)]


def check_runs_folder(folder: Path) -> None:
    """Refuses a folder of runs that is a file.

    Raises:
        DataError: It is there, and is no folder.
    """
    try:
        unfit = folder.exists() and not folder.is_dir()
    except OSError:
        # What cannot be looked at, as by a name too long, holds no runs.
        return
    if unfit:
        raise DataError(
            f"the runs folder {folder} is a file and no folder. Give another with --runs-dir"
        )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def group_members(group: str, folder: Path) -> list[RunFolder]:
    """Returns the runs of a group, the oldest first."""
    return [run for run in reversed(all_runs(folder)) if group and _group_of(run) == group]


def group_names(folder: Path) -> list[str]:
    """Returns the names of the groups that runs of a folder belong to."""
    return sorted({_group_of(run) for run in all_runs(folder)} - {""})


def _group_of(run: RunFolder) -> str:
    try:
        return str(run.info().get("group") or "")
    except CheckpointError:
        return ""


def _modified(path: Path) -> tuple[float, str]:
    try:
        return float(RunFolder(path).info().get("created", 0)), path.name
    except (CheckpointError, ValueError, TypeError, OverflowError):
        return 0.0, path.name


def require_name(name: str, what: str = "") -> None:
    """Refuses what cannot be a run's name.

    Args:
        name: The name.
        what: Where it comes from, with a space behind it.

    Raises:
        ConfigurationError: It cannot be one.
    """
    if not name or not _is_name(name):
        shown = name if len(name) <= 60 else name[:57] + "..."
        raise ConfigurationError(
            f"{what}{shown!r} cannot be a run's name. Use letters, digits and hyphens, "
            f"{_LONGEST_NAME} bytes at most"
        )


def _is_name(name: str) -> bool:
    """Tells whether a name can be a folder's, shows as it is, and is no option or hidden file."""
    fits = len(name.encode("utf-8", errors="replace")) <= _LONGEST_NAME
    plain = name.isprintable() and name == name.strip() and Path(name).name == name
    return fits and plain and not name.startswith((".", "-"))


def is_run(path: Path) -> bool:
    """Tells whether a folder is that of a run; a path that no file could have is none."""
    try:
        return (path / "run.json").is_file()
    except (OSError, ValueError):
        return False


def find_run(name: str, folder: Path) -> RunFolder:
    """Finds a run by path, name, unique beginning of a name, or `last` for the newest.

    Raises:
        CheckpointError: There is no such run, or several begin so.
    """
    path = Path(name)
    for candidate in (folder / name, path):
        if name and is_run(candidate):
            return RunFolder(candidate if candidate.name not in ("", "..") else candidate.resolve())
    runs = all_runs(folder)
    if name == "last" and runs:
        return runs[0]
    names = [run.name for run in runs]
    begins = [run for run in runs if name and run.name.startswith(name)]
    if len(begins) == 1:
        return begins[0]
    if begins:
        shown = ", ".join(sorted(run.name for run in begins)[:5])
        raise CheckpointError(f"{name!r} begins the names of several runs. Write one of: {shown}")
    if len(name) > _LONGEST_WORD:
        raise CheckpointError(
            f"there is no run {name[:57] + '...'!r}, in {folder}: the name has {len(name):,} "
            "characters. Run 'seqkit runs' for the runs"
        )
    if name and _is_folder(path):
        raise CheckpointError(
            f"{name} is not a run: it has no run.json. Run 'seqkit runs' for the runs"
        )
    hint = (
        suggestion(name, names, "Run 'seqkit runs' for the runs")
        if names
        else "There are none yet; start one with 'seqkit run RECIPE', see 'seqkit list recipes'"
    )
    raise CheckpointError(f"there is no run {name!r}, in {folder}. {hint}")


def resume_command(folder: RunFolder, plugins: Sequence[str] = ()) -> str:
    """Returns the command that continues a run from the current folder.

    Args:
        folder: The run.
        plugins: Local plugins that it uses, by path.
    """
    parent = folder.path.parent
    words = ["seqkit", "resume", folder.name]
    if os.path.realpath(parent) != os.path.realpath("runs"):
        words += ["--runs-dir", str(parent)]
    for path in plugins:
        words += ["--plugin", path]
    return shlex.join(words)
