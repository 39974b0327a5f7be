"""The plugins that a run was made with, held against those that are installed."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from seqkit.errors import ConfigurationError, PluginError, Problem, SeqkitError
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.loading import NEEDED, load_experiment
from seqkit.experiments.used import used_tokenizers
from seqkit.registry.in_memory import how_to_name
from seqkit.registry.registry import NOT_INSTALLED, Entry, Registry
from seqkit.runs.folder import RunFolder

_INSTALLED = re.compile(r"(?P<distribution>[\w.-]+) (?P<version>\d\S*)")
"""What `run.json` says of a plugin that was installed; of others it has the path, say."""


def load_run_experiment(
    folder: RunFolder,
    registry: Registry,
    overrides: Sequence[str] = (),
    needed: Collection[str] = NEEDED,
) -> Experiment:
    """Reads the experiment of a run; see `load_experiment`.

    Raises:
        PluginError: A plugin that is needed is not installed; says how to install it.
        ConfigurationError: Something is not valid, as where the plugin is of another version.
    """
    try:
        return load_experiment(folder.experiment_file, registry, overrides, needed=needed)
    except ConfigurationError as error:
        recorded = plugins_of(folder)
        missing = [
            name
            for name in recorded
            if any(p.hint.startswith(f"{NOT_INSTALLED}{name!r} ") for p in error.problems)
        ]
        if missing:
            names = " and ".join(map(repr, missing))
            plural = "s" if len(missing) > 1 else ""
            origins = recorded | _texts(folder, "plugin_paths")
            raise PluginError(
                f"run {folder.name} needs the plugin{plural} {names}, not installed here. "
                f"{_remedy([origins[name] for name in missing])}"
            ) from error
        if said := drift(folder, registry):
            note = Problem("", said[0].upper() + said[1:])
            raise ConfigurationError(problems=[*error.problems, note]) from error
        raise


def plugins_of(folder: RunFolder) -> dict[str, str]:
    """Returns the plugins a run was made with, by name: distribution and version, or a path."""
    return _texts(folder, "plugins")


def _texts(folder: RunFolder, key: str) -> dict[str, str]:
    """Returns texts by name that `run.json` holds; none where they are lost."""
    try:
        found = folder.info().get(key)
    except SeqkitError:
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, Mapping) else {}


def code_of(experiment: Experiment, registry: Registry) -> dict[str, dict[str, str]]:
    """Returns hashes of the code that answers rest on beside the weights, by kind and name.

    It is that of the task and of the tokenizers, where their plugins are no built-in ones.
    """
    found: dict[str, dict[str, str]] = {"tasks": {}, "tokenizers": {}}
    task = experiment.task.entry
    found["tasks"][task.qualified] = _code(task)
    for entry, variant in used_tokenizers(experiment, registry):
        name = f"{entry.qualified}/{variant}" if variant else entry.qualified
        found["tokenizers"][name] = _code(entry, variant)
    known = {kind: {k: v for k, v in names.items() if v} for kind, names in found.items()}
    return {kind: names for kind, names in known.items() if names}


def drift(folder: RunFolder, registry: Registry) -> str:
    """Returns which versions and code of plugins a run was not made with; empty for none."""
    now = {plugin.name: plugin.origin for plugin in registry.working()}
    changed: dict[str, str] = {}
    for name, origin in plugins_of(folder).items():
        before = _INSTALLED.fullmatch(origin)
        after = _INSTALLED.fullmatch(now.get(name, ""))
        if before is None or after is None or origin == now[name]:
            continue
        if before["distribution"] == after["distribution"]:
            changed[name] = f"{origin}, and {after['version']} is installed"
    said = list(_changed_code(folder, registry, changed))
    if changed:
        versions = "; ".join(dict.fromkeys(changed.values()))
        said.insert(0, f"run {folder.name} was made with {versions}")
    return "; ".join(said)


def _changed_code(folder: RunFolder, registry: Registry, updated: Collection[str]) -> Iterator[str]:
    """Yields which parts have other code than a run was made with, but for those of `updated`."""
    try:
        recorded = folder.info().get("code")
    except SeqkitError:
        return
    for kind in ("tasks", "tokenizers"):
        names = recorded.get(kind) if isinstance(recorded, Mapping) else None
        entries = {entry.qualified: entry for entry in registry.entries(kind)}
        for name, before in names.items() if isinstance(names, Mapping) else ():
            qualified, _, variant = name.partition("/")
            entry = entries.get(qualified)
            if entry is None or entry.plugin in updated:
                continue
            after = _code(entry, variant)
            if not after or after == before:
                continue
            same_code = after.partition(" ")[0] == str(before).partition(" ")[0]
            reason = "what it depends on has changed" if same_code else "its code has changed"
            yield (
                f"the {kind[:-1]} {name} is not what the run was trained with ({reason}): "
                "answers may differ"
            )


def _code(entry: Entry, variant: str = "") -> str:
    """Returns a hash of the code of a part's plugin; empty where it is built-in or not known.

    That of a tokenizer is followed by a hash of what else it depends on. Times of files do not
    count, as those of an installed copy are others.
    """
    owner = entry.owner
    root = None if owner is None or owner.built_in else owner.code
    if root is None:
        return ""
    try:
        code = _contents(root)
        other = entry.component.fingerprint(variant) if entry.kind == "tokenizers" else ""
    except Exception:
        # What fails here fails where the tokenizer is used too, and is named with its plugin there.
        return ""
    return f"{code} {_digest(str(other).encode())}" if other else code


def _contents(root: Path) -> str:
    """Returns a hash of a module, or of all modules of a package."""
    if not root.is_dir():
        return _digest(root.read_bytes())
    paths = sorted(path for path in root.rglob("*.py") if path.is_file())
    lines = [f"{path.relative_to(root).as_posix()} {_digest(path.read_bytes())}" for path in paths]
    return _digest("\n".join(lines).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:24]


def _remedy(origins: Sequence[str]) -> str:
    packages = [found for origin in origins if (found := _INSTALLED.fullmatch(origin))]
    wanted = dict.fromkeys(f"{one['distribution']}=={one['version']}" for one in packages)
    others = [origin for origin in origins if not _INSTALLED.fullmatch(origin)]
    paths = [origin for origin in others if not how_to_name(origin)]
    said = []
    if wanted:
        said.append(f"Run: pip install {shlex.join(wanted)}")
    if paths:
        words = shlex.join(word for path in paths for word in ("--plugin", path))
        said.append(f"Add {words}, from where the run was made")
    said += dict.fromkeys(filter(None, map(how_to_name, others)))
    return ". ".join(said)
