"""torchtext's tokenizers by name: what `torchtext:NAME` stands for in a task's settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec

from seqkit.api import Tokenizer
from seqkit.errors import ConfigurationError, PluginError, suggestion
from seqkit_torchtext.standin import import_torchtext

_NEEDS = {
    "split": "",
    "basic_english": "",
    "spacy": "spacy",
    "moses": "sacremoses",
    "toktok": "nltk",
    "revtok": "revtok",
    "subword": "revtok",
}


class _OfTorchtext(Tokenizer):
    kind = ""

    def build(self, variant: str) -> Callable[[str], list[str]]:
        return tokenizer(f"{self.kind or self.name}{'/' if variant else ''}{variant}")

    def fingerprint(self, variant: str) -> str:
        model = variant if self.name == "spacy" else ""
        packages = ("torchtext", _NEEDS[self.kind or self.name], model)
        return " ".join(f"{package} {_version(package)}" for package in packages if package)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


class Split(_OfTorchtext):
    """Cuts at white space, as torchtext does without a tokenizer."""

    name = "split"


class BasicEnglish(_OfTorchtext):
    """Torchtext's own basic_english, which lowercases and sets off punctuation."""

    name = "basic-english"
    kind = "basic_english"


class Spacy(_OfTorchtext):
    """Cuts as spaCy does; the variant is a language, or the name of an installed model."""

    name = "spacy"


class Moses(_OfTorchtext):
    """Cuts as the Moses scripts do, by sacremoses; the variant is a language."""

    name = "moses"


class Toktok(_OfTorchtext):
    """Cuts as NLTK's Tok-tok does."""

    name = "toktok"


class Revtok(_OfTorchtext):
    """Cuts so that the text can be put together again, by revtok."""

    name = "revtok"


class Subword(_OfTorchtext):
    """Cuts into pieces of words, by revtok."""

    name = "subword"


TOKENIZERS: list[type[Tokenizer]] = [Split, BasicEnglish, Spacy, Moses, Toktok, Revtok, Subword]


def tokenizer(name: str) -> Callable[[str], list[str]]:
    """Returns what `torchtext.data.get_tokenizer` returns.

    Args:
        name: torchtext's name, with a language behind a slash where it is not English:
            `basic_english`, `spacy/de_core_news_sm`. `split` is what torchtext has for None.

    Raises:
        ConfigurationError: There is no such tokenizer, or not in that language.
        PluginError: torchtext, or the package that the tokenizer is of, is not installed.
    """
    kind, _, language = name.partition("/")
    if kind not in _NEEDS:
        raise ConfigurationError(
            f"{kind!r} is not a tokenizer of torchtext, in torchtext:{name}. "
            f"{suggestion(kind, list(_NEEDS))}"
        )
    if kind != "spacy" and language and not re.fullmatch("[a-z]{2,3}", language):
        # The name may come from a run of somebody else, and some open a file of that name.
        raise ConfigurationError(
            f"torchtext has no tokenizer {kind} for the language {language!r}. "
            "Name another language behind a slash, such as torchtext:moses/de"
        )
    import_torchtext()
    # Looked for here, as torchtext itself would print to the terminal.
    if _NEEDS[kind] and find_spec(_NEEDS[kind]) is None:
        raise PluginError(
            f"torchtext's tokenizer {kind} is of the package {_NEEDS[kind]}, which is not "
            f"installed. Run: pip install {_NEEDS[kind]}"
        )
    if kind == "spacy":
        language = _installed_model(name, language or "en")
    from torchtext.data.utils import get_tokenizer

    try:
        cut: Callable[[str], list[str]] = get_tokenizer(
            None if kind == "split" else kind, language or "en"
        )
    except (ValueError, OSError, LookupError, AttributeError) as error:
        raise ConfigurationError(
            f"torchtext has no tokenizer {kind} for the language {language or 'en'!r}: {error}. "
            "Name another language behind a slash, such as torchtext:spacy/en_core_web_sm"
        ) from error
    return cut


def _installed_model(name: str, language: str) -> str:
    """Returns the installed package of spaCy's that a language or a name stands for.

    The name may come from a run of somebody else, and spaCy would import any package by its name
    and open any folder by its path.
    """
    installed = {point.name for point in entry_points(group="spacy_models")}
    if language in installed:
        return language
    # `de` stands for `de_core_news_sm`, as it does for torchtext.
    small = [m for m in sorted(installed) if m.startswith(f"{language}_") and m.endswith("_sm")]
    if small:
        return small[0]
    raise ConfigurationError(
        f"{language!r} is not an installed model of spaCy, in torchtext:{name}. Installed are: "
        f"{', '.join(sorted(installed)) or 'none'}. Install one, such as: "
        "python -m spacy download en_core_web_sm"
    )
