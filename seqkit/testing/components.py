"""The checks of one component, by its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from unittest import SkipTest

from seqkit.config import Config, validate
from seqkit.errors import ConfigurationError, suggestion
from seqkit.experiments.loading import load_experiment
from seqkit.registry.observing import Observers
from seqkit.registry.registry import Entry, Registry
from seqkit.testing import contracts
from seqkit.testing.checks import Check, require
from seqkit.testing.datasets import dataset_checks
from seqkit.testing.events import show_run
from seqkit.testing.losses import loss_checks
from seqkit.testing.metrics import metric_checks
from seqkit.testing.models import model_checks
from seqkit.testing.records import Records
from seqkit.testing.tasks import task_checks
from seqkit.testing.tokenizers import tokenizer_checks


def with_expected(checks: list[Check], reasons: Mapping[str, str]) -> list[Check]:
    """Marks the checks that are expected to fail.

    Args:
        checks: The checks.
        reasons: Why they are, by the name of the check or by `str(check)`.

    Raises:
        ConfigurationError: It names a check that there is not.
    """
    names = {name for check in checks for name in (check.name, str(check))}
    for name in reasons:
        if name not in names:
            raise ConfigurationError(
                f"expected_failures names {name!r}, and there is no such check. "
                f"{suggestion(name, {check.name for check in checks})}"
            )
    marked = []
    for check in checks:
        reason = reasons.get(str(check)) or reasons.get(check.name)
        marked.append(check.expected_to_fail(reason) if reason else check)
    return marked


def component_checks(
    entry: Entry, records: Records, seen: Callable[[], dict[str, Any]]
) -> list[Check]:
    """Returns the checks of a component, those marked that it says it fails.

    Args:
        entry: The component.
        records: Where tasks and their records are looked up.
        seen: What a fresh process saw of the plugin.
    """
    checks = list(_checks(entry, records, seen))
    reasons = getattr(entry.component, "expected_failures", {})
    if not isinstance(reasons, Mapping):
        return checks
    try:
        return with_expected(checks, reasons)
    except ConfigurationError as error:
        wrong = Check(checks[0].subject, "contract", partial(_fail, str(error)))
        return [wrong if check.name == "contract" else check for check in checks]


def _fail(message: str) -> None:
    raise AssertionError(message)


def _checks(entry: Entry, records: Records, seen: Callable[[], dict[str, Any]]) -> Iterator[Check]:
    name, registry = f"{entry.kind}:{entry.name}", records.registry
    if twin := registry.taken(entry):
        yield Check(name, "name", partial(_warn_of_a_twin, entry, twin))
    if entry.kind == "recipes":
        yield Check(name, "resolves", partial(_recipe_resolves, entry, registry))
        return
    config = partial(_config, entry, records.settings.get(entry.name, {}))
    yield Check(name, "described", partial(contracts.described, entry))
    yield Check(name, "settings", partial(contracts.settings, entry))
    yield Check(name, "contract", partial(contracts.contract, entry))
    try:
        contracts.contract(entry)
    except AssertionError:
        # What it is for cannot be told, and one failure says why.
        return
    if entry.kind not in ("tokenizers", "observers"):
        yield Check(name, "tasks", partial(contracts.tasks, entry, registry))
    match entry.kind:
        case "models":
            yield from model_checks(entry, config, records)
        case "losses":
            yield from loss_checks(entry, config, records)
        case "metrics":
            yield from metric_checks(entry, config, records)
        case "tokenizers":
            yield from tokenizer_checks(entry)
        case "observers":
            yield Check(name, "observer", partial(_observes, entry, config))
        case "datasets":
            yield from dataset_checks(entry, config, records, seen)
        case "tasks":
            yield from task_checks(entry, records)


def _config(entry: Entry, given: Mapping[str, Any]) -> Config:
    config, problems = validate(entry.component.Config, given, entry.name, entry.qualified)
    if config is not None:
        return config
    text = "; ".join(str(problem) for problem in problems)
    if not given:
        raise SkipTest(text)
    raise AssertionError(text)


def _observes(entry: Entry, config: Callable[[], Config]) -> None:
    show_run(Observers(Registry(), [(entry, config())]))


def _warn_of_a_twin(entry: Entry, twin: Entry) -> None:
    raise UserWarning(
        f"{twin.qualified} has the bare name {entry.name!r} too. Outside this plugin's recipes, "
        f"this one is written {entry.qualified}"
    )


def _recipe_resolves(entry: Entry, registry: Registry) -> None:
    experiment = load_experiment(entry.component.path, registry)
    require(experiment.description, "it has no description, which 'seqkit list recipes' shows")
    again = load_experiment(experiment.as_dict(), registry)
    require(again.as_dict() == experiment.as_dict(), "its resolved form does not resolve to itself")
