//! openssl as a holder: makes keys and requests, reads certificates, asks OCSP.

use std::path::{Path, PathBuf};

use super::process::{Finished, run};

/// SM2 signatures of requests and certificates use this identifier (GB/T 35276).
pub(crate) const DISTID: &str = "distid:1234567812345678";

/// Runs openssl.
#[track_caller]
pub(crate) fn openssl(arguments: &[&str]) -> Finished {
    run("openssl", arguments)
}

/// A key pair on `curve` in `folder`; the file is `<name>.key`.
#[track_caller]
pub(crate) fn key(folder: &Path, name: &str, curve: &str) -> PathBuf {
    let path = folder.join(format!("{name}.key"));
    let group = format!("ec_paramgen_curve:{curve}");
    let file = path.to_str().unwrap();
    openssl(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        &group,
        "-pkeyopt",
        "ec_param_enc:named_curve",
        "-out",
        file,
    ])
    .success();
    path
}

/// A PKCS#10 request with a fresh SM2 key; the subject asks for something else than what is vetted.
#[track_caller]
pub(crate) fn request(folder: &Path, name: &str) -> PathBuf {
    let key = key(folder, name, "SM2");
    request_with(folder, name, &key, &["-sm3", "-sigopt", DISTID])
}

/// A PKCS#10 request with a given key; `more` goes to openssl as it is.
#[track_caller]
pub(crate) fn request_with(folder: &Path, name: &str, key: &Path, more: &[&str]) -> PathBuf {
    let path = folder.join(format!("{name}.csr"));
    let files = [
        "-key",
        key.to_str().unwrap(),
        "-out",
        path.to_str().unwrap(),
    ];
    let subject = ["-utf8", "-subj", "/C=CN/O=asked for/CN=somebody else"];
    openssl(&[&["req", "-new"], &files[..], &subject[..], more].concat()).success();
    path
}

/// PEM of the public key in a certificate (`x509`) or a request (`req`).
#[track_caller]
pub(crate) fn public_key(kind: &str, file: &Path) -> String {
    openssl(&[kind, "-in", file.to_str().unwrap(), "-noout", "-pubkey"]).success()
}

/// The text of a certificate, with names in UTF-8.
#[track_caller]
pub(crate) fn certificate_text(file: &Path) -> String {
    let options = [
        "-noout",
        "-text",
        "-nameopt",
        "utf8,sep_comma_plus_space",
        "-certopt",
        "no_pubkey,no_sigdump",
    ];
    openssl(&[&["x509", "-in", file.to_str().unwrap()], &options[..]].concat()).success()
}

/// Asks a responder as openssl's own client does. openssl cannot verify SM2 with an identifier here: transport and
/// content are its part, the signature is judged elsewhere. Gives its words about the certificate.
#[track_caller]
pub(crate) fn ocsp(url: &str, issuer: &Path, certificate: &Path, more: &[&str]) -> String {
    let issuer = issuer.to_str().unwrap();
    let certificate = certificate.to_str().unwrap();
    // The digest of the CertID has to stand before the certificate that it is for.
    let question = [more, &["-issuer", issuer, "-cert", certificate]].concat();
    let answer = openssl(
        &[
            &["ocsp", "-url", url, "-noverify", "-no_cert_verify"],
            &question[..],
        ]
        .concat(),
    );
    answer.success() + &answer.stderr
}
