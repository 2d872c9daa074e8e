"""A second outside judge: asn1crypto reads, Tongsuo's libcrypto verifies SM2 (identifier 1234567812345678) and hashes SM3.

Nothing of this project is used. Exit code 0 and one line "... ok ...", or 1 and one line with the reason.

    cert ISSUER CERTIFICATE     signature over the TBS bytes as they stand in the file
    crl ISSUER CRL              the same for a CRL
    ocsp ISSUER RESPONSE        the answer by the certificate it carries, that certificate by the issuer
    csr FILE                    proof of possession
    statement CERT FILE SIG     a detached SM2 signature (DER) over a file
    note KEY FILE               the signed note of a ledger checkpoint
    proof KEY FILE              a proof file: the note, and every entry up to its root (RFC 9162 with SM3)

KEY is the verifier key, one line: name+hex(key id)+base64(0xff || "sm2-sm3" || 65-byte point).
"""

import base64
import json
import sys

from asn1crypto import core, crl, csr, keys, ocsp, pem, x509
from tongsuopy.crypto import exceptions, hashes
from tongsuopy.crypto.asymciphers import ec

SM2_WITH_SM3 = "1.2.156.10197.1.501"
SM2_CURVE = "1.2.156.10197.1.301"
OCSP_SIGNING = "ocsp_signing"


class Refused(Exception):
    """The judge says no."""


def demand(holds, otherwise):
    if not holds:
        raise Refused(otherwise)


def sm3(data):
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    return pem.unarmor(data)[2] if pem.detect(data) else data


def verify(point, message, signature, what):
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SM2(), point)
        key.verify(signature, message, ec.ECDSA(hashes.SM3()))
    except (exceptions.InvalidSignature, ValueError) as error:
        raise Refused(f"{what}: signature does not verify") from error


class Key(core.Sequence):
    """SubjectPublicKeyInfo, read without asn1crypto's list of known curves."""

    _fields = [("algorithm", core.Sequence), ("public_key", core.BitString)]


def point_of(spki):
    key = Key.load(spki)
    demand(key["algorithm"][1].dotted == SM2_CURVE, "the key is not on the SM2 curve")
    return bytes(key["public_key"].cast(core.OctetBitString).native)


def signed(holder, body, algorithm, signature, point, what):
    """Checks that `holder[body]` is signed by `point`, with absent parameters in the algorithm."""
    identifier = holder[algorithm]
    demand(identifier["algorithm"].dotted == SM2_WITH_SM3, f"{what}: not signed with SM2 and SM3")
    demand(isinstance(identifier["parameters"], core.Void), f"{what}: algorithm parameters are present")
    verify(point, holder[body].dump(), bytes(holder[signature].native), what)


def spki_of(certificate):
    return certificate["tbs_certificate"]["subject_public_key_info"].dump()


def judge_cert(issuer, path):
    issuer = x509.Certificate.load(read(issuer), strict=True)
    certificate = x509.Certificate.load(read(path), strict=True)
    demand(certificate.issuer.dump() == issuer.subject.dump(), "certificate: another issuer's name")
    signed(certificate, "tbs_certificate", "signature_algorithm", "signature_value", point_of(spki_of(issuer)), "certificate")
    return f"cert ok serial={certificate.serial_number:x}"


def judge_crl(issuer, path):
    issuer = x509.Certificate.load(read(issuer), strict=True)
    revoked = crl.CertificateList.load(read(path), strict=True)
    demand(revoked.issuer.dump() == issuer.subject.dump(), "CRL: another issuer's name")
    signed(revoked, "tbs_cert_list", "signature_algorithm", "signature", point_of(spki_of(issuer)), "CRL")
    entries = revoked["tbs_cert_list"]["revoked_certificates"]
    serials = sorted(f"{entry['user_certificate'].native:x}" for entry in entries)
    return f"crl ok number={revoked.crl_number_value.native} revoked={','.join(serials)}"


