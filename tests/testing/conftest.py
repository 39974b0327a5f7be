"""Plugins in memory, and what the conformance kit says about them."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import seqkit
from seqkit.testing import Finding, check_plugin

Failures = dict[str, str]


@pytest.fixture
def make_plugin() -> Callable[..., ModuleType]:
    """Makes a plugin that brings components: `make_plugin(models=[Model])`."""

    def make(**brought: list[Any]) -> ModuleType:
        module = ModuleType("seqkit_subject")
        for kind, items in brought.items():
            hook = _returning(items)
            hook.__name__ = f"register_{kind}"
            setattr(module, hook.__name__, seqkit.hookimpl(hook))
        return module

    return make


def _returning(items: list[Any]) -> Callable[[], list[Any]]:
    def hook() -> list[Any]:
        return items

    return hook


@pytest.fixture
def results(make_plugin: Callable[..., ModuleType]) -> Callable[..., dict[str, Finding]]:
    """Returns what every check of one component found, by the name of the check."""

    def check(kind: str, component: Any, **settings: Any) -> dict[str, Finding]:
        module = make_plugin(**{kind: [component]})
        findings = check_plugin(module, {component.name: settings} if settings else None)
        return {f.check: f for f in findings if f.subject != "plugin"}

    return check


@pytest.fixture
def failures(results: Callable[..., dict[str, Finding]]) -> Callable[..., Failures]:
    """Returns the failed checks of one component and their messages."""

    def check(kind: str, component: Any, **settings: Any) -> Failures:
        found = results(kind, component, **settings)
        assert len(found) > 2
        return {name: f.message for name, f in found.items() if f.status == "failed"}

    return check
