"""Signing: what a manifest says and does not say, and that no file is lost to its papers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nyx.services.marks.identity import known_signers, load_identity
from nyx.services.marks.provenance import Origin, Provenance
from nyx.services.marks.xmp import SourceType
from tests.services.marks.kit import actions_of, active, manifest_of
from tests.services.media.kit import encoded, picture
from tests.support.clock import START

ORIGIN = Origin(
    model_key="maker/model", model_name="Model One", source_type=SourceType.COMPOSITE, made_at=datetime(2026, 8, 1, 12, 30, tzinfo=UTC)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "source").write_bytes(encoded(picture()))
    return tmp_path


@pytest.fixture
def ours(tmp_path: Path) -> Provenance:
    return Provenance(load_identity(tmp_path / "ours", now=START))


class TestSignOutput:
    def test_says_what_made_it_from_what_and_when(self, folder: Path, ours: Provenance) -> None:
        ours.sign_output(folder / "source", folder / "target", "image/jpeg", ORIGIN)

        _, report = manifest_of((folder / "target").read_bytes(), "image/jpeg")
        assert [(action["action"], action["digitalSourceType"], action["when"]) for action in actions_of(report)] == [
            ("c2pa.created", SourceType.COMPOSITE.uri, "2026-08-01T12:30:00Z")
        ]
        assert active(report)["assertions"][-1]["data"] == {
            "model": "maker/model",
            "modelName": "Model One",
            "digitalSourceType": SourceType.COMPOSITE.uri,
            "madeAt": "2026-08-01T12:30:00Z",
        }

    def test_keeps_the_providers_own_manifest_inside(self, folder: Path, ours: Provenance) -> None:
        provider = Provenance(load_identity(folder / "provider", now=START))
        provider.sign_output(folder / "source", folder / "theirs", "image/jpeg", ORIGIN)

        ours.sign_output(folder / "theirs", folder / "target", "image/jpeg", ORIGIN)

        signers = known_signers(folder / "ours", load_identity(folder / "ours", now=START))
        state, report = manifest_of((folder / "target").read_bytes(), "image/jpeg", roots=signers.roots)
        parent = active(report)["ingredients"][0]
        assert state == "Trusted"
        assert (parent["relationship"], parent["active_manifest"] in report["manifests"]) == ("parentOf", True)
        assert actions_of(report)[0]["action"] == "c2pa.opened"

    def test_what_can_not_be_signed_is_copied(self, folder: Path, ours: Provenance) -> None:
        (folder / "source").write_bytes(b"nothing like a clip")

        ours.sign_output(folder / "source", folder / "target", "video/mp4", ORIGIN)

        assert (folder / "target").read_bytes() == b"nothing like a clip"
        assert sorted(path.name for path in folder.iterdir()) == ["ours", "source", "target"]


class TestSignDerived:
    def test_names_the_original_and_what_was_changed(self, folder: Path, ours: Provenance) -> None:
        ours.sign_output(folder / "source", folder / "original", "image/jpeg", ORIGIN)
        (folder / "png").write_bytes(encoded(picture(), "PNG"))

        changes = ("c2pa.edited", "c2pa.converted")
        parent = (folder / "original", "image/jpeg")
        ours.sign_derived(folder / "png", folder / "target", "image/png", ORIGIN, parent=parent, changes=changes)

        _, report = manifest_of((folder / "target").read_bytes(), "image/png")
        assert [action["action"] for action in actions_of(report)] == ["c2pa.opened", *changes]
        assert active(report)["ingredients"][0]["active_manifest"] in report["manifests"]
