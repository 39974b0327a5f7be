"""Loads one plugin in a process of its own and says, as JSON, what that brought along."""

from __future__ import annotations

import json
import sys

from pydantic import ValidationError

from seqkit.registry.registry import Registry
from seqkit.testing.plugins import find_plugin


def main(value: str, settings: str = "{}") -> None:
    """Writes a line with the modules that are loaded, and each dataset's fingerprint.

    Args:
        value: What finds the plugin.
        settings: Settings of its components by their names, as JSON.
    """
    subject, given = find_plugin(value), json.loads(settings)
    registry = Registry()
    registry.add(subject.plugin, subject.load)
    if subject.plugin.cause is not None:
        raise subject.plugin.cause
    modules = sorted(sys.modules)
    fingerprints = {}
    for entry in registry.entries("datasets"):
        try:
            config = entry.component.Config(**given.get(entry.name, {}))
        except ValidationError:
            continue
        fingerprints[entry.name] = entry.component.fingerprint(config)
    sys.stdout.write(json.dumps({"modules": modules, "fingerprints": fingerprints}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
