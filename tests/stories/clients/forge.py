"""A curious operator: the token, its PIN, and any tool that speaks PKCS#11. Has the CA's key sign a certificate for
a key of their own in a doctor's name, under a serial number of its own (`fresh`) or the doctor's (`same`), and the
responder's key say that it is good; then signs a page with it by pyHanko: at B-B (`plain.pdf`), and at B-LTA with
that answer in it (`proven.pdf`)."""

import hashlib
import secrets
import sys
from pathlib import Path

import pkcs11
from asn1crypto import core, keys, ocsp, pem, x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11.util.ec import encode_ecdsa_signature
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

module, label, folder, page, out, tsa, serial = sys.argv[1:]
folder, out = Path(folder), Path(out)
PIN = (folder / "token.pin").read_text().strip()


def certificate(name):
    data = (folder / name).read_bytes()
    return x509.Certificate.load(pem.unarmor(data)[2] if pem.detect(data) else data)


def sign(session, key_label, algorithm, message):
    key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=key_label)
    digest = hashlib.new(algorithm["algorithm"].native.removesuffix("_ecdsa"), message).digest()
    return encode_ecdsa_signature(key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))


def forged_certificate(session, genuine, own, fresh):
    tbs = genuine["tbs_certificate"].copy()
    if fresh:
        # The octet that names the generation stays.
        serial = genuine.serial_number.to_bytes(20, "big").lstrip(b"\0")
        tbs["serial_number"] = int.from_bytes(serial[:1] + secrets.token_bytes(len(serial) - 1), "big")
    tbs["subject_public_key_info"] = own
    for extension in tbs["extensions"]:
        if extension["extn_id"].native == "key_identifier":
            extension["extn_value"] = core.ParsableOctetString(core.OctetString(own.sha1).dump())
    signature = sign(session, "rabrong issuing", tbs["signature"], tbs.dump(force=True))
    return x509.Certificate({
        "tbs_certificate": tbs, "signature_algorithm": tbs["signature"], "signature_value": signature})


def forged_answer(session, genuine, forged):
    basic = genuine["response_bytes"]["response"].parsed.copy()
    single = basic["tbs_response_data"]["responses"][0]
    single["cert_id"]["serial_number"] = forged.serial_number
    single["cert_status"] = ocsp.CertStatus("good", core.Null())
    message = basic["tbs_response_data"].dump(force=True)
    basic["signature"] = sign(session, "rabrong ocsp", basic["signature_algorithm"], message)
    return ocsp.OCSPResponse({
        "response_status": "successful",
        "response_bytes": {"response_type": "basic_ocsp_response", "response": basic}})


key = ec.generate_private_key(ec.SECP256R1())
DER = serialization.Encoding.DER
own = keys.PublicKeyInfo.load(
    key.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo))
private = keys.PrivateKeyInfo.load(
    key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
doctor, issuing, root = (certificate(name) for name in ("doctor.pem", "issuing.pem", "root.pem"))
answer = ocsp.OCSPResponse.load((folder / "ocsp.der").read_bytes())
with pkcs11.lib(module).get_token(token_label=label).open(user_pin=PIN) as session:
    forged = forged_certificate(session, doctor, own, fresh=serial == "fresh")
    good = forged_answer(session, answer, forged)
(out / "forged.pem").write_bytes(pem.armor("CERTIFICATE", forged.dump()))

store = SimpleCertificateStore()
store.register(issuing)
signer = signers.SimpleSigner(signing_cert=forged, signing_key=private, cert_registry=store)
context = ValidationContext(
    trust_roots=[root], other_certs=[issuing, forged], ocsps=[good], allow_fetching=True, revocation_mode="require")
plain = signers.PdfSignatureMetadata(field_name="Signature1", subfilter=fields.SigSeedSubFilter.PADES)
proven = signers.PdfSignatureMetadata(
    field_name="Signature1", subfilter=fields.SigSeedSubFilter.PADES, embed_validation_info=True, use_pades_lta=True,
    validation_context=context)
for name, metadata, stamper in [
    ("plain.pdf", plain, None), ("proven.pdf", proven, timestamps.HTTPTimeStamper(tsa))]:
    with open(page, "rb") as read, open(out / name, "wb") as written:
        signers.PdfSigner(metadata, signer=signer, timestamper=stamper).sign_pdf(
            IncrementalPdfFileWriter(read), output=written)
