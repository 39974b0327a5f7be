"""What a tokenizer of a plugin must do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from unittest import SkipTest

from seqkit.errors import ConfigurationError, PluginError
from seqkit.registry.registry import Entry
from seqkit.testing.checks import Check, require

_TEXTS = ("It's a good film, isn't it?", "", " ", "naïve 東京 🙂", "a\nb\tc", "x" * 2000)


def tokenizer_checks(entry: Entry) -> Iterator[Check]:
    """Yields the checks of one tokenizer."""
    yield Check(f"{entry.kind}:{entry.name}", "tokens", partial(_tokens, entry))


def _tokens(entry: Entry) -> None:
    try:
        cut = entry.component.build("")
    except (ConfigurationError, PluginError) as error:
        # It needs a variant, or a package that is not installed.
        raise SkipTest(str(error)) from error
    for text in _TEXTS:
        tokens = cut(text)
        what = f"for {text!r:.40} it gives {tokens!r:.60}"
        whole = isinstance(tokens, list) and all(isinstance(token, str) for token in tokens)
        require(whole, f"{what}; it must be a list of texts")
        require(cut(text) == tokens, f"{what}, and something else the next time")
        joined = entry.component.join(tokens)
        require(isinstance(joined, str), f"join() gives {joined!r:.60}; it must be a text")
