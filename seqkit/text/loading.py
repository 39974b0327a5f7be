"""Reads a tokenizer and its vocabulary back, and makes sure that they belong together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from seqkit.text.bpe import BytePairTokenizer
from seqkit.text.documents import damaged
from seqkit.text.tokenizers import Tokenizer, load_tokenizer
from seqkit.text.vocabulary import FILE, Vocabulary


def load_text(
    folder: Path, *, specials: Iterable[str] = (), tokenizer: Tokenizer | None = None
) -> tuple[Tokenizer, Vocabulary]:
    """Reads the tokenizer and the vocabulary that a task saved into `folder`.

    Args:
        folder: Where both were saved.
        specials: The further specials that the vocabulary must have.
        tokenizer: The tokenizer, where it is not in the folder.

    Raises:
        CheckpointError: A file is missing or damaged, or they do not belong together.
        PluginError: The plugin of the tokenizer is not installed, or what that needs.
    """
    cutter = tokenizer or load_tokenizer(folder)
    vocabulary = Vocabulary.load(folder)
    path = folder / FILE
    wanted = tuple(specials)
    if vocabulary.specials != wanted:
        reason = f"its specials are {list(vocabulary.specials)} and not {list(wanted)}"
        raise damaged(path, "vocabulary", reason)
    if isinstance(cutter, BytePairTokenizer):
        words = vocabulary.tokens[len(vocabulary.tokens) - len(cutter.tokens) :]
        if len(vocabulary) != 2 + len(wanted) + len(cutter.tokens) or words != cutter.tokens:
            raise damaged(path, "vocabulary", "its words are not those of the tokenizer beside it")
    return cutter, vocabulary
