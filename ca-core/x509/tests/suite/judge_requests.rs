//! Requests that `openssl req` makes, and ours before `openssl req -verify`.

use sm_engine::foreign::Weakness;
use sm_engine::key::Algorithm;
use x509::Error;
use x509::request::Request;

use crate::hierarchy::name;
use crate::judge::{DISTID, Judge};

const SUBJECT: &str = "-subj /C=CN/O=test/CN=test";

/// A request for a fresh key, PEM and DER.
fn made(key: &str, options: &str) -> (Vec<u8>, Vec<u8>) {
    let judge = Judge::new();
    judge.ok(&format!("genpkey {key} -out key"));
    judge.ok(&format!(
        "req -config /dev/null -new -key key {SUBJECT} {options} -out pem"
    ));
    judge.ok("req -config /dev/null -in pem -outform DER -out der");
    (judge.read("pem"), judge.read("der"))
}

const SM2: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:SM2";

#[test]
fn a_request_under_the_default_identifier_is_accepted() {
    let (pem, der) = made(SM2, &format!("-sm3 -sigopt {DISTID}"));
    for input in [&pem, &der] {
        let request = Request::from_pem_or_der(input).unwrap();
        request.verify().unwrap();
        assert_eq!(request.der(), der);
        assert_eq!(request.subject().to_string(), "C=CN, O=test, CN=test");
        assert!(!request.requested_extensions_present());
    }
    // With the text that `-text` puts before the block, and CRLF.
    let noisy = ["Certificate Request:\r\n".as_bytes(), &pem].concat();
    assert!(Request::from_pem_or_der(&noisy).is_ok());
    let new_label = String::from_utf8(pem)
        .unwrap()
        .replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
    assert!(Request::from_pem_or_der(new_label.as_bytes()).is_ok());
}

#[test]
fn requested_extensions_are_noticed_and_not_taken() {
    let options = format!(
        "-sm3 -sigopt {DISTID} -addext subjectAltName=DNS:evil.cn -addext keyUsage=critical,keyCertSign"
    );
    let request = Request::from_pem_or_der(&made(SM2, &options).1).unwrap();
    request.verify().unwrap();
    assert!(request.requested_extensions_present());
}

#[test]
fn a_request_without_identifier_is_told_what_to_do() {
    let request = Request::from_pem_or_der(&made(SM2, "-sm3").1).unwrap();
    let error = request.verify().unwrap_err();
    assert_eq!(error, Error::EmptyIdentifier);
    assert!(
        error
            .to_string()
            .contains("-sigopt distid:1234567812345678")
    );
    let other = Request::from_pem_or_der(&made(SM2, "-sm3 -sigopt distid:someone").1).unwrap();
    assert_eq!(other.verify(), Err(Error::Signature { what: "request" }));
}

#[test]
fn international_keys_are_read_and_prove_possession() {
    for (key, algorithm) in [
        (
            "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
            Algorithm::EcdsaP256Sha256,
        ),
        (
            "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
            Algorithm::RsaSha256,
        ),
        (
            "-algorithm RSA -pkeyopt rsa_keygen_bits:4096",
            Algorithm::RsaSha256,
        ),
    ] {
        let (_, der) = made(key, "-sha256");
        let request = Request::from_pem_or_der(&der).unwrap();
        assert_eq!(request.public_key().algorithm(), algorithm, "{key}");
        request.verify().unwrap();
        let mut altered = der.clone();
        *altered.last_mut().unwrap() ^= 1;
        if let Ok(altered) = Request::from_pem_or_der(&altered) {
            let refused = Err(Error::Signature { what: "request" });
            assert_eq!(altered.verify(), refused, "{key}");
        }
    }
}

#[test]
fn other_keys_and_forms_are_refused() {
    for (key, options) in [
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "-sha1"),
        (
            "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048",
            "-sha256",
        ),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "-sha384"),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "-sha256"),
        (
            "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
            "-sha256",
        ),
        ("-algorithm ED25519", ""),
    ] {
        let error = Request::from_pem_or_der(&made(key, options).1).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{key}: {error}");
    }
    // Parameters of the curve written out instead of its name, and the short form of the point. Without
    // an identifier: OpenSSL knows a key with explicit parameters as SM2 no more.
    for form in ["-pkeyopt ec_param_enc:explicit", "-outform DER"] {
        let judge = Judge::new();
        judge.ok(&format!("genpkey {SM2} {form} -out key"));
        if form.starts_with("-outform") {
            judge.ok("ec -inform DER -in key -conv_form compressed -out short");
            judge.ok(&format!("req -config /dev/null -new -key short {SUBJECT} -sm3 -sigopt {DISTID} -out der -outform DER"));
        } else {
            let (made, _) = judge.run(&format!(
                "req -config /dev/null -new -key key {SUBJECT} -sm3 -out der -outform DER"
            ));
            assert!(made);
        }
        let error = Request::from_pem_or_der(&judge.read("der")).unwrap_err();
        assert!(
            matches!(error, Error::Unsupported { .. }),
            "{form}: {error}"
        );
    }
}

#[test]
fn weak_rsa_keys_are_refused_and_say_why() {
    let small = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3";
    for (key, reason) in [
        (
            "-algorithm RSA -pkeyopt rsa_keygen_bits:1024",
            Weakness::Length,
        ),
        (
            "-algorithm RSA -pkeyopt rsa_keygen_bits:2047",
            Weakness::Length,
        ),
        (
            "-algorithm RSA -pkeyopt rsa_keygen_bits:4104",
            Weakness::Length,
        ),
        (small, Weakness::Exponent),
    ] {
        let error = Request::from_pem_or_der(&made(key, "-sha256").1).unwrap_err();
        assert_eq!(error, Error::WeakKey { reason }, "{key}");
    }
}

#[test]
fn openssl_verifies_ours() {
    let key = sm_engine::sm2::PrivateKey::generate();
    let signer = |tbs: &[u8]| Ok::<_, Error>(crate::hierarchy::sign(&key, tbs));
    let der = Request::build(signer, key.public_key(), &name("陈思齐")).unwrap();
    let judge = Judge::new();
    judge.write("der", &der);
    let verify = format!(
        "req -config /dev/null -inform DER -in der -noout -verify -vfyopt {DISTID} -subject -nameopt utf8"
    );
    let text = judge.ok(&verify);
    assert!(
        text.contains("verify OK") && text.contains("CN=陈思齐"),
        "{text}"
    );
    let mut tampered = der;
    let position = tampered
        .windows(3)
        .position(|window| window == "陈".as_bytes())
        .unwrap();
    tampered[position] ^= 1;
    judge.write("der", &tampered);
    let (_, text) = judge.run(&verify);
    assert!(!text.contains("verify OK"), "{text}");
}
