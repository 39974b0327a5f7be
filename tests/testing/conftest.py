"""Plugins in memory, and what the conformance kit says about them."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import seqkit
from seqkit.testing import check_plugin

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
def failures(make_plugin: Callable[..., ModuleType]) -> Callable[..., Failures]:
    """Returns the failed checks of one component and their messages, by `subject check`."""

    def check(kind: str, component: Any, **settings: Any) -> Failures:
        module = make_plugin(**{kind: [component]})
        findings = check_plugin(module, {component.name: settings} if settings else None)
        assert len(findings) > 4
        return {f.check: f.message for f in findings if f.status == "failed"}

    return check
