"""Discovery of plugins: each is loaded on its own, and a broken one harms nothing but itself."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from seqkit.errors import ConfigurationError
from seqkit.registry.discovery import load_registry
from seqkit.registry.observing import Observers
from seqkit.registry.registry import HOOKS, Plugin, Registry
from seqkit.testing.events import sample_events

InstallPlugin = Callable[..., str]

MODEL = '''
import seqkit

class Steady(seqkit.Model):
    """A model that works."""
    name = "steady"
    tasks = ("classification",)
'''
HOOK = """
@seqkit.hookimpl
def register_models():
    return [Steady]
"""

BROKEN = {
    "raises-at-import": ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
    "exits-at-import": ("import sys; sys.exit('bye')", "SystemExit: bye"),
    "lacks-a-package": ("import not_there", "ModuleNotFoundError: No module named 'not_there'"),
    "does-not-parse": ("def register_models(:", "SyntaxError"),
    "misspelt-hook": (
        MODEL + HOOK.replace("register_models", "register_model"),
        "register_model() is not a hook. Did you mean register_models?",
    ),
    "undecorated-hook": (
        MODEL + HOOK.replace("@seqkit.hookimpl", ""),
        "register_models() is not decorated. Put @seqkit.hookimpl above it",
    ),
    "no-hook": (
        MODEL,
        "it has no hook. Decorate one, such as register_models(), with @seqkit.hookimpl",
    ),
    "wrong-argument": (
        MODEL + HOOK.replace("register_models()", "register_models(registry)"),
        "PluginValidationError",
    ),
    "returns-no-list": (
        MODEL + HOOK.replace("[Steady]", "Steady"),
        "register_models() returned",
    ),
    "returns-a-generator": (
        MODEL + HOOK.replace("return [Steady]", "yield Steady"),
        "register_models() returned",
    ),
    "returns-an-instance": (
        MODEL + HOOK.replace("[Steady]", "[Steady()]"),
        "which is not a subclass of Model",
    ),
    "returns-the-wrong-kind": (
        MODEL + HOOK.replace("register_models", "register_metrics"),
        "which is not a subclass of Metric",
    ),
    "same-name-twice": (
        MODEL + HOOK.replace("[Steady]", "[Steady, Steady]"),
        "register_models() returned 'steady' twice",
    ),
    "bad-component-name": (
        MODEL.replace('"steady"', '"Steady Model"') + HOOK,
        "Steady.name is 'Steady Model'; it must be lower-case words joined by hyphens",
    ),
    "no-component-name": (
        MODEL.replace('name = "steady"', "") + HOOK,
        "Steady.name is None; it must be lower-case words",
    ),
    "tasks-is-text": (
        MODEL.replace('("classification",)', '"classification"') + HOOK,
        "Steady.tasks must be a tuple of task names",
    ),
    "outputs-is-text": (
        MODEL + '    outputs = "classes"\n' + HOOK,
        "Steady.outputs is 'classes', not a tuple of kinds",
    ),
    "foreign-config": (
        MODEL + "    class Config:\n        size = 3\n" + HOOK,
        "Steady.Config is not a subclass of seqkit.Config",
    ),
    "returns-nothing": (
        MODEL + HOOK.replace("return [Steady]", "pass"),
        "register_models() returned nothing. Return a list",
    ),
    "tokenizers-of-another-kind": (
        MODEL + HOOK.replace("register_models", "register_tokenizers"),
        "which is not a subclass of Tokenizer",
    ),
    "observers-of-another-kind": (
        MODEL + HOOK.replace("register_models", "register_observers"),
        "which is not a subclass of Observer",
    ),
    "raises-in-a-hook": (
        MODEL + HOOK.replace("return [Steady]", "raise ValueError('hook failed')"),
        "ValueError: hook failed",
    ),
    "raises-when-made": (
        MODEL + "    def __init__(self):\n        raise OSError('no room')\n" + HOOK,
        "OSError: no room",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_named_and_everything_else_goes_on(
    name: str, install_plugin: InstallPlugin
) -> None:
    source, reason = BROKEN[name]
    install_plugin(name, source, version="0.7")
    install_plugin("fine")
    registry = load_registry()

    (warning,) = registry.warnings
    assert warning.startswith(f"plugin {name!r} (seqkit-{name} 0.7) was skipped: ")
    assert reason in warning
    assert warning.endswith(f"Run 'seqkit plugin check {name}'")
    assert registry.find("models", "steady").qualified == "fine:steady"
    assert registry.names("models").count("steady") == 1
    assert registry.names("tasks") == load_registry().names("tasks") != []


def test_broken_plugins_do_not_add_up_to_a_broken_seqkit(install_plugin: InstallPlugin) -> None:
    for name, (source, _) in BROKEN.items():
        install_plugin(name, source)
    install_plugin("fine")
    registry = load_registry()

    assert len(registry.warnings) == len(BROKEN)
    assert {plugin.name for plugin in registry.plugins if plugin.error} == set(BROKEN)
    assert registry.find("models", "steady").plugin == "fine"


def test_an_interrupt_while_loading_is_not_swallowed(install_plugin: InstallPlugin) -> None:
    install_plugin("interrupted", "raise KeyboardInterrupt")

    with pytest.raises(KeyboardInterrupt):
        load_registry()


def test_of_two_plugins_with_one_name_the_second_is_skipped(install_plugin: InstallPlugin) -> None:
    install_plugin("first", entry="twin")
    install_plugin("second", entry="twin")
    registry = load_registry()

    (warning,) = registry.warnings
    assert "another plugin has the same name" in warning
    assert registry.find("models", "steady").qualified == "twin:steady"


def test_a_component_name_that_two_plugins_share_must_be_qualified(
    install_plugin: InstallPlugin,
) -> None:
    install_plugin("one")
    install_plugin("two")
    registry = load_registry()

    assert not registry.warnings
    assert registry.find("models", "two:steady").plugin == "two"
    assert {"one:steady", "two:steady"} <= set(registry.names("models"))
    with pytest.raises(ConfigurationError) as caught:
        registry.find("models", "steady", key="model")
    assert str(caught.value) == (
        "model 'steady' is brought by several plugins. Write one:steady or two:steady"
    )


def test_a_plugin_that_imports_torch_works_and_is_named(
    install_plugin: InstallPlugin, repository: Path
) -> None:
    install_plugin("heavy", "import torch\n" + MODEL + HOOK)
    code = (
        "from seqkit.registry.discovery import load_registry\n"
        "registry = load_registry()\n"
        "assert registry.find('models', 'steady')\n"
        "print(registry.warnings[0])\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository
    )

    assert finished.stdout.startswith(
        "plugin 'heavy' (seqkit-heavy 1.2) imports torch when it is loaded"
    )


def test_what_a_plugin_prints_at_import_goes_to_stderr(
    install_plugin: InstallPlugin, capsys: pytest.CaptureFixture[str]
) -> None:
    install_plugin("chatty", "print('hello')\n" + MODEL + HOOK)
    registry = load_registry()

    assert registry.find("models", "steady").plugin == "chatty"
    assert capsys.readouterr() == ("", "hello\n")


def test_what_an_observer_prints_or_raises_does_not_reach_the_event_stream(
    install_plugin: InstallPlugin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    observer = "import seqkit\n@seqkit.hookimpl\ndef on_event(event):\n    "
    install_plugin("chatty", observer + "print(event.kind)\n")
    install_plugin("leaves", observer + "raise SystemExit(3)\n")
    registry = load_registry()
    (complaint,) = Observers(registry).publish(sample_events(tmp_path)[0])

    assert "SystemExit: 3" in complaint
    assert capsys.readouterr() == ("", "started\n")


def test_an_observer_that_raises_is_named_once_and_left_out(
    install_plugin: InstallPlugin, tmp_path: Path
) -> None:
    observer = "import seqkit\nseen = []\n@seqkit.hookimpl\ndef on_event(event):\n    "
    install_plugin("falls", observer + "raise ValueError('on ' + event.kind)\n")
    install_plugin("stands", observer + "seen.append(event.kind)\n")
    registry = load_registry()

    events, observers = sample_events(tmp_path), Observers(registry)
    complaints = [complaint for event in events for complaint in observers.publish(event)]

    assert complaints == [
        "plugin 'falls' (seqkit-falls 1.2) failed on the started event and is left out for the "
        "rest of the run: ValueError: on started"
    ]
    assert sys.modules["module_stands"].seen == [event.kind for event in events]


def test_no_observer_changes_what_others_see(install_plugin: InstallPlugin, tmp_path: Path) -> None:
    observer = "import seqkit\nseen = []\n@seqkit.hookimpl\ndef on_event(event):\n    "
    install_plugin("cheats", observer + "event.data['metrics']['score'] = 0.99\n")
    install_plugin("reads", observer + "seen.append(event['metrics']['score'])\n")
    event = sample_events(tmp_path)[2]

    assert Observers(load_registry()).publish(event) == []
    assert event["metrics"]["score"] == 0.75
    assert sys.modules["module_reads"].seen == [0.75]


def test_an_observer_that_takes_much_of_the_time_is_named_once(
    install_plugin: InstallPlugin, tmp_path: Path
) -> None:
    observer = "import seqkit, time\n@seqkit.hookimpl\ndef on_event(event):\n    "
    install_plugin("sleeps", observer + "time.sleep(0.6)\n")
    observers = Observers(load_registry())
    event = sample_events(tmp_path)[1]
    complaints = [said for _ in range(3) for said in observers.publish(event)]

    (complaint,) = complaints
    assert complaint.startswith("plugin 'sleeps' (seqkit-sleeps 1.2) has taken 1.2 s of the time")


def test_an_observer_with_settings_sees_a_run_that_chooses_it(
    install_plugin: InstallPlugin, tmp_path: Path
) -> None:
    source = """
