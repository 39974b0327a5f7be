"""What pages show as typed plugins is typed strictly, with what an author installs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

TYPED = {"components.md": ("lengths.py",), "forecasting.md": ("shops.py",)}


@pytest.mark.slow
def test_typed_files_of_pages_pass_a_strict_check(repository: Path, tmp_path: Path) -> None:
    for page, names in TYPED.items():
        text = (repository / "docs" / page).read_text(encoding="utf-8")
        for name in names:
            (found,) = re.findall(rf'^```python title="{name}"\n(.*?)^```$', text, re.M | re.S)
            (tmp_path / name).write_text(found, encoding="utf-8")
    words = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "."]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)

    assert done.stdout == ""