def judge_ocsp(issuer, path):
    issuer = x509.Certificate.load(read(issuer), strict=True)
    response = ocsp.OCSPResponse.load(read(path), strict=True)
    demand(response["response_status"].native == "successful", f"OCSP status {response['response_status'].native}")
    basic = response.basic_ocsp_response
    demand(len(basic["certs"]) == 1, "OCSP: the answer carries no certificate, or several")
    responder = basic["certs"][0]
    signed(responder, "tbs_certificate", "signature_algorithm", "signature_value", point_of(spki_of(issuer)), "responder")
    demand(responder.issuer.dump() == issuer.subject.dump(), "responder: another issuer's name")
    usage = responder.extended_key_usage_value
    demand(usage is not None and OCSP_SIGNING in usage.native, "responder: lacks OCSPSigning")
    signed(basic, "tbs_response_data", "signature_algorithm", "signature", point_of(spki_of(responder)), "OCSP answer")
    answers = basic["tbs_response_data"]["responses"]
    states = [f"{each['cert_id']['serial_number'].native:x}={each['cert_status'].name}" for each in answers]
    return f"ocsp ok {','.join(states)}"


def judge_csr(path):
    request = csr.CertificationRequest.load(read(path), strict=True)
    spki = request["certification_request_info"]["subject_pk_info"].dump()
    signed(request, "certification_request_info", "signature_algorithm", "signature", point_of(spki), "request")
    return "csr ok"


def judge_statement(certificate, path, signature):
    certificate = x509.Certificate.load(read(certificate), strict=True)
    with open(path, "rb") as file:
        verify(point_of(spki_of(certificate)), file.read(), read(signature), "statement")
    return "statement ok"


def open_note(key_line, note):
    """The lines of a checkpoint whose signature by `key_line` verifies (C2SP signed note, signature type ff)."""
    name, key_id, material = key_line.strip().split("+", 2)
    material = base64.b64decode(material, validate=True)
    demand(material.startswith(b"\xffsm2-sm3") and len(material) == 8 + 65, "the verifier key is not an SM2 key")
    demand(sm3(name.encode() + b"\n" + material)[:4].hex() == key_id, "the verifier key's identifier is wrong")
    body, blank, signatures = note.partition("\n\n")
    demand(blank == "\n\n" and signatures.endswith("\n"), "the note has no signature lines")
    for line in signatures.splitlines():
        dash, signer, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        if dash == "\u2014" and signer == name and blob[:4].hex() == key_id:
            verify(material[8:], (body + "\n").encode(), blob[4:], "checkpoint")
            return body.split("\n")
    raise Refused("the note is not signed by this key")


def root_from_path(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2, with SM3."""
    demand(index < size, "the entry lies beyond the checkpoint")
    position, last, root = index, size - 1, leaf
    for node in path:
        demand(last > 0, "the inclusion path is too long")
        if position & 1 or position == last:
            root = sm3(b"\x01" + node + root)
            while not position & 1 and position > 0:
                position, last = position >> 1, last >> 1
        else:
            root = sm3(b"\x01" + root + node)
        position, last = position >> 1, last >> 1
    demand(last == 0, "the inclusion path is too short")
    return root


def judge_note(key_line, path):
    with open(path, encoding="utf-8", newline="") as file:
        origin, size, root = open_note(key_line, file.read())[:3]
    return f"note ok origin={origin} size={size} root={base64.b64decode(root).hex()}"


def judge_proof(key_line, path):
    with open(path, encoding="utf-8", newline="") as file:
        proof = json.load(file)
    demand(proof["format"] == "gmpki-proof/1", "not a proof file")
    _, size, root = open_note(key_line, proof["checkpoint"])[:3]
    kinds = []
    for proven in proof["entries"]:
        leaf = sm3(b"\x00" + proven["entry"].encode())
        nodes = [bytes.fromhex(node) for node in proven["path"]]
        reached = root_from_path(leaf, proven["index"], int(size), nodes)
        demand(reached == base64.b64decode(root), f"entry {proven['index']} is not under the checkpoint's root")
        kinds.append(json.loads(proven["entry"])["event"]["kind"])
    return f"proof ok size={size} kinds={','.join(kinds)}"


JUDGES = {
    "cert": judge_cert,
    "crl": judge_crl,
    "ocsp": judge_ocsp,
    "csr": judge_csr,
    "statement": judge_statement,
    "note": judge_note,
    "proof": judge_proof,
}


def main():
    try:
        print(JUDGES[sys.argv[1]](*sys.argv[2:]))
    except Refused as refusal:
        sys.exit(print(f"refused: {refusal}") or 1)
    except Exception as error:  # what cannot be read is refused as well, with the reader's words
        sys.exit(print(f"refused: {type(error).__name__}: {error}".replace("\n", " ")) or 1)


main()
