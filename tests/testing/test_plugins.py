"""The conformance kit on plugins as a whole: finding, loading, importing, hooks, descriptions."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import SkipTest

import click
import pytest

import seqkit
from seqkit.cli.main import run_command_line
from seqkit.errors import ConfigurationError, PluginError
from seqkit.registry.discovery import installed_plugins, load_registry
from seqkit.testing import Check, Finding, check_plugin, find_plugin

Failures = Callable[..., dict[str, str]]


@pytest.fixture
def write_plugin(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Writes a plugin that is one file."""

    def write(source: str) -> Path:
        path = tmp_path / "subject.py"
        path.write_text("import seqkit\n" + source)
        return path

    yield write
    sys.modules.pop("seqkit_local_subject", None)


def failed(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.message for finding in findings if finding.status == "failed"}


# --- every plugin that is installed here ----------------------------------------------------------


@pytest.mark.parametrize(
    "name", [plugin.name for plugin, _ in installed_plugins() if plugin.distribution == "seqkit"]
)
def test_every_built_in_plugin_conforms(name: str) -> None:
    findings = check_plugin(name)
    skipped = [finding for finding in findings if finding.status == "skipped"]

    assert failed(findings) == {}
    for finding in skipped:
        needs = finding.subject.startswith(("datasets:", "tokenizers:"))
        assert needs or finding.message.startswith("it reads "), finding


def test_datasets_of_the_users_own_files_conform(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    rows = [f"text number {number},{'good' if number % 3 else 'bad'}" for number in range(30)]
    path.write_text("text,label\n" + "\n".join(rows))
    findings = check_plugin("text", {"text-csv": {"path": str(path)}})
    status = {f.check: f.status for f in findings if f.subject == "datasets:text-csv"}

    assert status["records"] == status["repeatable"] == "passed"


# --- finding --------------------------------------------------------------------------------------


def test_a_plugin_is_found_by_name_path_and_module(
    write_plugin: Callable[[str], Path], repository: Path
) -> None:
    path = write_plugin("")

    assert find_plugin("recurrent").plugin.origin.startswith("seqkit ")
    assert find_plugin("seqkit_recurrent").plugin.name == "recurrent"
    assert find_plugin(path).plugin.name == "subject"
    assert find_plugin(str(repository / "plugins" / "example")).plugin.name == "example"
    assert find_plugin(seqkit).plugin.name == "seqkit"


@pytest.mark.parametrize("name", ["recurent", "no_such_module", "no.such.module", "", "a b"])
def test_a_plugin_that_is_not_there_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError):
        find_plugin(name if name else str(tmp_path / "nowhere.py"))
    with pytest.raises(PluginError, match="Did you mean recurrent"):
        find_plugin("recurent")


# --- loading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "message", "shown"),
    [
        ("def f():\n    raise RuntimeError('no licence')\nf()", "RuntimeError: no licence", "in f"),
        ("raise SystemExit('bye')", "SystemExit: bye", "raise SystemExit"),
        ("import not_there", "ModuleNotFoundError: No module named 'not_there'", "import not_the"),
    ],
)
def test_a_plugin_that_fails_to_load_shows_where(
    write_plugin: Callable[[str], Path], source: str, message: str, shown: str
) -> None:
    (finding,) = check_plugin(write_plugin(source))

    assert (finding.check, finding.status) == ("loads", "failed")
    assert message in finding.message
    assert shown in finding.traceback
    assert "registry.py" not in finding.traceback


def test_a_file_with_the_name_of_a_plugin_of_seqkit_is_refused_as_when_it_is_used(
    write_plugin: Callable[[str], Path],
) -> None:
    hook = "@seqkit.hookimpl\ndef register_models(): return []"
    path = write_plugin(hook)
    path = path.rename(path.with_name("text.py"))
    (finding,) = check_plugin(path)

    assert (finding.check, finding.status) == ("loads", "failed")
    with pytest.raises(PluginError) as refused:
        load_registry([path])
    assert finding.message in str(refused.value)
    assert "'text' is a plugin of seqkit itself" in finding.message