import seqkit

class Notes(seqkit.Observer):
    \"\"\"Notes what happens.\"\"\"
    name = "notes"
    formerly = "trainer.notes"

    class Config(seqkit.Config):
        prefix: str = seqkit.Field("", help="What each note begins with.")

    def build(self, config):
        return lambda event: seen.append(config.prefix + event.kind)

seen = []

@seqkit.hookimpl
def register_observers():
    return [Notes]
"""
    from seqkit.experiments.loading import load_experiment

    install_plugin("notes", source)
    registry = load_registry()
    seen = sys.modules["module_notes"].seen

    def shown(*words: str) -> list[str]:
        seen.clear()
        loaded = load_experiment("sentiment", registry, words)
        assert load_experiment(loaded.as_dict(), registry).as_dict() == loaded.as_dict()
        chosen = [(part.entry, part.config) for part in loaded.observers]
        observers = Observers(registry, chosen)
        for event in sample_events(tmp_path)[:2]:
            assert observers.publish(event) == []
        return list(seen)

    assert shown() == []
    assert shown("observers.notes.prefix=> ") == ["> started", "> step"]
    assert shown("observers=notes") == ["started", "step"]
    assert shown("observers.notes={}", "observers.notes=false") == []
    assert shown("trainer.notes=true") == ["started", "step"]
    with pytest.raises(ConfigurationError, match=r"observers\.notes:notes\.prefx is not a setting"):
        shown("observers.notes.prefx=1")
    with pytest.raises(ConfigurationError, match=r"no observer 'note'\. Did you mean notes"):
        shown("observers=note")


def test_a_hook_of_another_version_that_is_marked_optional_is_no_error(
    install_plugin: InstallPlugin,
) -> None:
    later = "\n@seqkit.hookimpl(optionalhook=True)\ndef register_optimizers():\n    return []\n"
    install_plugin("ahead", MODEL + HOOK + later)
    registry = load_registry()

    assert not registry.warnings
    assert registry.find("models", "steady").plugin == "ahead"


def test_an_entry_point_may_name_an_object_and_no_class(
    install_plugin: InstallPlugin, site: Path
) -> None:
    holder = (
        MODEL + "\nclass Door:\n    @seqkit.hookimpl\n    def register_models(self):\n"
        "        return [Steady]\n\ndoor = Door()\n"
    )
    for name, attribute in (("object", "door"), ("aclass", "Door")):
        install_plugin(name, holder)
        points = site / f"seqkit_{name}-1.2.dist-info" / "entry_points.txt"
        points.write_text(f"[seqkit]\n{name} = module_{name}:{attribute}\n")
    registry = load_registry()

    assert registry.find("models", "steady").plugin == "object"
    plugin = next(plugin for plugin in registry.plugins if plugin.name == "object")
    assert plugin.code == site / "module_object.py"
    (warning,) = registry.warnings
    assert "its entry point names the class Door" in warning


def test_a_plugin_that_loads_slowly_is_named_with_its_time(install_plugin: InstallPlugin) -> None:
    install_plugin("sleepy", "import time\ntime.sleep(0.6)\n" + MODEL + HOOK)
    registry = load_registry()

    (warning,) = registry.warnings
    assert "'sleepy' (seqkit-sleepy 1.2) takes 0.6 s to load" in warning


def test_commands_of_a_broken_plugin_do_not_take_those_of_another(
    install_plugin: InstallPlugin,
) -> None:
    import click

    command = "import click, seqkit\n@seqkit.hookimpl\ndef register_commands(cli):\n    "
    install_plugin("falls", command + "raise ValueError('no command')\n")
    install_plugin("stands", command + "cli.add_command(click.Command('hello'))\n")
    registry = load_registry()
    cli = click.Group()
    registry.add_commands(cli)

    assert "hello" in cli.commands
    (warning,) = registry.warnings
    assert "'falls' (seqkit-falls 1.2) failed to add its commands: ValueError" in warning


def test_a_command_cannot_take_the_place_of_another(install_plugin: InstallPlugin) -> None:
    import click

    add = (
        "import click, seqkit\n@seqkit.hookimpl\ndef register_commands(cli):\n"
        "    for name in NAMES:\n        cli.add_command(click.Command(name, help=__name__))\n"
    )
    install_plugin("one", add.replace("NAMES", "('run', 'hello')"))
    install_plugin("two", add.replace("NAMES", "('hello', 'bye')"))
    registry = load_registry()
    run = click.Command("run")
    cli = click.Group(commands={"run": run})
    registry.add_commands(cli)

    assert cli.commands["run"] is run
    assert cli.commands["hello"].help == "module_one"
    assert cli.commands["bye"].help == "module_two"
    assert [warning.partition(") ")[2] for warning in registry.warnings] == [
        "cannot add the command 'run': there is one already",
        "cannot add the command 'hello': there is one already",
    ]


def test_a_command_cannot_take_the_name_of_a_built_in_one(install_plugin: InstallPlugin) -> None:
    from seqkit.cli.lazy import LazyCommand, LazyGroup

    add = (
        "import click, seqkit\n@seqkit.hookimpl\ndef register_commands(cli):\n"
        "    cli.add_command(click.Command('run', help='Mine.'))\n"
    )
    install_plugin("one", add)
    registry = load_registry()
    cli = LazyGroup(lazy={"run": LazyCommand("seqkit.cli.run:run", "Train.", "Train")})
    registry.add_commands(cli)

    assert "run" not in cli.commands
    assert registry.warnings[0].endswith("cannot add the command 'run': there is one already")


def test_an_unknown_name_gets_the_nearest_one(registry: Registry) -> None:
    with pytest.raises(ConfigurationError, match=r"no model 'lstmm'\. Did you mean lstm\?"):
        registry.find("models", "lstmm")
    with pytest.raises(ConfigurationError, match=r"no loss 'xyz'\. Valid: cross-entropy, squared"):
        registry.find("losses", "xyz")


def test_a_missing_component_points_to_the_plugins_that_were_skipped(
    install_plugin: InstallPlugin,
) -> None:
    install_plugin("attn", "import not_there")

    with pytest.raises(ConfigurationError, match=r"Skipped plugins: attn\."):
        load_registry().find("models", "zzzzzz")


def test_a_missing_plugin_is_named_before_its_component(install_plugin: InstallPlugin) -> None:
    install_plugin("broken", "import not_there")
    registry = load_registry()

    with pytest.raises(ConfigurationError, match=r"No plugin 'attn' is installed; install it, or"):
        registry.find("models", "attn:lstm")
    with pytest.raises(ConfigurationError, match=r"'broken' was skipped: ModuleNotFoundError: "):
        registry.find("models", "broken:lstm")
    with pytest.raises(ConfigurationError, match=r"Did you mean recurrent:lstm\?"):
        registry.find("models", "recurent:lstm")


def test_components_are_found_by_qualified_name_and_by_search(
    registry: Registry, make_plugin: Callable[..., ModuleType]
) -> None:
    lstm = registry.find("models", "toy:lstm").component
    other = make_plugin("other", models=[type(lstm)])
    registry.add(Plugin("other", "seqkit-other"), lambda: other)

    assert {entry.qualified for entry in registry.search("lstm")} == {"toy:lstm", "other:lstm"}
    assert [entry.qualified for entry in registry.search("toy:lstm")] == ["toy:lstm"]
    assert "f1" in registry.all_names()


def test_every_built_in_plugin_works(repository: Path) -> None:
    registry = load_registry()
    built_in = {path.name for path in (repository / "plugins").glob("seqkit_*")}

    assert not registry.warnings
    assert {plugin.module.__name__ for plugin in registry.plugins if plugin.module} >= built_in


def test_the_hooks_are_those_of_the_hook_specifications() -> None:
    from seqkit import hookspecs

    specified = {name for name, value in vars(hookspecs).items() if hasattr(value, "seqkit_spec")}

    assert set(HOOKS) == specified
