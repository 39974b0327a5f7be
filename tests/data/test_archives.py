"""Archives: streamed, never extracted, and refused where they are not safe."""

import gzip
import io
import os
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from seqkit.data import read_members, unpack_members
from seqkit.errors import DataError


def everything(name: str) -> Any:
    return True


def tar_of(path: Path, members: Any, mode: Any = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            else:
                member.type, member.linkname = content
                archive.addfile(member)
    return path


def zip_of(path: Path, members: Any) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


FILES = [("a/1.txt", b"one"), ("a/2.txt", b""), ("b/3.txt", b"three" * 1000)]


@pytest.mark.parametrize("name", ["x.tar.gz", "x.tar", "x.zip", "named-otherwise"])
def test_members_come_in_order_with_their_content(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("zip"):
        zip_of(path, FILES)
    else:
        tar_of(path, FILES, "w" if name == "x.tar" else "w:gz")
    assert list(read_members(path, everything)) == FILES
    assert list(read_members(path, lambda member: member.startswith("b/"))) == FILES[2:]
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/evil", "C:\\evil", "..\\evil"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_member_that_leads_out_of_the_archive_is_refused_by_name(
    tmp_path: Path, name: str, kind: Any
) -> None:
    make = tar_of if kind == "tar" else zip_of
    path = make(tmp_path / "bad", [("good", b"good"), (name, b"evil")])
    with pytest.raises(DataError, match=r"refused.*evil.*leads out"):
        list(read_members(path, lambda member: False))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_a_link_or_device_in_a_tar_is_refused_by_name(tmp_path: Path, kind: Any) -> None:
    path = tar_of(tmp_path / "bad.tar.gz", [("good", b"good"), ("evil", (kind, "good"))])
    with pytest.raises(DataError, match=r"refused: its member 'evil' is a link"):
        list(read_members(path, everything))


def test_a_link_in_a_zip_is_refused_by_name(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("evil")
    link.external_attr = 0o120777 << 16
    path = zip_of(tmp_path / "bad.zip", [(link, b"/etc/passwd")])
    with pytest.raises(DataError, match=r"'evil' is a link"):
        list(read_members(path, everything))


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_an_archive_cut_off_anywhere_is_refused(tmp_path: Path, kind: Any) -> None:
    make = tar_of if kind == "tar" else zip_of
    whole = make(tmp_path / "whole", [(f"{n}.txt", bytes([n]) * 700) for n in range(40)])
    content = whole.read_bytes()
    path = tmp_path / "cut"
    for size in {0, 1, 2, 10, len(content) // 4, len(content) // 2, len(content) - 1}:
        path.write_bytes(content[:size])
        with pytest.raises(DataError, match=r"cut is damaged, truncated or no archive: .+ again"):
            list(read_members(path, everything))


def test_a_flipped_bit_is_found_by_the_checksum(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "x.tar.gz", [(f"{n}.txt", bytes(range(256)) * 9) for n in range(40)])
    plain = bytearray(gzip.decompress(path.read_bytes()))
    packed = bytearray(gzip.compress(bytes(plain)))
    packed[-8] ^= 1
    path.write_bytes(bytes(packed))
    with pytest.raises(DataError, match=r"damaged.*CRC"):
        list(read_members(path, everything))


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.tar.gz"
    path.write_text("<html>404 not found</html>" * 100)
    with pytest.raises(DataError, match=r"page.tar.gz is damaged, truncated or no archive"):
        list(read_members(path, everything))


def test_a_missing_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no file .*none.zip. Check the path"):
        list(read_members(tmp_path / "none.zip", everything))


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, kind: Any) -> None:
    make = tar_of if kind == "tar" else zip_of
    path = make(tmp_path / "bomb", [("zeros", bytes(2_000_000))])
    assert path.stat().st_size < 20_000
    with pytest.raises(DataError, match=r"'zeros' would bring its unpacked size above 1,000,000"):
        list(read_members(path, everything, limit=1_000_000))


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "secret.zip", [("a", b"content")])
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"encrypted"):
        list(read_members(path, everything))


def test_a_member_too_large_to_be_read_whole_is_refused_before_it_is(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "x.tar.gz", [("small", b"1"), ("large", bytes(300_000))])
    with pytest.raises(DataError, match=r"'large' has more than 200,000 bytes"):
        list(read_members(path, everything, largest=200_000))
    assert [name for name, _ in read_members(path, {"small"}.__contains__, largest=200_000)]


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_large_members_are_unpacked_to_files_without_filling_memory(
    tmp_path: Path, kind: Any
) -> None:
    make = tar_of if kind == "tar" else zip_of
    path = make(tmp_path / "x", [("large", bytes(50_000_000)), *FILES])
    tracemalloc.start()
    try:
        for (name, file), (expected, content) in zip(
            unpack_members(path, everything), [("large", None), *FILES], strict=True
        ):
            with file:
                assert name == expected
                assert content is None or file.read() == content
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.tar.gz")
    with pytest.raises(DataError, match="is a FIFO or a device"):
        list(read_members(tmp_path / "x.tar.gz", everything))
