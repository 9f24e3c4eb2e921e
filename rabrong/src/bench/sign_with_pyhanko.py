"""Signs one PDF again and again with pyHanko: PAdES B-B, P-256 in software.

Reads a number of seconds per line, signs for so long (at least once), and answers a line of
JSON: how many signatures, seconds on the wall, seconds of processor time.
"""

import json
import sys
import time
from datetime import datetime, timedelta, timezone
from io import BytesIO

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore


def certificate(name, key, issuer_name, issuer_key, is_ca):
    now = datetime.now(timezone.utc)
    usage = dict.fromkeys(
        ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"], False)
    usage["key_cert_sign" if is_ca else "content_commitment"] = True
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    return asn1_x509.Certificate.load(built.public_bytes(serialization.Encoding.DER))


def signer():
    issuer_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuing = certificate("Issuing CA", issuer_key, "Root CA", issuer_key, True)
    own = certificate("Signer", key, "Issuing CA", issuer_key, False)
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    registry = SimpleCertificateStore()
    registry.register_multiple([issuing])
    return signers.SimpleSigner(
        signing_cert=own, signing_key=keys.PrivateKeyInfo.load(der), cert_registry=registry)


def main():
    file, page, box = sys.argv[1], int(sys.argv[2]), tuple(int(number) for number in sys.argv[3:7])
    with open(file, "rb") as stream:
        pdf = stream.read()
    who = signer()
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature1", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES,
        name="Signer", reason="Measurement", location="Here")
    field = fields.SigFieldSpec("Signature1", on_page=page, box=box)

    def sign():
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        signers.sign_pdf(writer, metadata, signer=who, new_field_spec=field, output=BytesIO())

    for line in sys.stdin:
        seconds = float(line)
        count, wall, processor = 0, time.perf_counter(), time.process_time()
        while True:
            sign()
            count += 1
            if time.perf_counter() - wall >= seconds:
                break
        answer = {"count": count, "wall": time.perf_counter() - wall, "cpu": time.process_time() - processor}
        print(json.dumps(answer), flush=True)


main()