def test_a_hook_that_is_never_called_is_found(write_plugin: Callable[[str], Path]) -> None:
    hook = "@seqkit.hookimpl\ndef register_modles(): return []"
    (finding,) = check_plugin(write_plugin(hook))

    assert finding.message == "register_modles() is not a hook. Did you mean register_models?"
    assert finding.traceback == ""


def test_an_import_of_torch_is_found_though_torch_is_loaded_here(
    write_plugin: Callable[[str], Path],
) -> None:
    pytest.importorskip("torch")
    hook = "@seqkit.hookimpl\ndef register_models(): return []"
    light, heavy = hook, f"import torch\nimport seqkit.nn\n{hook}"

    assert failed(check_plugin(write_plugin(light))) == {}
    message = failed(check_plugin(write_plugin(heavy)))["cheap-import"]
    assert message.startswith("importing it imports torch, seqkit.nn, which slows every command.")


def test_a_fingerprint_made_by_hash_is_found(write_plugin: Callable[[str], Path]) -> None:
    source = '''
class Data(seqkit.Dataset):
    """Data."""
    name = "data"
    tasks = ("classification",)
    def splits(self, config, notify):
        return {"train": [{"text": "a", "label": label} for label in "bcbc"]}
    def fingerprint(self, config):
        return str(hash("the data"))

@seqkit.hookimpl
def register_datasets():
    return [Data]
'''
    found = failed(check_plugin(write_plugin(source)))

    assert list(found) == ["fingerprint"]
    assert (
        "fingerprint() differs in another process, as hash() of text does" in found["fingerprint"]
    )


# --- hooks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda cli: 1 / 0, "failed to add its commands: ZeroDivisionError"),
        (lambda cli: None, "register_commands() added no command"),
        (lambda cli: cli.add_command(click.Command("hi")), "the command 'hi' has no help text"),
        (lambda cli: cli.add_command(click.Command("hi", help="Say hi.")), None),
    ],
)
def test_commands_are_tried(
    make_plugin: Callable[..., ModuleType], add: Callable[[Any], Any], message: str | None
) -> None:
    @seqkit.hookimpl
    def register_commands(cli: Any) -> None:
        add(cli)

    module = make_plugin()
    vars(module)["register_commands"] = register_commands
    found = failed(check_plugin(module))

    assert message in found["commands"] if message else not found


def test_a_command_that_seqkit_has_itself_is_warned_of(
    write_plugin: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_plugin(
        "import click\n@seqkit.hookimpl\ndef register_commands(cli):\n"
        "    cli.add_command(click.Command('run', help='Run.'))\n"
    )

    assert run_command_line(["plugin", "check", str(path)]) == 0
    assert "warning commands: the command 'run' can never be called" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("see", "message"),
    [
        (lambda event: event["no such field"], "failed on the started event"),
        (lambda event: event.kind != "ended" or 1 / 0, "failed on the ended event"),
        (lambda event: len(event.data), None),
    ],
)
def test_observers_are_shown_every_kind_of_event(
    make_plugin: Callable[..., ModuleType], see: Callable[[Any], Any], message: str | None
) -> None:
    @seqkit.hookimpl
    def on_event(event: seqkit.Event) -> None:
        see(event)

    module = make_plugin()
    vars(module)["on_event"] = on_event
    found = failed(check_plugin(module))

    assert message in found["observer"] if message else not found


# --- descriptions and settings --------------------------------------------------------------------


def metric(config: type = seqkit.Config, doc: str | None = "A metric.", **changes: Any) -> Any:
    from torch import Tensor

    class Count:
        def __init__(self) -> None:
            self.seen = 0

        def update(self, predictions: Tensor, targets: Tensor) -> None:
            self.seen += len(targets)

        def merge(self, other: Any) -> None:
            self.seen += other.seen

        def compute(self) -> float:
            return float(self.seen)

    def build(self: Any, config: Any, shape: Any) -> Any:
        return Count()

    body = {
        "name": "subject",
        "tasks": ("classification",),
        "Config": config,
        "build": build,
        "__doc__": doc,
    }
    return type("Subject", (seqkit.Metric,), body | changes)


