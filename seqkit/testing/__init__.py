"""The conformance kit for plugin authors: what every plugin must keep, checked on yours.

In a test of the plugin, one case a check:

    import pytest
    from seqkit.testing import plugin_checks

    @pytest.mark.parametrize("check", plugin_checks("my-plugin"), ids=str)
    def test_the_plugin_conforms(check):
        check()

`seqkit plugin check NAME` runs the same checks. Importing this package does not import torch;
checks of models, losses and metrics do when they run.
"""

from seqkit.testing.checks import Check, Finding
from seqkit.testing.plugins import Subject, check_plugin, find_plugin, plugin_checks

__all__ = ["Check", "Finding", "Subject", "check_plugin", "find_plugin", "plugin_checks"]
