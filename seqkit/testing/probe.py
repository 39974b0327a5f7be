"""Loads one plugin in a process of its own and says, as JSON, what that brought along."""

from __future__ import annotations

import json
import sys

from pydantic import ValidationError

from seqkit.registry import Registry
from seqkit.testing.plugins import find_plugin


def main(value: str) -> None:
    """Writes a line with the modules that are loaded, and each dataset's default fingerprint."""
    subject = find_plugin(value)
    registry = Registry()
    registry.add(subject.plugin, subject.load)
    if subject.plugin.cause is not None:
        raise subject.plugin.cause
    modules = sorted(sys.modules)
    fingerprints = {}
    for entry in registry.entries("datasets"):
        try:
            settings = entry.component.Config()
        except ValidationError:
            continue
        fingerprints[entry.name] = entry.component.fingerprint(settings)
    sys.stdout.write(json.dumps({"modules": modules, "fingerprints": fingerprints}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
