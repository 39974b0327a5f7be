"""What is written with a checksum: plain JSON, and no flipped bit of it is ever believed."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from seqkit.events import Event, EventLog, dump_event, parse_event, read_events
from seqkit.storage.checksums import (
    line_fits,
    read_document,
    sealed_document,
    sealed_line,
)
from seqkit.testing.events import sample_events

RECORD: dict[str, Any] = {
    "status": "finished",
    "metric": "accuracy",
    "test": {"loss": 0.25, "metrics": {"accuracy": 0.875}},
    "versions": {"python": "3.11"},
    "message": "naïve",
}


def flipped(content: bytes, bit: int) -> bytes:
    data = bytearray(content)
    data[bit // 8] ^= 1 << bit % 8
    return bytes(data)


def test_a_line_ends_with_the_crc_32_of_the_bytes_before_it() -> None:
    line = sealed_line('{"a":1,"b":"ü"}')
    before, _, after = line.partition(b',"crc":"')

    assert json.loads(line) == {"a": 1, "b": "ü", "crc": after[:8].decode()}
    assert after == b'%08x"}' % crc32(before)
    assert line_fits(line)
    assert line_fits(line + b"\r\n")


def test_half_a_surrogate_pair_is_spelt_out_in_a_line() -> None:
    assert json.loads(sealed_line('{"a":"\ud800"}'))["a"] == "\ud800"


def test_every_event_is_written_with_a_checksum(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    events = sample_events(tmp_path)
    for event in events:
        log.write(event)
    log.close()
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines()

    assert [list(json.loads(line))[-1] for line in lines] == ["crc"] * len(events)
    assert [dump_event(event).encode() for event in events] == lines
    assert list(read_events(tmp_path / "events.jsonl")) == [parse_event(line) for line in lines]
    assert "crc" not in parse_event(lines[0]).data


def test_no_flipped_bit_of_an_event_is_believed() -> None:
    event = Event("evaluation", 7, 0.5, {"split": "test", "loss": 0.25, "metrics": {"f1": 0.5}})
    line = dump_event(event).encode()
    believed = 0
    for bit in range(8 * len(line)):
        try:
            read = parse_event(flipped(line, bit))
        except ValueError:
            continue
        # The name of the checksum itself was hit: all else is as it was written.
        assert {**read.data, "loss": 0.25} == read.data
        assert dump_event(Event("evaluation", 7, 0.5, event.data, read.time)) == line.decode()
        believed += 1

    assert believed < 8 * len("crc")


def test_lines_that_were_written_without_a_checksum_are_read_as_they_are() -> None:
    line = '{"v": 1, "event": "step", "time": 1.0, "step": 3, "epoch": 0.5, "loss": 0.25}'

    assert parse_event(line)["loss"] == 0.25
    assert parse_event(json.dumps(json.loads(dump_event(Event("step", 3)))) + "\n").step == 3


def test_a_field_of_the_name_of_the_checksum_is_not_written() -> None:
    assert "crc" not in parse_event(dump_event(Event("step", data={"crc": "12345678"}))).data


def test_a_document_is_read_back_as_it_was_written() -> None:
    sealed = sealed_document(RECORD)

    assert next(iter(sealed)) == "sha256"
    assert read_document(json.dumps(sealed, indent=2, ensure_ascii=False).encode()) == RECORD
    assert read_document(json.dumps(sealed).encode(), sealed=True) == RECORD
    odd: dict[Any, Any] = {2: "two", 10: "ten", "items": (1, 2)}
    assert read_document(json.dumps(sealed_document(odd)).encode())["items"] == [1, 2]


def test_no_flipped_bit_of_a_document_is_believed() -> None:
    content = json.dumps(sealed_document(RECORD), indent=2, ensure_ascii=False).encode()
    chosen = random.Random(0)
    for bit in chosen.sample(range(8 * len(content)), 2000):
        try:
            read = read_document(flipped(content, bit))
        except ValueError:
            continue
        assert {**read, **RECORD} == read


def test_a_document_without_a_checksum_is_read_as_it_is_where_it_needs_none() -> None:
    content = json.dumps(RECORD).encode()

    assert read_document(content) == RECORD
    with pytest.raises(ValueError, match="its checksum does not match"):
        read_document(content, sealed=True)
    with pytest.raises(ValueError, match="it holds no JSON object"):
        read_document(b"[1]")
