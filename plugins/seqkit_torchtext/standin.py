"""Imports torchtext on a torch that its compiled library does not load with."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace

from seqkit.errors import PluginError

INSTALL = (
    "Run: pip install 'seqkit[torchtext]'. It has builds for Python 3.12 and older, on Linux "
    "(x86-64), macOS (ARM) and Windows; elsewhere the built-in tokenizers and datasets do"
)


def import_torchtext() -> ModuleType:
    """Returns torchtext, imported with stand-ins where its compiled library does not load.

    Where the library loads, torchtext is imported and nothing else happens. Where it does not,
    `torchtext._torchtext` and what the library would have registered under `torch.classes` and
    `torch.ops` come from `seqkit_torchtext._native`; after that, any `import torchtext...` of the
    same process works. torchtext's notice that it is no longer developed is switched off.

    Raises:
        PluginError: torchtext is not installed.
    """
    if find_spec("torchtext") is None:
        raise PluginError(f"torchtext is not installed. {INSTALL}")
    loaded = sys.modules.get("torchtext")
    with warnings.catch_warnings():
        # Its docstrings have invalid escapes, of which Python complains when it compiles them.
        warnings.simplefilter("ignore")
        try:
            torchtext = loaded or import_module("torchtext")
        except (ImportError, OSError):
            _forget_what_was_imported()
            _put_in_place()
            torchtext = import_module("torchtext")
    torchtext.disable_torchtext_deprecation_warning()
    return torchtext


def _forget_what_was_imported() -> None:
    for name in list(sys.modules):
        if name.split(".")[0] == "torchtext":
            del sys.modules[name]


def _put_in_place() -> None:
    import torch

    from seqkit_torchtext import _native

    # The one module loads the compiled library and holds nothing; the other is the library.
    sys.modules["torchtext._extension"] = ModuleType("torchtext._extension")
    sys.modules["torchtext._torchtext"] = _native
    registered = {name: getattr(_native, name) for name in _native.__all__ if name[0].isupper()}
    torch.classes.torchtext = SimpleNamespace(**registered)  # type: ignore[attr-defined]
    torch.ops.torchtext = SimpleNamespace(  # type: ignore[attr-defined]
        generate_sp_model=_native.generate_sp_model,
        load_sp_model=_native.load_sp_model,
        load_sp_model_string=_native.SentencePiece,
    )
