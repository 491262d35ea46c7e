"""The installation's own secret: made once, complete or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from nyx.config import BadSettings, Settings, secret_key


def settings_of(folder: Path, **values: str) -> Settings:
    return Settings(_env_file=None, data_dir=folder, **values)  # type: ignore[arg-type]


class TestSecretKey:
    def test_is_made_once_for_its_owner_alone(self, tmp_path: Path) -> None:
        first = secret_key(settings_of(tmp_path / "data"))

        assert len(first) >= 43
        assert secret_key(settings_of(tmp_path / "data")) == first
        assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600
        assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret_key"]

    def test_the_setting_comes_first(self, tmp_path: Path) -> None:
        assert secret_key(settings_of(tmp_path, secret_key="given")) == b"given"
        assert list(tmp_path.iterdir()) == []

    def test_a_start_that_dies_half_way_leaves_no_half_key(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def die(_: int) -> None:
            raise SystemExit

        monkeypatch.setattr(os, "fsync", die)
        with pytest.raises(SystemExit):
            secret_key(settings_of(tmp_path))
        assert not (tmp_path / "secret_key").exists()
        monkeypatch.undo()

        assert secret_key(settings_of(tmp_path))

    def test_whoever_comes_second_takes_the_first_ones(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        link = os.link

        def overtaken(source: Path, target: Path) -> None:
            target.write_bytes(b"the first one's")
            link(source, target)

        monkeypatch.setattr(os, "link", overtaken)

        assert secret_key(settings_of(tmp_path)) == b"the first one's"

    def test_an_empty_file_is_refused_in_words(self, tmp_path: Path) -> None:
        (tmp_path / "secret_key").write_bytes(b"\n")

        with pytest.raises(BadSettings, match="is empty"):
            secret_key(settings_of(tmp_path))
