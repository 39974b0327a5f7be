"""The base of every component, and those that are for no task: tokenizers, observers, recipes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from seqkit.config import Config

if TYPE_CHECKING:
    from seqkit.events import Event


class Component:
    """Base of everything a plugin contributes.

    Attributes:
        name: Kebab-case name, unique within the plugin and its kind.
        Config: Its settings.
        expected_failures: Checks of the conformance kit that it fails for a good reason, and the
            reason: `{"batch-of-one-in-training": "it normalises over the batch"}`.
    """

    name: ClassVar[str]
    Config: ClassVar[type[Config]] = Config
    expected_failures: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def summary(cls) -> str:
        """Returns the first line of the docstring."""
        return (inspect.getdoc(cls) or "").split("\n", 1)[0].strip()


class Tokenizer(Component):
    """A way to cut a text into tokens, which a task's settings name as `PLUGIN:NAME`.

    A tokenizer has no settings. What it has to be told is its variant, which stands behind a slash:
    `PLUGIN:NAME/VARIANT`, such as a language.
    """

    def build(self, variant: str) -> Callable[[str], list[str]]:
        """Returns the function that cuts one text into its tokens.

        Args:
            variant: What stands behind the slash; empty where nothing does.

        Raises:
            ConfigurationError: There is no such variant.
            PluginError: A package that it needs is not installed.
        """
        raise NotImplementedError

    def join(self, tokens: Iterable[str]) -> str:
        """Returns a readable text of some tokens; they are joined by spaces unless it says more."""
        return " ".join(tokens)

    def fingerprint(self, variant: str) -> str:
        """Returns a text that changes when other tokens come out for another reason than its code.

        Such as the version of a package, or the hash of a file. The plugin's own code and version
        always count: data that were encoded before either changed are encoded anew.
        """
        return ""


class Observer(Component):
    """A plugin's view of a run, for experiments that name it: `[observers.NAME]`.

    Attributes:
        formerly: A setting that chose it before observers had settings, as `trainer.SETTING`;
            experiments where that is true go on choosing it.
    """

    formerly: ClassVar[str] = ""

    def build(self, config: Any) -> Callable[[Event], None]:
        """Returns what is called with each event of one run, after it was written to the log.

        It is called in the process that trains, which waits meanwhile. Each observer has its own
        copy of an event. One that raises is named in a warning and left out for the rest of the
        run.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Recipe:
    """A named experiment that a plugin ships; `seqkit run NAME` runs it.

    Attributes:
        name: Kebab-case name.
        path: Its TOML file; `description` in it is the summary.
        first: Whether it is one to start with: it needs no download and takes a minute or two.
    """

    name: str
    path: Path
    first: bool = False


def recipes_in(folder: Path, first: str = "") -> list[Recipe]:
    """Returns a recipe for each TOML file of a folder, named after the file.

    Args:
        folder: The folder.
        first: Name of the one that is good to start with; empty for none.
    """
    paths = sorted(folder.glob("*.toml"))
    return [Recipe(path.stem, path, first=path.stem == first) for path in paths]


TokenizersByName = dict[tuple[str, str], Tokenizer]
"""The tokenizers of plugins, by the names of plugin and tokenizer."""

_in_use: TokenizersByName | None = None
_references: Mapping[str, str] = {}


def use_tokenizers(found: TokenizersByName, references: Mapping[str, str] | None = None) -> None:
    """Says which tokenizers of plugins there are, from now on, as whoever loads the plugins knows.

    A run names its tokenizer by a text, and finds it by that where no registry is at hand. Without
    this, the tokenizers of installed plugins are found.

    Args:
        found: The tokenizers.
        references: What `seqkit plugin check` finds their plugins by, where it is not the name.
    """
    global _in_use, _references
    _in_use, _references = found, references or {}


def tokenizers_in_use() -> TokenizersByName | None:
    """Returns what `use_tokenizers` was given last; None where no plugin has been loaded."""
    return _in_use


def tokenizer_references() -> Mapping[str, str]:
    """Returns what `seqkit plugin check` finds the plugins of tokenizers by."""
    return _references
