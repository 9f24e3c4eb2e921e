"""Signs one PDF again and again with pyHanko: P-256 in software, PAdES B-B or B-LTA.

Reads lines of a level and a number of seconds, signs for so long (at least once), and answers a
line of JSON: how many signatures, seconds on the wall, seconds of processor time. OCSP answer and
root CRL are made once; the time-stamps are made by pyHanko itself.
"""

import functools
import json
import logging
import sys
import time
import types
from datetime import datetime, timedelta, timezone
from io import BytesIO

from asn1crypto import crl as asn1_crl
from asn1crypto import keys, ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import dummy_client
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

# That nothing is fetched is what is wanted.
logging.disable(logging.WARNING)

DER = serialization.Encoding.DER
NOW = datetime.now(timezone.utc)
BEGIN, END = NOW - timedelta(hours=1), NOW + timedelta(days=1)


def certificate(name, key, issuer_name, issuer_key, usage, purpose=None):
    bits = dict.fromkeys(
        ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"], False)
    bits.update(dict.fromkeys(usage, True))
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(ca="key_cert_sign" in usage, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**bits), critical=True)
    )
    if purpose:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def asn1(cert):
    return asn1_x509.Certificate.load(cert.public_bytes(DER))


def private(key):
    der = key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return keys.PrivateKeyInfo.load(der)


def public_key_infrastructure():
    root_key, issuing_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    # The only kind of key that pyHanko's own time-stamping takes.
    stamping_key = rsa.generate_private_key(65537, 2048)
    authority = ["key_cert_sign", "crl_sign", "digital_signature"]
    root = certificate("Root CA", root_key, "Root CA", root_key, authority)
    issuing = certificate("Issuing CA", issuing_key, "Root CA", root_key, authority)
    own = certificate("Signer", key, "Issuing CA", issuing_key, ["content_commitment"])
    stamping = certificate(
        "Time-stamping unit", stamping_key, "Root CA", root_key, ["digital_signature"], ExtendedKeyUsageOID.TIME_STAMPING)
    answer = (
        ocsp.OCSPResponseBuilder()
        .add_response(own, issuing, hashes.SHA1(), ocsp.OCSPCertStatus.GOOD, NOW, END, None, None)
        .responder_id(ocsp.OCSPResponderEncoding.HASH, issuing)
        .sign(issuing_key, hashes.SHA256())
    )
    crl = (
        x509.CertificateRevocationListBuilder().issuer_name(root.subject).last_update(NOW).next_update(END)
        .sign(root_key, hashes.SHA256())
    )
    registry = SimpleCertificateStore()
    registry.register_multiple([asn1(issuing)])
    signer = signers.SimpleSigner(signing_cert=asn1(own), signing_key=private(key), cert_registry=registry)
    # Reading the key anew for each time-stamp would be the measure of that.
    read = functools.cache(lambda der: serialization.load_der_private_key(der, password=None))
    dummy_client.serialization = types.SimpleNamespace(load_der_private_key=lambda der, password: read(der))
    stamper = dummy_client.DummyTimeStamper(asn1(stamping), private(stamping_key), [asn1(root)])
    material = {
        "trust_roots": [asn1(root)],
        "other_certs": [asn1(issuing), asn1(stamping)],
        "ocsps": [asn1_ocsp.OCSPResponse.load(answer.public_bytes(DER))],
        "crls": [asn1_crl.CertificateList.load(crl.public_bytes(DER))],
        "allow_fetching": False,
    }
    return signer, stamper, material


def main():
    file, page, box = sys.argv[1], int(sys.argv[2]), tuple(int(number) for number in sys.argv[3:7])
    with open(file, "rb") as stream:
        pdf = stream.read()
    signer, stamper, material = public_key_infrastructure()
    field = fields.SigFieldSpec("Signature1", on_page=page, box=box)
    always = {
        "field_name": "Signature1", "md_algorithm": "sha256", "subfilter": fields.SigSeedSubFilter.PADES,
        "name": "Signer", "reason": "Measurement", "location": "Here",
    }

    def sign(level):
        if level == "b-b":
            metadata, stamps = signers.PdfSignatureMetadata(**always), None
        else:
            metadata = signers.PdfSignatureMetadata(
                **always, validation_context=ValidationContext(**material), embed_validation_info=True,
                use_pades_lta=True)
            stamps = stamper
        output = BytesIO()
        signers.sign_pdf(
            IncrementalPdfFileWriter(BytesIO(pdf)), metadata, signer=signer, timestamper=stamps, new_field_spec=field,
            output=output)
        return output.getvalue()

    for line in sys.stdin:
        level, seconds = line.split()
        count, wall, processor = 0, time.perf_counter(), time.process_time()
        while True:
            signed = sign(level)
            count += 1
            if time.perf_counter() - wall >= float(seconds):
                break
        assert signed.count(b"/ETSI.RFC3161") == (level == "b-lta") and signed.count(b"/DSS") >= (level == "b-lta")
        answer = {"count": count, "wall": time.perf_counter() - wall, "cpu": time.process_time() - processor}
        print(json.dumps(answer), flush=True)


main()
