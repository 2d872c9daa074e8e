//! The outside judges that `tests/run` installs: Bouncy Castle (Java), Tongsuo (Python), pkilint, and the reader of
//! transparency logs that Go uses for its checksum database.

use std::path::{Path, PathBuf};

use super::process::{Finished, run};

const JARS: &str =
    "/usr/share/java/bcprov.jar:/usr/share/java/bcpkix.jar:/usr/share/java/bcutil.jar";

/// Where `tests/run` puts the judges: beside the build.
pub(crate) fn judges() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("judges");
    assert!(
        folder.join("classes/Judge.class").exists(),
        "the judges are not installed: run tests/run judges"
    );
    folder
}

/// Bouncy Castle says.
#[track_caller]
pub(crate) fn castle(arguments: &[&str]) -> Finished {
    let class_path = format!("{}:{JARS}", judges().join("classes").display());
    // The judge lives for half a second: the second compiler would cost more than it saves.
    run(
        "java",
        [
            &["-XX:TieredStopAtLevel=1", "-cp", &class_path, "Judge"],
            arguments,
        ]
        .concat(),
    )
}

/// Tongsuo says.
#[track_caller]
pub(crate) fn tongsuo(arguments: &[&str]) -> Finished {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/judges/sm2_judge.py");
    run(judges().join("bin/python"), [&[script], arguments].concat())
}

/// The reader of transparency logs says.
#[track_caller]
pub(crate) fn tlog(arguments: &[&str]) -> Finished {
    run(judges().join("bin/tlog_judge"), arguments)
}

/// A program of pkilint says; it counts its findings in its exit code.
#[track_caller]
pub(crate) fn pkilint(program: &str, arguments: &[&str]) -> Finished {
    run(
        judges().join("bin").join(program),
        [&["lint", "-s", "WARNING"], arguments].concat(),
    )
}

/// Python of the judges' environment, for a script beside them.
#[track_caller]
pub(crate) fn python(script: &str, arguments: &[&str]) -> Finished {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/judges")
        .join(script);
    run(
        judges().join("bin/python"),
        [&[script.to_str().unwrap()], arguments].concat(),
    )
}

/// A path as an argument.
pub(crate) fn arg(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Both independent implementations accept the certificate under `issuer`, and pkilint has nothing to say.
#[track_caller]
pub(crate) fn certificate(root: &Path, issuer: &Path, certificate: &Path) {
    castle(&["chain", arg(root), arg(issuer), arg(certificate)]).success();
    tongsuo(&["cert", arg(issuer), arg(certificate)]).success();
    pkilint("lint_pkix_cert", &[arg(certificate)]).success();
    pkilint(
        "lint_pkix_signer_signee_cert_chain",
        &[arg(issuer), arg(certificate)],
    )
    .success();
}

/// Both accept the CRL, pkilint is silent; gives its number and its entries `serial:reason`.
#[track_caller]
pub(crate) fn crl(issuer: &Path, crl: &Path) -> (u64, Vec<String>) {
    let said = castle(&["crl", arg(issuer), arg(crl)]).success();
    tongsuo(&["crl", arg(issuer), arg(crl)]).success();
    pkilint("lint_crl", &["-t", "crl", "-p", "pkix", arg(crl)]).success();
    let rest = said.strip_prefix("crl ok number=").unwrap();
    let (number, revoked) = rest.split_once(" revoked=").unwrap();
    let entries = revoked.split(',').filter(|entry| !entry.is_empty());
    (
        number.parse().unwrap(),
        entries.map(str::to_owned).collect(),
    )
}

/// Both accept the OCSP answer, pkilint is silent; gives Bouncy Castle's words: `status=… hash=… nonce=…`.
#[track_caller]
pub(crate) fn ocsp(issuer: &Path, subject: &str, answer: &Path) -> String {
    let said = castle(&["ocsp", arg(issuer), subject, arg(answer)]).success();
    tongsuo(&["ocsp", arg(issuer), arg(answer)]).success();
    pkilint("lint_ocsp_response", &[arg(answer)]).success();
    said.strip_prefix("ocsp ok ").unwrap().to_owned()
}