class Helpless(seqkit.Config):
    size: int = 3


class Anything(seqkit.Config):
    size: Any = seqkit.Field(3, help="Size.")


class Named(seqkit.Config):
    name: str = seqkit.Field("x", help="Name.")


class Open(seqkit.Config, extra="allow"):
    pass


class WrongDefault(seqkit.Config):
    size: int = seqkit.Field(0, ge=1, help="Size.")


class NoSchema(seqkit.Config):
    size: Callable[[int], int] = seqkit.Field(abs, help="Size.")


def test_a_plain_component_passes(failures: Failures) -> None:
    assert failures("metrics", metric()) == {}


@pytest.mark.parametrize(
    ("component", "check", "message"),
    [
        (lambda: metric(doc=None), "described", "Subject has no docstring"),
        (lambda: metric(doc="no full stop"), "described", "one sentence of at most 100"),
        (lambda: metric(doc="x" * 120 + "."), "described", "one sentence of at most 100"),
        (lambda: metric(Helpless), "settings", "the setting 'size' has no help"),
        (lambda: metric(Anything), "settings", "the setting 'size' has the type Any"),
        (lambda: metric(Named), "settings", "a setting cannot be called 'name'"),
        (lambda: metric(Open), "settings", "lets unknown settings pass"),
        (lambda: metric(WrongDefault), "settings", "its defaults are not valid: subject.size is 0"),
        (lambda: metric(NoSchema), "settings", "has no JSON Schema"),
        (lambda: metric(tasks=("clasification",)), "tasks", "Did you mean classification?"),
        (lambda: metric(tasks=("parsing",)), "tasks", "there is no task 'parsing'"),
        (lambda: metric(tasks=()), "tasks", "tasks must name at least one task, or outputs"),
        (
            lambda: metric(outputs=("clases",)),
            "contract",
            "outputs has 'clases', which is no kind of output. Did you mean classes?",
        ),
        (
            lambda: metric(tasks=("classification", "clasification")),
            "tasks",
            "there is no task 'clasification'",
        ),
    ],
)
def test_each_fault_of_a_description_is_found(
    failures: Failures, component: Callable[[], Any], check: str, message: str
) -> None:
    assert message in failures("metrics", component())[check]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reads": "texts"}, "reads is 'texts'; it must be one of outputs, batch, answers"),
        ({"higher_is_better": "max"}, "higher_is_better is 'max'; it must be True, False or None"),
        ({"outputs": "classes"}, "outputs is 'classes', not a tuple"),
        ({"expected_failures": ("splits",)}, "expected_failures is ('splits',); it must be a dict"),
        ({"expected_failures": {"split": "x"}}, "there is no such check. Did you mean splits?"),
    ],
)
def test_attributes_of_a_wrong_kind_are_one_failure(
    make_plugin: Callable[..., ModuleType], changes: dict[str, Any], message: str
) -> None:
    found = failed(check_plugin(make_plugin(metrics=[metric(**changes)])))

    assert message in found.get("contract", found.get("loads", ""))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inputs": "tokens"}, "inputs"),
        ({"inputs": ("words",)}, "inputs has 'words', which is no kind of input"),
        ({"outputs": ("clases",)}, "outputs has 'clases', which is no kind of output. Did you me"),
        ({"refuses": ["classes"]}, "refuses is ['classes']; it must be a dict of texts"),
    ],
)
def test_attributes_of_a_model_of_a_wrong_kind_are_one_failure(
    make_plugin: Callable[..., ModuleType], changes: dict[str, Any], message: str
) -> None:
    body = {"__doc__": "A model.", "name": "subject", "tasks": ("classification",)}
    model = type("Subject", (seqkit.Model,), body | changes)
    found = failed(check_plugin(make_plugin(models=[model])))

    assert message in found.get("contract", found.get("loads", ""))
    assert len(found) == 1


