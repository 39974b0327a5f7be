"""Tokenizers: what cuts a text into tokens and puts tokens together again.

Each one takes any Python string, lone surrogates and control characters among them, in time that
grows with its length alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, runtime_checkable

from seqkit import component
from seqkit.errors import ConfigurationError, PluginError, suggestion
from seqkit.text.bpe import Split, load_bpe, train_bpe
from seqkit.text.documents import damaged, read_json, write_json
from seqkit.tokenizer_names import OF_A_PLUGIN

TOKENIZERS = ("basic-english", "bpe", "characters", "whitespace")
"""The tokenizers that are no plugin's."""

_OF_A_PLUGIN = re.compile(OF_A_PLUGIN)

_FILE = "tokenizer.json"


@runtime_checkable
class Tokenizer(Protocol):
    """What the tasks ask of a tokenizer."""

    @property
    def name(self) -> str:
        """Its name, for `build_tokenizer`."""

    def tokenize(self, text: str) -> list[str]:
        """Returns the tokens of one text."""

    def tokenize_many(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """Yields the tokens of each text, in order."""

    def detokenize(self, tokens: Iterable[str]) -> str:
        """Returns a readable text of some tokens, the very one they came from where it can be."""

    def save(self, folder: Path) -> None:
        """Writes `tokenizer.json` into `folder`, for `load_tokenizer`."""


@dataclass(frozen=True)
class PlainTokenizer:
    """A tokenizer that is nothing but its rule; make one with `build_tokenizer`.

    Attributes:
        name: `basic-english`, `characters` or `whitespace`.
    """

    name: str

    def __post_init__(self) -> None:
        _require_known(self.name, _PLAIN)

    def tokenize(self, text: str) -> list[str]:
        """Returns the tokens of one text."""
        return _PLAIN[self.name].cut(text)

    def tokenize_many(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """Yields the tokens of each text, in order."""
        return map(_PLAIN[self.name].cut, texts)

    def detokenize(self, tokens: Iterable[str]) -> str:
        """Returns a readable text; exact for characters, but for white space and case elsewhere."""
        return _PLAIN[self.name].join(tokens)

    def save(self, folder: Path) -> None:
        """Writes `tokenizer.json` into `folder`."""
        write_json(folder / _FILE, {"tokenizer": self.name})


@dataclass(frozen=True)
class PluginTokenizer:
    """A tokenizer that a plugin brings; make one with `build_tokenizer`.

    Attributes:
        name: `PLUGIN:NAME`, or `PLUGIN:NAME/VARIANT`.
        cut: What cuts a text into tokens.
        join: What puts tokens together again.
        reference: What `seqkit plugin check` finds its plugin by.
    """

    name: str
    cut: Callable[[str], list[str]]
    join: Callable[[Iterable[str]], str] = " ".join
    reference: str = ""

    def tokenize(self, text: str) -> list[str]:
        """Returns the tokens of one text.

        Raises:
            PluginError: The plugin gives something else than a list of texts.
        """
        tokens: object = self.cut(text)
        # The first and the last one stand for all: this is done for every text there is.
        if not isinstance(tokens, list) or not all(
            isinstance(token, str) for token in (tokens[:1] + tokens[-1:])
        ):
            shown = f"a {type(tokens).__name__}"
            if isinstance(tokens, list):
                shown += f" of {type(tokens[0]).__name__}"
            plugin = self.reference or self.name.partition(":")[0]
            raise PluginError(
                f"tokenizer {self.name!r} gave {shown} for {text!r:.60}; it must be a list of "
                f"texts. Run 'seqkit plugin check {plugin}'"
            )
        return tokens

    def tokenize_many(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """Yields the tokens of each text, in order."""
        return map(self.tokenize, texts)

    def detokenize(self, tokens: Iterable[str]) -> str:
        """Returns a readable text, as the plugin puts tokens together."""
        return self.join(tokens)

    def save(self, folder: Path) -> None:
        """Writes `tokenizer.json` into `folder`: the name alone."""
        write_json(folder / _FILE, {"tokenizer": self.name})


def build_tokenizer(
    name: str,
    *,
    texts: Iterable[str] | None = None,
    vocabulary_size: int = 8000,
    minimum_frequency: int = 2,
    split: Split = "byte-level",
) -> Tokenizer:
    """Makes a tokenizer by its name.

    Args:
        name: One of `TOKENIZERS`, or a plugin's, as `PLUGIN:NAME`. `basic-english` lowercases,
            sets off punctuation and gives, token for token, what torchtext's `basic_english`
            gives; `whitespace` cuts at white space; `characters` gives each code point; `bpe` is
            trained on `texts`.
        texts: What `bpe` is trained on, read once: the training split and nothing else.
        vocabulary_size: See `train_bpe`.
        minimum_frequency: See `train_bpe`.
        split: See `train_bpe`.

    Raises:
        ConfigurationError: The name is unknown, a setting is out of its range, or `bpe` has no
            texts to be trained on.
        PluginError: The plugin is not installed, or what its tokenizer needs.
    """
    if _OF_A_PLUGIN.fullmatch(name):
        return _of_a_plugin(name)
    _require_known(name, TOKENIZERS)
    if name != "bpe":
        return PlainTokenizer(name)
    if texts is None:
        raise ConfigurationError(
            "tokenizer bpe has no texts to be trained on, in build_tokenizer. Pass texts=..."
        )
    return train_bpe(
        texts,
        vocabulary_size=vocabulary_size,
        minimum_frequency=minimum_frequency,
        split=split,
    )


def load_tokenizer(folder: Path) -> Tokenizer:
    """Reads the tokenizer that `save` wrote into `folder`.

    Raises:
        DataError: `tokenizer.json` is missing, damaged, or names a tokenizer that is not known.
        PluginError: The plugin of its tokenizer is not installed, or what that needs.
    """
    path = folder / _FILE
    document = read_json(path, "tokenizer")
    if "model" in document:
        return load_bpe(folder)
    name = document.get("tokenizer")
    if isinstance(name, str) and _OF_A_PLUGIN.fullmatch(name):
        return _of_a_plugin(name)
    if not isinstance(name, str) or name not in _PLAIN:
        raise damaged(path, "tokenizer", f"it names the tokenizer {name!r}, which is not known")
    return PlainTokenizer(name)


def parts_of(qualified: str) -> tuple[str, str, str] | None:
    """Returns plugin, name and variant of a tokenizer of a plugin; None for what names none.

    The name may be written with underscores, as some runs of older versions have it.
    """
    if not _OF_A_PLUGIN.fullmatch(qualified):
        return None
    plugin, _, rest = qualified.partition(":")
    name, _, variant = rest.partition("/")
    return plugin, name.replace("_", "-"), variant


def _of_a_plugin(qualified: str) -> PluginTokenizer:
    found = parts_of(qualified)
    assert found is not None
    plugin, name, variant = found
    in_use = component.tokenizers_in_use()
    there = _installed(plugin) if in_use is None else in_use
    tokenizer = there.get((plugin, name))
    if tokenizer is None:
        mine = [other for owner, other in there if owner == plugin]
        if mine:
            raise ConfigurationError(
                f"plugin {plugin!r} has no tokenizer {name!r}. {suggestion(name, mine)}"
            )
        names = ", ".join(sorted({owner for owner, _ in there})) or "none"
        raise PluginError(
            f"tokenizer {qualified!r} is of a plugin that is not installed, or that brings none by "
            f"register_tokenizers(). Plugins with tokenizers are: {names}"
        )
    reference = component.tokenizer_references().get(plugin, plugin)
    return PluginTokenizer(qualified, tokenizer.build(variant), tokenizer.join, reference)


def _installed(plugin: str) -> component.TokenizersByName:
    """Returns the tokenizers of an installed plugin, where no registry has said which there are."""
    found: component.TokenizersByName = {}
    for point in entry_points(group="seqkit", name=plugin):
        try:
            register = getattr(point.load(), "register_tokenizers", list)
            found |= {(plugin, kind.name): kind() for kind in register()}
        except Exception as error:
            raise PluginError(
                f"the tokenizers of {plugin!r} cannot be had: the plugin does not load ({error}). "
                f"Run 'seqkit plugin check {plugin}'"
            ) from error
    return found


def _require_known(name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise ConfigurationError(
            f"tokenizer {name!r} is not known, in the tokenizer's name. {suggestion(name, known)}"
        )


def _cut_basic_english(text: str) -> list[str]:
    # torchtext lowercases, runs twelve regular expressions one after another, and splits. All but
    # the last look for a fixed string, which str.replace finds four times as fast, and the last
    # turns runs of white space into one space, which split does not mind. The double quote has to
    # go before the line break is looked for: `<br "/>` is one.
    return (
        text.lower()
        .replace("'", " '  ")
        .replace('"', "")
        .replace(".", " . ")
        .replace("<br />", " ")
        .replace(",", " , ")
        .replace("(", " ( ")
        .replace(")", " ) ")
        .replace("!", " ! ")
        .replace("?", " ? ")
        .replace(";", " ")
        .replace(":", " ")
        .split()
    )


_CLOSING = frozenset(".,!?)")
_CONTRACTED = frozenset({"d", "ll", "m", "re", "s", "t", "ve"})


def _join_basic_english(tokens: Iterable[str]) -> str:
    """Joins with spaces, save before closing punctuation, after `(` and in `it's`."""
    pieces: list[str] = []
    before, previous = "", "("
    for token in tokens:
        contracted = previous == "'" and token in _CONTRACTED and before not in {"", "'", "("}
        if contracted and pieces[-2:-1] == [" "]:
            del pieces[-2]
        if not (contracted or token in _CLOSING or previous == "("):
            pieces.append(" ")
        pieces.append(token)
        before, previous = previous, token
    return "".join(pieces)


@dataclass(frozen=True)
class _Rule:
    cut: Callable[[str], list[str]]
    join: Callable[[Iterable[str]], str]


_PLAIN = {
    "basic-english": _Rule(_cut_basic_english, _join_basic_english),
    "characters": _Rule(list, "".join),
    "whitespace": _Rule(str.split, " ".join),
}
