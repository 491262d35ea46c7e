"""The key of an installation: made once, whoever starts first, readable by its owner only, or given."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from nyx.config import BadSettings
from nyx.services.marks.identity import KEPT_AS, Identity, known_signers, load_identity
from tests.support.clock import START


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class TestLoadIdentity:
    def test_makes_one_that_only_its_owner_may_read(self, tmp_path: Path) -> None:
        made = load_identity(tmp_path / "data", now=START)

        path = tmp_path / "data" / KEPT_AS
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert load_identity(tmp_path / "data", now=START) == made
        assert [found.name for found in path.parent.iterdir()] == [KEPT_AS]

    def test_of_many_starts_at_once_all_go_on_with_the_same(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: load_identity(tmp_path, now=START), range(8)))

        assert len({identity.key for identity in made}) == 1

    def test_shows_no_key_in_words(self, tmp_path: Path) -> None:
        assert "PRIVATE" not in repr(load_identity(tmp_path, now=START))

    def test_takes_given_files_and_makes_nothing(self, tmp_path: Path) -> None:
        made = load_identity(tmp_path / "other", now=START)
        chain_file, key_file = tmp_path / "chain.pem", tmp_path / "key.pem"
        chain_file.write_bytes(made.chain)
        key_file.write_bytes(made.key)

        given = load_identity(tmp_path / "data", now=START, chain_file=chain_file, key_file=key_file)

        assert given == made
        assert not (tmp_path / "data").exists()

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "can't be read as a private key"),
            (b"hello", "can't be read as a private key"),
            (pem(rsa.generate_private_key(65537, 1024)), "P-256, P-384 or P-521"),
            (pem(ec.generate_private_key(ec.SECP256R1())), "not that of the key"),
        ],
        ids=["empty", "no key", "another kind of key", "another key"],
    )
    def test_refuses_a_key_that_can_not_sign_in_words(self, tmp_path: Path, content: bytes, sentence: str) -> None:
        chain_file, key_file = tmp_path / "chain.pem", tmp_path / "key.pem"
        chain_file.write_bytes(load_identity(tmp_path / "other", now=START).chain)
        key_file.write_bytes(content)

        with pytest.raises(BadSettings, match=sentence):
            load_identity(tmp_path, now=START, chain_file=chain_file, key_file=key_file)

    def test_refuses_files_that_are_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(BadSettings, match=r"missing\.pem"):
            load_identity(tmp_path, now=START, chain_file=tmp_path / "missing.pem", key_file=tmp_path / "missing.pem")

    def test_refuses_a_certificate_that_has_expired(self, tmp_path: Path) -> None:
        load_identity(tmp_path, now=START)

        with pytest.raises(BadSettings, match="expired"):
            load_identity(tmp_path, now=START + timedelta(days=3651))


class TestKnownSigners:
    def test_knows_the_retired_ones_too(self, tmp_path: Path) -> None:
        old: Identity = load_identity(tmp_path, now=START)
        (tmp_path / KEPT_AS).rename(tmp_path / "c2pa-2026.pem")
        new = load_identity(tmp_path, now=START)

        known = known_signers(tmp_path, new)

        assert old.key != new.key
        assert (len(known.serials), known.roots.count("BEGIN CERTIFICATE")) == (2, 2)
        assert "PRIVATE" not in known.roots

    def test_says_which_file_is_no_certificate(self, tmp_path: Path) -> None:
        identity = load_identity(tmp_path, now=START)
        (tmp_path / "c2pa-old.pem").write_text("lost")

        with pytest.raises(BadSettings, match=r"c2pa-old\.pem"):
            known_signers(tmp_path, identity)
