"""Keys stay inside the folder, and a file is either whole under its key or not there."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nyx.errors import NotFound
from nyx.services.media.storage import LocalStorage

ROOT = Path(__file__).resolve().parents[3]

_PIECES = [
    "..",
    ".",
    "",
    "/",
    "\\",
    "..\\",
    "%2e%2e",
    "%2f",
    "\x00",
    "//server/share",
    "C:",
    "~",
    "‥",
    "\uff0e\uff0e",
    "a" * 300,
    "etc/passwd",
    "tmp",
]
hostile_keys = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=8).map("/".join), st.text(max_size=60), st.text(alphabet="./\\%2efx", max_size=40)
)


class TestPath:
    @given(key=hostile_keys)
    @example(key="../../etc/passwd")
    @example(key="/etc/passwd")
    @example(key="tmp/half-written.part")
    @settings(max_examples=5_000, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)
    def test_no_key_leads_out_of_the_folder(self, storage: LocalStorage, tmp_path: Path, key: str) -> None:
        root = (tmp_path / "media").resolve()
        try:
            path = storage.path(key)
        except NotFound:
            return
        assert os.path.realpath(path).startswith(f"{root}{os.sep}")
        assert not path.is_relative_to(root / "tmp")

    def test_a_link_that_points_outside_is_not_followed(self, storage: LocalStorage, tmp_path: Path) -> None:
        (tmp_path / "secret.txt").write_text("secret")
        (tmp_path / "media" / "link").symlink_to(tmp_path)
        with pytest.raises(NotFound):
            storage.path("link/secret.txt")


class TestCommit:
    def test_a_repeat_replaces_what_was_there(self, storage: LocalStorage) -> None:
        for text in ("first", "second"):
            temporary = storage.temporary()
            temporary.write_text(text)
            storage.commit(temporary, "owner/one.jpg")
        assert storage.path("owner/one.jpg").read_text() == "second"
        assert not list(storage.temporary().parent.iterdir())

    def test_temporary_paths_never_repeat(self, storage: LocalStorage) -> None:
        assert len({storage.temporary() for _ in range(100)}) == 100

    def test_delete_forgets_the_file_and_may_be_repeated(self, storage: LocalStorage) -> None:
        temporary = storage.temporary()
        temporary.write_text("x")
        storage.commit(temporary, "owner/one.jpg")
        assert storage.exists("owner/one.jpg")
        assert storage.delete("owner/one.jpg")
        assert not storage.delete("owner/one.jpg")
        assert not storage.exists("owner/one.jpg")

    def test_a_file_that_was_written_meanwhile_is_not_taken_for_an_old_one(self, storage: LocalStorage) -> None:
        temporary = storage.temporary()
        temporary.write_text("x")
        storage.commit(temporary, "owner/one.jpg")
        assert not storage.delete("owner/one.jpg", untouched_since=datetime.now(UTC) - timedelta(hours=1))
        assert storage.exists("owner/one.jpg")

    @pytest.mark.parametrize(("point", "is_there"), [("before_rename", False), ("after_store", True)])
    def test_a_kill_leaves_the_whole_file_or_none(self, tmp_path: Path, point: str, is_there: bool) -> None:
        script = (
            "import sys; from pathlib import Path; from nyx.services.media.storage import LocalStorage\n"
            "storage = LocalStorage(Path(sys.argv[1])); temporary = storage.temporary(); temporary.write_bytes(b'x' * 100_000)\n"
            "storage.commit(temporary, 'owner/one.jpg')"
        )
        env = {**os.environ, "NYX_CRASH_POINT": point}
        ended = subprocess.run([sys.executable, "-c", script, str(tmp_path / "media")], cwd=ROOT, env=env, check=False)
        assert ended.returncode == -9
        storage = LocalStorage(tmp_path / "media")
        assert storage.exists("owner/one.jpg") is is_there
        if is_there:
            assert storage.path("owner/one.jpg").stat().st_size == 100_000
        assert storage.clean(untouched_since=datetime.now(UTC) + timedelta(hours=1)) == (not is_there)


class TestClean:
    def test_takes_only_what_nobody_writes_to_any_more(self, storage: LocalStorage) -> None:
        old, new = storage.temporary(), storage.temporary()
        old.write_text("old")
        new.write_text("new")
        long_ago = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
        os.utime(old, (long_ago, long_ago))
        assert storage.clean(untouched_since=datetime.now(UTC) - timedelta(hours=1)) == 1
        assert new.exists()
        assert not old.exists()


class TestWritable:
    def test_says_so_when_there_is_room(self, storage: LocalStorage) -> None:
        assert storage.writable()
