"""Numbers that no machine could serve are refused with the setting's name."""

import pytest

from seqkit.config import validate
from seqkit.experiments.trainer import TrainerConfig


@pytest.mark.parametrize("key", ["threads", "epochs", "max_steps", "batch_size", "log_every"])
@pytest.mark.parametrize("value", [-1, 2**31, 10**30])
def test_a_number_beyond_all_bounds_is_refused(key: str, value: int) -> None:
    settings, (problem,) = validate(TrainerConfig, {key: value}, "trainer", "the trainer")
    assert settings is None
    assert problem.key == f"trainer.{key}"


def test_more_threads_than_any_machine_has_cores_are_refused() -> None:
    assert validate(TrainerConfig, {"threads": 1024}, "trainer", "the trainer")[0] is not None
    assert validate(TrainerConfig, {"threads": 2000}, "trainer", "the trainer")[0] is None
