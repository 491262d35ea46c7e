"""Who signs: the key and the certificates of this installation, made once or given, and those that it has signed with before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from nyx.config import BadSettings, keep_secret

KEPT_AS = "c2pa.pem"
_RETIRED = "c2pa*.pem"
_LASTS = timedelta(days=3650)
_SLACK = timedelta(days=1)  # of a clock that is behind
_ALGORITHMS = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A key with its certificates, the signer's first and the root last, all PEM. ``algorithm`` is C2PA's word for the key."""

    key: bytes = field(repr=False)
    chain: bytes
    algorithm: str


@dataclass(frozen=True, kw_only=True)
class Signers:
    """How to recognise what this installation signed, now or before: roots as PEM, and the serial numbers of the signers."""

    roots: str
    serials: frozenset[str]


def load_identity(folder: Path, *, now: datetime, chain_file: Path | None = None, key_file: Path | None = None) -> Identity:
    """The given key and certificates; without them those in ``folder``, made at the first start. Raises: BadSettings."""
    if chain_file is not None and key_file is not None:
        return _checked(_read(key_file), _read(chain_file), named=f"{key_file} and {chain_file}", now=now)
    path = folder / KEPT_AS
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        keep_secret(path, _make(now))  # of two starts at once, both go on with the one that was first
    kept = _read(path)
    return _checked(kept, kept, named=str(path), now=now)


def known_signers(folder: Path, identity: Identity) -> Signers:
    """Whose signatures are ours: this identity's, and those of every ``c2pa*.pem`` that was left in ``folder`` when keys were changed."""
    chains = [x509.load_pem_x509_certificates(identity.chain)]
    for path in sorted(folder.glob(_RETIRED)):
        try:
            chains.append(x509.load_pem_x509_certificates(path.read_bytes()))
        except ValueError as error:
            raise BadSettings(f"{path} holds no certificates. Restore it from a backup, or move it elsewhere.") from error
    roots = {chain[-1].public_bytes(Encoding.PEM).decode() for chain in chains}
    return Signers(roots="".join(sorted(roots)), serials=frozenset(str(chain[0].serial_number) for chain in chains))


def _checked(key_pem: bytes, chain_pem: bytes, *, named: str, now: datetime) -> Identity:
    try:
        key = load_pem_private_key(key_pem, password=None)
        chain = x509.load_pem_x509_certificates(chain_pem)
    except (ValueError, TypeError) as error:
        raise BadSettings(f"{named} can't be read as a private key and certificates in PEM.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _ALGORITHMS:
        raise BadSettings(f"The key in {named} has to be one of the curves P-256, P-384 or P-521.")
    if _public(key.public_key()) != chain[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
        raise BadSettings(f"In {named} the first certificate is not that of the key.")
    if now >= chain[0].not_valid_after_utc:
        raise BadSettings(f"The certificate in {named} has expired. docs/operate.md says how to change it.")
    return Identity(
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        chain=b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain),
        algorithm=_ALGORITHMS[key.curve.name],
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadSettings(f"{path} can't be read: {error.strerror}.") from error


def _make(now: datetime) -> bytes:
    """A new key with a root of its own, whose key is thrown away: it signs this one certificate and nothing after it."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = _name("Nyx-Net installation"), _name("Nyx-Net")
    root = _certificate(root_name, root_key.public_key(), now=now, issuer=root_name, signed_by=root_key, is_root=True)
    signer = _certificate(name, key.public_key(), now=now, issuer=root_name, signed_by=root_key, is_root=False)
    certificates = [certificate.public_bytes(Encoding.PEM) for certificate in (signer, root)]
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + b"".join(certificates)


def _certificate(
    name: x509.Name,
    key: ec.EllipticCurvePublicKey,
    *,
    now: datetime,
    issuer: x509.Name,
    signed_by: ec.EllipticCurvePrivateKey,
    is_root: bool,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(int.from_bytes(hashlib.sha256(_public(key)).digest()[:16], "big") >> 1)
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + _LASTS)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=0 if is_root else None), critical=True)
        .add_extension(_usage(is_root=is_root), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.public_key()), critical=False)
    )
    if not is_root:  # C2PA takes a signer's certificate with this purpose, and refuses one with any or none
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(signed_by, hashes.SHA256())


def _usage(*, is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Nyx-Net"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _public(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
