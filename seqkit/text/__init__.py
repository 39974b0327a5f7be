"""Text toolbox: tokenizers, vocabularies and flat arrays of token ids. Never imports torch."""

from seqkit.text.bpe import BytePairTokenizer, train_bpe
from seqkit.text.documents import Document, damaged, read_document, read_json, write_json
from seqkit.text.encoding import fit_and_encode
from seqkit.text.facts import TextFacts, facts_of, quantile
from seqkit.text.inputs import text_records
from seqkit.text.loading import load_text
from seqkit.text.tokenizers import (
    TOKENIZERS,
    PlainTokenizer,
    PluginTokenizer,
    Tokenizer,
    build_tokenizer,
    load_tokenizer,
    parts_of,
)
from seqkit.text.truncation import truncate
from seqkit.text.vectors import read_vectors
from seqkit.text.vocabulary import LEGEND, PADDING, PADDING_ID, UNKNOWN, UNKNOWN_ID, Vocabulary

__all__ = [
    "LEGEND",
    "PADDING",
    "PADDING_ID",
    "TOKENIZERS",
    "UNKNOWN",
    "UNKNOWN_ID",
    "BytePairTokenizer",
    "Document",
    "PlainTokenizer",
    "PluginTokenizer",
    "TextFacts",
    "Tokenizer",
    "Vocabulary",
    "build_tokenizer",
    "damaged",
    "facts_of",
    "fit_and_encode",
    "load_text",
    "load_tokenizer",
    "parts_of",
    "quantile",
    "read_document",
    "read_json",
    "read_vectors",
    "text_records",
    "train_bpe",
    "truncate",
    "write_json",
]
