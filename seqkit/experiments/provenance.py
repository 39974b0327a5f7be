"""The plugins that a run was made with, held against those that are installed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping, Sequence

from seqkit.errors import ConfigurationError, PluginError, Problem, SeqkitError
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.loading import NEEDED, load_experiment
from seqkit.registry.in_memory import how_to_name
from seqkit.registry.registry import NOT_INSTALLED, Registry
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


def drift(folder: RunFolder, registry: Registry) -> str:
    """Returns which versions a run was made with where others are installed; empty for none."""
    now = {plugin.name: plugin.origin for plugin in registry.working()}
    changed: list[str] = []
    for name, origin in plugins_of(folder).items():
        before = _INSTALLED.fullmatch(origin)
        after = _INSTALLED.fullmatch(now.get(name, ""))
        if before is None or after is None or origin == now[name]:
            continue
        if before["distribution"] == after["distribution"]:
            changed.append(f"{origin}, and {after['version']} is installed")
    if not changed:
        return ""
    return f"run {folder.name} was made with {'; '.join(dict.fromkeys(changed))}"


def _remedy(origins: Sequence[str]) -> str:
    packages = [found for origin in origins if (found := _INSTALLED.fullmatch(origin))]
    wanted = dict.fromkeys(f"{one['distribution']}=={one['version']}" for one in packages)
    others = [origin for origin in origins if not _INSTALLED.fullmatch(origin)]
    paths = [origin for origin in others if not how_to_name(origin)]
    said = []
    if wanted:
        said.append(f"Run: pip install {shlex.join(wanted)}")
    if paths:
        said.append(f"Name {' and '.join(paths)} by --plugin, from where the run was made")
    said += dict.fromkeys(filter(None, map(how_to_name, others)))
    return ". ".join(said)