def test_a_failure_may_be_expected_with_its_reason(
    make_plugin: Callable[..., ModuleType],
) -> None:
    reasons = {"splits": "it counts batches"}

    def status(count: Any, expected: Any = None, **changes: Any) -> tuple[str, str]:
        module = make_plugin(metrics=[metric(build=lambda self, config, shape: count(), **changes)])
        findings = check_plugin(module, expected_failures=expected)
        (found,) = (f for f in findings if f.check == "splits")
        return found.status, found.message

    class Batches:
        seen = 0

        def update(self, predictions: Any, targets: Any) -> None:
            self.seen += 1

        def merge(self, other: Any) -> None:
            self.seen += other.seen

        def compute(self) -> float:
            return float(self.seen)

    class Nothing(Batches):
        def update(self, predictions: Any, targets: Any) -> None:
            pass

    assert status(Batches)[0] == "failed"
    for given in ({"changes": reasons}, {"expected": reasons}):
        expected = given.get("expected")
        changes = {"expected_failures": given["changes"]} if "changes" in given else {}
        found, message = status(Batches, expected, **changes)
        assert found == "expected"
        assert message.startswith("it counts batches (it found: classes of tokens, 2 logits: ")
        assert status(Nothing, expected, **changes) == (
            "failed",
            "it passes, and was expected to fail: it counts batches. Take it out of "
            "expected_failures",
        )
    assert status(Batches, {"metrics:subject-splits": "x"})[0] == "expected"
    with pytest.raises(ConfigurationError, match=r"names 'split', .* Did you mean splits\?"):
        status(Batches, {"split": "x"})


def test_an_expected_failure_is_a_test_that_is_skipped() -> None:
    def fail() -> None:
        raise AssertionError("it is wrong")

    with pytest.raises(SkipTest, match=r"no other way \(it found: it is wrong\)"):
        Check("plugin", "a", fail).expected_to_fail("no other way")()
    with pytest.raises(AssertionError, match="it passes, and was expected to fail: no other way"):
        Check("plugin", "a", lambda: None).expected_to_fail("no other way")()


def test_settings_without_a_default_are_asked_for(make_plugin: Callable[..., ModuleType]) -> None:
    class Needy(seqkit.Config):
        size: int = seqkit.Field(ge=1, help="Size.")

    module = make_plugin(metrics=[metric(Needy)])
    skipped = {finding.check: finding for finding in check_plugin(module)}["splits"]
    given = {f.check: f for f in check_plugin(module, {"subject": {"size": 3}})}["splits"]
    wrong = {f.check: f for f in check_plugin(module, {"subject": {"size": 0}})}["splits"]

    assert (skipped.status, given.status, wrong.status) == ("skipped", "passed", "failed")
    assert "subject.size is missing" in skipped.message
    assert "subject.size is 0" in wrong.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('dataset = "sentences"\nmodel = "lstm"\n', "it has no description"),
        ('description = "x"\ndataset = "sentences"\nmodel = "lstmm"\n', "Did you mean lstm?"),
        ("x = ", "is not valid TOML"),
        ('description = "x"\ndataset = "sentences"\nmodel = "lstm"\n', None),
    ],
)
def test_recipes_are_resolved(
    make_plugin: Callable[..., ModuleType], tmp_path: Path, text: str, message: str | None
) -> None:
    (tmp_path / "mine.toml").write_text(text)
    found = failed(check_plugin(make_plugin(recipes=seqkit.recipes_in(tmp_path))))

    assert message in found["resolves"] if message else not found


# --- checks and findings --------------------------------------------------------------------------


def test_a_check_raises_in_a_test_and_reports_as_a_finding() -> None:
    def fail() -> None:
        raise AssertionError("it is wrong")

    def skip() -> None:
        raise SkipTest("not here")

    assert Check("plugin", "a", lambda: None).finding() == Finding("plugin", "a", "passed")
    assert Check("plugin", "b", fail).finding() == Finding("plugin", "b", "failed", "it is wrong")
    assert Check("plugin", "c", skip).finding() == Finding("plugin", "c", "skipped", "not here")
    assert str(Check("models:lstm", "padding", fail)) == "models:lstm-padding"
    with pytest.raises(AssertionError, match="it is wrong"):
        Check("plugin", "b", fail)()
