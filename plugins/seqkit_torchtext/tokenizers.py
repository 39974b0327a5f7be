"""torchtext's tokenizers by name: what `torchtext:NAME` stands for in a task's settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import entry_points
from importlib.util import find_spec

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


_SPACY = {"en": "en_core_web_sm", "de": "de_core_news_sm"}
"""What the short names of torchtext's tutorials stand for."""


def checked_language(kind: str, language: str, name: str) -> str:
    """Returns a language that is safe to pass on.

    A name may come from the file of a run, and spaCy imports any package and opens any folder that
    it is given as a model: only installed packages that say that they are models are.
    """
    if kind == "spacy":
        language = _SPACY.get(language or "en", language)
        models = sorted({point.name for point in entry_points(group="spacy_models")})
        if language not in models:
            raise ConfigurationError(
                f"spaCy has no model {language!r}, in torchtext:{name}. "
                + (
                    suggestion(language, models)
                    if models
                    else "Install one: python -m spacy download en_core_web_sm"
                )
            )
    elif language and not re.fullmatch("[a-z]{2,3}", language):
        raise ConfigurationError(
            f"torchtext has no tokenizer {kind} for the language {language!r}. "
            "Name another language behind a slash, such as torchtext:moses/de"
        )
    return language


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
    import_torchtext()
    # Looked for here, as torchtext itself would print to the terminal.
    if _NEEDS[kind] and find_spec(_NEEDS[kind]) is None:
        raise PluginError(
            f"torchtext's tokenizer {kind} is of the package {_NEEDS[kind]}, which is not "
            f"installed. Run: pip install {_NEEDS[kind]}"
        )
    language = checked_language(kind, language, name)
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
