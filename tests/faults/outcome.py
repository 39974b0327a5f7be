"""Everything that a run came to, so that two runs can be held together bit by bit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file

from seqkit.errors import ExitCode
from seqkit.runs.folder import RunFolder
from tests.faults.scenarios import Scenario
from tests.nursery import Done, Nursery

TIMES = {"time", "seconds", "elapsed", "eta", "examples_per_second", "tokens_per_second"}


def outcome(path: Path) -> dict[str, Any]:
    """Returns what a run ended with, by name, but for times."""
    run = RunFolder(path)
    info = run.info()
    found: dict[str, Any] = {
        "files": sorted(
            str(file.relative_to(path)) for file in path.rglob("*") if _counts(file.name)
        ),
        "run.json": _timeless({key: info.get(key) for key in ("status", "step", "best", "test")}),
        "experiment": run.experiment_file.read_bytes(),
        "evaluations": {},
        "samples": {},
    }
    for event in run.events():
        if event.kind in ("evaluation", "sample"):
            # What was done again after a kill counts as it was done last.
            key = f"{event.get('split')} {event.step}"
            found[f"{event.kind}s"][key] = _timeless(dict(event.data))
    for folder in sorted(run.checkpoints.glob("step-*")):
        for name in ("model.safetensors", "state.safetensors"):
            if (folder / name).is_file():
                found[f"{folder.name}/{name}"] = _digest(folder / name)
        manifest = folder / "manifest.json"
        if manifest.is_file():
            found[f"{folder.name}/progress"] = _progress(manifest)
    for file in sorted(run.codec.rglob("*")):
        if file.is_file():
            found[str(file.relative_to(path))] = _digest(file)
    if run.scores("test").is_file():
        found["scores"] = _digest(run.scores("test"))
    if run.answers("test").is_file():
        found["answers"] = run.answers("test").read_bytes()
    return found


def answers(nursery: Nursery, scenario: Scenario, path: Path, home: Path) -> str:
    """Returns what `seqkit predict` says of a run, its checkpoint's name included."""
    done = nursery.run("predict", path, *scenario.asked, "--json", home=home)
    return f"{done.code}\n{done.out}{done.err}"


def differing(found: dict[str, Any], right: dict[str, Any]) -> list[str]:
    """Returns what differs between two outcomes, each by its name and the values."""
    names = [name for name in {**right, **found} if found.get(name) != right.get(name)]
    return [f"{name}: {_difference(found.get(name), right.get(name))}" for name in names]


def tree(folder: Path) -> dict[str, bytes]:
    """Returns the bytes of every file of a run but its lock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _counts(path.name)
    }


def _difference(found: Any, right: Any) -> str:
    if isinstance(found, list) and isinstance(right, list):
        more, less = set(found) - set(right), set(right) - set(found)
        return f"{_shown(sorted(more))} too much, {_shown(sorted(less))} missing"
    if isinstance(found, dict) and isinstance(right, dict):
        keys = [key for key in {**right, **found} if found.get(key) != right.get(key)]
        return ", ".join(
            f"{key} {_shown(found.get(key))}, not {_shown(right.get(key))}" for key in keys
        )
    return f"{_shown(found)}, not {_shown(right)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "..."


def _counts(name: str) -> bool:
    """Tells whether a file belongs to what a run leaves; locks may stay."""
    return "lock" not in name


def _digest(path: Path) -> str:
    """Returns a hash of a file; of the values where its bytes may be in any order."""
    if path.suffix != ".safetensors":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        return str(error)
    for name, values in sorted(tensors.items()):
        digest.update(f"{name} {values.dtype} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def _progress(manifest: Path) -> Any:
    try:
        return _timeless(json.loads(manifest.read_text(encoding="utf-8"))["progress"])
    except (ValueError, LookupError) as error:
        return str(error)


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [_timeless(item) for item in value]
    return value


def unusable(nursery: Nursery, scenario: Scenario, path: Path, home: Path) -> list[str]:
    """Returns what is wrong with the commands that look at a run that may have been killed."""
    commands = {
        "runs": ("runs", "--runs-dir", path.parent),
        "show": ("show", path),
        "predict": ("predict", path, *scenario.asked),
    }
    if not (path / "run.json").exists():
        del commands["show"], commands["predict"]
    faults = []
    for name, words in commands.items():
        done = nursery.run(*words, home=home)
        refused = done.code == ExitCode.DATA and done.err.strip() != ""
        if crashed(done) or not (done.code == ExitCode.DONE or (refused and name == "predict")):
            faults.append(f"{name} ended with {done.code}: {last_line(done)}")
    return faults


def crashed(done: Done) -> bool:
    """Tells whether a command ended in a way that no damage and no disk excuses."""
    words = ("This is a bug in seqkit", "Traceback", "the run failed", "panicked")
    return done.code not in set(ExitCode) or any(word in done.err for word in words)


def last_line(done: Done) -> str:
    """Returns the last line that a command wrote to stderr."""
    lines = done.err.strip().splitlines()
    return lines[-1][:300] if lines else "(nothing on stderr)"
