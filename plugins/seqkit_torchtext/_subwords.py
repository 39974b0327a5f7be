"""Stand-ins for torchtext's tokenizers of subwords, built from the package tokenizers.

Their names, arguments and results are those of the compiled classes of torchtext 0.18.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

_CLIP_WORD = r"(?i)'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"


class GPT2BPEEncoder:
    """Byte pairs as of GPT-2 (Radford et al. 2019), with special tokens that are never split.

    Args:
        bpe_encoder: The id of each token, whose bytes are spelt as printable characters.
        bpe_merge_ranks: The rank of each pair that is merged, two tokens and `seperator` between.
        seperator: Stands between the tokens of a pair.
        byte_encoder: The character that spells each byte.
        caching_enabled: Has no effect here.
    """

    specials: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        bpe_encoder: Mapping[str, int],
        bpe_merge_ranks: Mapping[str, int],
        seperator: str,
        byte_encoder: Mapping[int, str],
        caching_enabled: bool = False,
    ) -> None:
        self.bpe_encoder_ = dict(bpe_encoder)
        self.bpe_merge_ranks_ = dict(bpe_merge_ranks)
        self.seperator_ = seperator
        self.byte_encoder_ = dict(byte_encoder)
        self._bpe = self._build()
        self._added: dict[str, int] = {}
        self._never_split = set(self.specials)

    def _build(self) -> Tokenizer:
        tokenizer = Tokenizer(models.BPE(vocab=self.bpe_encoder_, merges=self._merges()))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        return tokenizer

    def _merges(self) -> list[tuple[str, str]]:
        ranked = sorted(self.bpe_merge_ranks_, key=lambda pair: self.bpe_merge_ranks_[pair])
        pairs = (pair.split(self.seperator_) for pair in ranked)
        return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]

    def tokenize(self, text: str) -> list[str]:
        tokens: list[str] = []
        for part in self._parts(text):
            special = part in self._never_split
            tokens += [part] if special else self._bpe.encode(part).tokens
        return tokens

    def encode(self, text: str) -> list[int]:
        ids: list[int] = []
        for part in self._parts(text):
            special = part in self._never_split
            ids += [self._special_id(part)] if special else self._bpe.encode(part).ids
        return ids

    def decode(self, tokens: Sequence[int]) -> str:
        spelt = {number: token for token, number in self.bpe_encoder_.items()}
        spelt |= {number: token for token, number in self._added.items()}
        byte_of = {character: byte for byte, character in self.byte_encoder_.items()}
        text, after_special = bytearray(), False
        for place, number in enumerate(tokens):
            token = spelt[number]
            special = token in self._never_split
            if not special:
                text += bytes(byte_of[character] for character in token)
            else:
                # The white space beside a special token is dropped when a text is cut.
                text += b" " * (place > 0 and not after_special) + token.encode()
                text += b" " * (place + 1 < len(tokens))
            after_special = special
        return text.decode("utf-8", "ignore")

    def add_special_tokens(self, items: Mapping[str, str], additional: Sequence[str]) -> int:
        before = len(self._added)
        for token in (*items.values(), *additional):
            self._never_split.add(token)
            if token not in self.bpe_encoder_ and token not in self._added:
                self._added[token] = len(self.bpe_encoder_) + len(self._added)
        return len(self._added) - before

    def _special_id(self, token: str) -> int:
        return self._added[token] if token in self._added else self.bpe_encoder_[token]

    def _parts(self, text: str) -> Iterator[str]:
        """Yields special tokens and what is between, without the white space next to them."""
        begins = 0
        if self._never_split:
            longest_first = sorted(self._never_split, key=lambda token: (-len(token), token))
            for match in re.finditer("|".join(map(re.escape, longest_first)), text):
                between = text[begins : match.start()]
                yield between[:-1] if between[-1:].isspace() else between
                yield match.group()
                begins = match.end() + text[match.end() : match.end() + 1].isspace()
        yield text[begins:]


class CLIPEncoder(GPT2BPEEncoder):
    """Byte pairs as of CLIP (Radford et al. 2021): words end in `</w>`, white space is dropped."""

    specials = ("<|startoftext|>", "<|endoftext|>")

    def _build(self) -> Tokenizer:
        model = models.BPE(
            vocab=self.bpe_encoder_, merges=self._merges(), end_of_word_suffix="</w>"
        )
        tokenizer = Tokenizer(model)
        words = pre_tokenizers.Split(Regex(_CLIP_WORD), behavior="removed", invert=True)
        spelling = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, spelling])
        return tokenizer


class BERTEncoder:
    """Word pieces as of BERT (Devlin et al. 2018).

    Args:
        vocab_file: A file of one token a line.
        do_lower_case: Whether texts are lowercased.
        strip_accents: Any value but None strips accents, as in the library; None leaves it to
            `do_lower_case`.
        never_split: Tokens that are neither lowercased nor cut at punctuation.
    """

    def __init__(
        self,
        vocab_file: str,
        do_lower_case: bool,
        strip_accents: bool | None,
        never_split: Sequence[str],
    ) -> None:
        lines = Path(vocab_file).read_text(encoding="utf-8").removesuffix("\n").split("\n")
        vocabulary = {token: number for number, token in enumerate(dict.fromkeys(lines))}
        self._never_split = frozenset(never_split)
        self._pieces = Tokenizer(models.WordPiece(vocab=vocabulary, unk_token="[UNK]"))
        self._pieces.normalizer = normalizers.BertNormalizer(
            lowercase=do_lower_case, strip_accents=strip_accents is not None or do_lower_case
        )
        self._pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

    def tokenize(self, text: str) -> list[str]:
        return [token for token, _ in self._cut(text)]

    def encode(self, text: str) -> list[int]:
        return [number for _, number in self._cut(text)]

    def batch_tokenize(self, texts: Sequence[str]) -> list[list[str]]:
        return [self.tokenize(text) for text in texts]

    def batch_encode(self, texts: Sequence[str]) -> list[list[int]]:
        return [self.encode(text) for text in texts]

    def _cut(self, text: str) -> Iterator[tuple[str, int]]:
        for word in text.split(" "):
            if word in self._never_split:
                yield from ((piece.value, piece.id) for piece in self._pieces.model.tokenize(word))
            else:
                cut = self._pieces.encode(word, add_special_tokens=False)
                yield from zip(cut.tokens, cut.ids, strict=True)
