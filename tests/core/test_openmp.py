"""Threads sleep while they wait, unless the user says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from seqkit.engine.openmp import WAITING, wait_passively


def python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in WAITING} | variables
    words = [sys.executable, "-c", code]
    return subprocess.run(words, capture_output=True, text=True, check=True, env=environment)


@pytest.mark.skipif(sys.platform != "linux", reason="reads what GNU's OpenMP says of itself")
def test_the_runtime_that_torch_loads_reads_it() -> None:
    code = "from seqkit.engine.openmp import wait_passively as w; w(); import torch"
    assert "GOMP_SPINCOUNT = '2000'" in python(code, OMP_DISPLAY_ENV="verbose").stderr


MAIN = """
import os, sys
from seqkit.__main__ import main
sys.argv = ["seqkit", "--version"]
try:
    main()
except SystemExit:
    print({name: os.environ.get(name) for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")})
"""


def test_the_command_sets_it_for_itself_and_what_it_starts() -> None:
    assert "'OMP_WAIT_POLICY': 'passive'" in python(MAIN).stdout


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"])
def test_what_the_user_has_set_stays(name: str) -> None:
    out = python(MAIN, **{name: "1"}).stdout
    assert "passive" not in out
    assert "2000" not in out


def test_nothing_is_set_where_torch_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WAITING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(sys.modules, "torch", sys)
    wait_passively()
    assert "OMP_WAIT_POLICY" not in os.environ
