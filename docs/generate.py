"""Writes the generated pages of the documentation; with --check, says which ones are stale."""

from __future__ import annotations

import sys
from pathlib import Path

from api_reference import api_page
from key_tables import with_keys
from reference import commands_page, configuration_page

from seqkit.registry.discovery import load_registry

HERE = Path(__file__).parent
BUILT_IN = "seqkit"


def pages() -> dict[Path, str]:
    registry = load_registry()
    strangers = [p.name for p in registry.plugins if p.error or p.distribution != BUILT_IN]
    if strangers:
        sys.exit(f"generate.py: other or broken plugins are installed: {', '.join(strangers)}")
    return {
        HERE / "api.md": api_page(),
        HERE / "commands.md": commands_page(),
        HERE / "configuration.md": configuration_page(registry),
        HERE / "tui.md": with_keys((HERE / "tui.md").read_text(encoding="utf-8")),
    }


def main() -> int:
    stale = 0
    for path, text in pages().items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in sys.argv[1:]:
            print(f"{path.relative_to(HERE.parent)} is stale. Run 'make docs'", file=sys.stderr)
            stale = 1
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(HERE.parent)}")
    return stale


if __name__ == "__main__":
    sys.exit(main())
