//! Policy documents: what loads, and how a document that does not load says where and why.
#![allow(clippy::unwrap_used)]

use policy::{Class, Error, PolicySet, Profile, Purpose};
use sm_engine::key::Algorithm;

const PROFILES: [(&str, Class, Purpose, u32, bool); 10] = [
    (
        "department-encryption",
        Class::Department,
        Purpose::Encryption,
        365,
        true,
    ),
    (
        "department-signing",
        Class::Department,
        Purpose::Signing,
        365,
        true,
    ),
    ("device", Class::Device, Purpose::Signing, 365, true),
    ("device-compat", Class::Device, Purpose::Signing, 365, true),
    (
        "issuing-ca",
        Class::Authority,
        Purpose::CertificateSigning,
        5478,
        false,
    ),
    (
        "ocsp-responder",
        Class::Responder,
        Purpose::OcspSigning,
        30,
        false,
    ),
    ("officer", Class::Officer, Purpose::Signing, 365, true),
    (
        "root",
        Class::Root,
        Purpose::CertificateSigning,
        10957,
        false,
    ),
    (
        "staff-encryption",
        Class::Staff,
        Purpose::Encryption,
        365,
        true,
    ),
    ("staff-signing", Class::Staff, Purpose::Signing, 365, true),
];

fn files() -> Vec<(String, Vec<u8>)> {
    let set = PolicySet::embedded().unwrap();
    set.documents()
        .values()
        .map(|document| (document.name.clone(), document.bytes.clone()))
        .collect()
}

/// The set with `from` replaced by `to`, once, in one document.
fn with(file: &str, from: &str, to: &str) -> Result<PolicySet, Error> {
    let mut files = files();
    let (_, bytes) = files.iter_mut().find(|(name, _)| name == file).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(from), "{file} holds no {from:?}");
    *bytes = text.replacen(from, to, 1).into_bytes();
    PolicySet::from_files(files)
}

/// The line (from 1) of `needle` in a document, after the same replacement.
fn line_of(file: &str, from: &str, to: &str, needle: &str) -> usize {
    let files = files();
    let (_, bytes) = files.iter().find(|(name, _)| name == file).unwrap();
    let text = String::from_utf8(bytes.clone())
        .unwrap()
        .replacen(from, to, 1);
    let position = text.find(needle).unwrap();
    1 + text[..position].matches('\n').count()
}

#[test]
fn the_embedded_set() {
    let set = PolicySet::embedded().unwrap();
    let found: Vec<_> = set
        .profiles()
        .map(|profile: &std::sync::Arc<Profile>| {
            (
                profile.name.as_str(),
                profile.class,
                profile.purpose,
                profile.validity_days,
                profile.requestable(),
            )
        })
        .collect();
    assert_eq!(found, PROFILES);
    for profile in set.profiles() {
        let document = &set.documents()[&profile.name];
        assert_eq!(profile.document(), document.digest);
        assert_eq!(document.digest, sm_engine::sm3::digest(&document.bytes));
        assert_eq!(
            set.profile_by_document(&document.digest).unwrap().name,
            profile.name
        );
        assert_eq!(
            profile.validity_seconds(),
            i64::from(profile.validity_days) * 86_400 - 1
        );
        assert_eq!(profile.approvals, if profile.requestable() { 2 } else { 0 });
        let compat = profile.name == "device-compat";
        assert_eq!(profile.takes(Algorithm::Sm2Sm3), !compat);
        for other in [Algorithm::EcdsaP256Sha256, Algorithm::RsaSha256] {
            assert_eq!(profile.takes(other), compat || !profile.requestable());
        }
    }
    assert_eq!(set.documents().len(), PROFILES.len() + 1);
    assert!(set.profile("separation").is_none());
    assert!(
        set.profile_by_document(&set.documents()["separation"].digest)
            .is_none()
    );
    assert_eq!(set.profiles_of(Class::Staff).count(), 2);
}

#[test]
fn signing_and_encryption_ask_the_same_questions() {
    let set = PolicySet::embedded().unwrap();
    for pair in ["staff", "department"] {
        let fields = |purpose: &str| {
            format!(
                "{:?}",
                set.profile(&format!("{pair}-{purpose}")).unwrap().fields()
            )
        };
        assert_eq!(fields("signing"), fields("encryption"));
    }
}

/// File, replacement, the key that is named, the text on the line that is named, part of the reason.
#[rustfmt::skip]
const BROKEN: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("device.toml", "approvals = 2", "aprovals = 2", "aprovals", "aprovals = 2", "unknown field"),
    ("device.toml", "required = true\npersonal", "requird = true\npersonal", "requird", "requird", "unknown field"),
    ("device.toml", "zh = \"设备证书\"", "zh = \"设备证书\"\nfr = \"x\"", "fr", "fr = ", "unknown field"),
    ("device.toml", "state = \"山东省\"", "state = \"山东省\"\ncity = \"x\"", "city", "city = \"x\"", "unknown field"),
    ("device.toml", "class = \"device\"", "class = \"divice\"", "class", "class = \"divice\"", "unknown variant"),
    ("device.toml", "kind = \"host-names\"", "kind = \"host\"", "kind", "kind = \"host\"", "unknown variant"),
    ("device.toml", "validity_days = 365\n", "", "validity_days", "# 设备证书", "missing field"),
    ("device.toml", "validity_days = 365", "validity_days = \"365\"", "validity_days", "validity_days", "invalid type"),
    ("device.toml", "validity_days = 365", "validity_days = 365\nvalidity_days = 1", "validity_days", "validity_days = 1", "duplicate key"),
    ("device.toml", "validity_days = 365", "validity_days = 0", "validity_days", "validity_days", "1 to"),
    ("device.toml", "validity_days = 365", "validity_days = 60", "renew_before_days", "renew_before_days", "less than"),
    ("device.toml", "overlap_days = 30", "overlap_days = 31", "overlap_days", "overlap_days", "0 to 30"),
    ("root.toml", "approvals = 0", "approvals = 0\noverlap_days = 1", "overlap_days", "overlap_days", "0 to 0"),
    ("staff-signing.toml", "overlap_days = 30", "renew_same_key = true", "renew_same_key", "renew_same_key", "only machines"),
    ("device.toml", "approvals = 2", "approvals = 1", "approvals", "approvals", "must be 2"),
    ("root.toml", "approvals = 0", "approvals = 2", "approvals", "approvals", "must be 0"),
    ("device.toml", "[\"digitalSignature\"]", "[\"digitalSignatur\"]", "key_usage", "key_usage", "not a key usage"),
    ("device.toml", "[\"digitalSignature\"]", "[]", "key_usage", "key_usage", "at least one"),
    ("device.toml", "[\"digitalSignature\"]", "[\"digitalSignature\", \"keyEncipherment\"]", "key_usage", "key_usage", "nothing outside"),
    ("device.toml", "[\"digitalSignature\"]", "[\"digitalSignature\", \"keyCertSign\"]", "key_usage", "key_usage", "nothing outside"),
    ("staff-encryption.toml", "\"keyAgreement\"", "\"digitalSignature\"", "key_usage", "key_usage", "nothing outside"),
    ("staff-encryption.toml", "\"keyEncipherment\", ", "", "key_usage", "key_usage", "must hold"),
    ("root.toml", "[\"keyCertSign\", \"cRLSign\"]", "[\"keyCertSign\"]", "key_usage", "key_usage", "must hold"),
    ("device.toml", "\"serverAuth\"", "\"OCSPSigning\"", "extended_key_usage", "extended_key_usage", "responders"),
    ("device.toml", "\"serverAuth\"", "\"clientAuth\"", "extended_key_usage", "extended_key_usage", "twice"),
    ("device.toml", "\"serverAuth\"", "\"anything\"", "extended_key_usage", "extended_key_usage", "unknown variant"),
    ("ocsp-responder.toml", "extended_key_usage = [\"OCSPSigning\"]\n", "", "extended_key_usage", "# OCSP", "responders"),
    ("ocsp-responder.toml", "validity_days = 30", "validity_days = 94", "validity_days", "validity_days", "1 to 93"),
    ("root.toml", "key_usage =", "extended_key_usage = [\"clientAuth\"]\nkey_usage =", "extended_key_usage", "extended_key_usage", "not in a certificate authority"),
    ("issuing-ca.toml", "path_len = 0\n", "", "path_len", "# 签发", "needed"),
    ("device.toml", "approvals = 2", "approvals = 2\npath_len = 0", "path_len", "path_len", "only for"),
    ("device.toml", "purpose = \"signing\"", "purpose = \"ocsp-signing\"", "purpose", "purpose", "does not suit"),
    ("device-compat.toml", "\"rsa\"", "\"rsa4096\"", "keys", "keys = ", "not sm2, p256 or rsa"),
    ("device-compat.toml", "[\"p256\", \"rsa\"]", "[]", "keys", "keys = ", "at least one"),
    ("device-compat.toml", "[\"p256\", \"rsa\"]", "[\"p256\", \"p256\"]", "keys", "keys = ", "each once"),
    ("officer.toml", "approvals = 2", "approvals = 2\nkeys = [\"p256\"]", "keys", "keys = ", "with SM2"),
    ("ocsp-responder.toml", "approvals = 0", "approvals = 0\nkeys = [\"sm2\"]", "keys", "keys = ", "the authority decides"),
    ("device.toml", "\"subject-alt-name\", ", "", "required", "required = [", "subjectAltName is missing"),
    ("device.toml", "\"authority-key-identifier\", ", "", "required", "required = [", "authorityKeyIdentifier is missing"),
    ("device.toml", "\"certificate-policies\", ", "\"certificate-policies\", \"subject-alt-name\", ", "extensions", "[extensions]", "listed twice"),
    ("device.toml", "\"certificate-policies\", ", "\"certificate-policies\", \"ocsp-no-check\", ", "extensions", "[extensions]", "responders"),
    ("device.toml", "\"certificate-policies\", ", "\"certificate-policies\", \"organization-code\", ", "extensions", "[extensions]", "go together"),
    ("ocsp-responder.toml", ", \"ocsp-no-check\"", "", "required", "required = [", "ocsp-nocheck is missing"),
    ("department-signing.toml", ", \"organization-code\"", "", "extensions", "[extensions]", "go together"),
    ("device.toml", "country = \"CN\"", "country = \"cn\"", "country", "country", "capital"),
    ("device.toml", "state = \"山东省\"", "state = \"<b>\"", "state", "state = ", "province"),
    ("device.toml", "name = \"ip\"", "name = \"host\"", "name", "name = \"host\"\nzh = \"IP", "not used before"),
    ("device.toml", "name = \"ip\"", "name = \"IP\"", "name", "name = \"IP\"", "lower-case"),
    ("device.toml", "zh = \"IP 地址\"", "zh = \" \"", "zh", "zh = \" \"", "both languages"),
    ("device.toml", "into = [\"ip-addresses\"]", "into = [\"dns-names\"]", "into", "into = [\"dns-names\"]", "does not take"),
    ("device.toml", "into = [\"ip-addresses\"]", "personal = true\ninto = [\"ip-addresses\"]", "into", "into = [\"ip-addresses\"]", "personal data never"),
    ("staff-signing.toml", "into = [\"organization\"]", "into = [\"organization\", \"common-name\"]", "into", "into = [\"organization\", ", "filled twice"),
    ("staff-signing.toml", "personal = true\nexample = \"10012345678\"", "example = \"10012345678\"", "kind", "kind = \"mobile\"", "personal = true"),
    ("device.toml", "example = \"10.36.1.20\"", "example = \"10.36.1\"", "example", "example = \"10.36.1\"", "E165"),
    ("device.toml", "example = \"10.36.1.20\"", "example = \"\"", "example", "example = \"\"", "needed"),
    ("device.toml", "required = true\nexample = \"portal", "example = \"portal", "field", "[[field]]", "CommonName"),
    ("device.toml", "class = \"device\"", "class = \"device", "class", "class = \"device", "basic string"),
    ("separation.toml", "\"case.submit\", \"case.withdraw\"", "\"case.submit\", \"case.steal\"", "may", "case.steal", "unknown variant"),
    ("separation.toml", "\"case.submit\", \"case.withdraw\"", "\"case.submit\", \"case.submit\"", "may", "may = [", "twice"),
    ("separation.toml", "name = \"review\"", "name = \"entry\"", "name", "name = \"entry\"\nmay = [\n  \"case.review", "twice"),
    ("separation.toml", "name = \"review\"", "name = \"reviewer\"", "name", "name = \"reviewer\"", "unknown variant"),
    ("separation.toml", "\"ledger.read\", \"audit.read\"", "\"crl.publish\", \"audit.read\"", "may", "may = [\n  \"case.view\", \"case.list\", \"certificate.view\", \"certificate.search\",\n  \"crl.publish", "only read"),
    ("separation.toml", "exclusive = [\"auditor\"]\n", "", "exclusive", "# Who may", "missing field"),
    ("separation.toml", "after = [\"case.submit\", \"certificate.issue\"]", "after = [\"certificate.issue\"]", "separate", "[[separate]]", "must be separated"),
    ("separation.toml", "verb = \"case.submit\"", "verb = \"crl.publish\"", "separate", "[[separate]]", "must be separated"),
    ("separation.toml", "verb = \"officer.confirm\"", "verb = \"crl.publish\"", "separate", "[[separate]]", "must be separated"),
    ("separation.toml", "verb = \"case.submit\"", "verb = \"case.submit\"\nwhen = \"never\"", "when", "when = ", "unknown field"),
];

#[test]
fn a_broken_document_names_file_line_and_key() {
    for (file, from, to, key, on_line, reason) in BROKEN {
        let error = with(file, from, to)
            .err()
            .unwrap_or_else(|| panic!("{file} loads with {to:?}"));
        let Error::Document {
            file: named,
            line,
            key: found,
            reason: why,
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(named, file);
        assert_eq!(found, key, "{error}");
        assert_eq!(*line, line_of(file, from, to, on_line), "{error}");
        assert!(why.contains(reason), "{error}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("P400 {file}, line {line}, key `{key}`: ")),
            "{error}"
        );
    }
}

#[test]
fn bytes_that_are_no_text() {
    let mut files = files();
    let (_, bytes) = files
        .iter_mut()
        .find(|(name, _)| name == "root.toml")
        .unwrap();
    bytes.extend_from_slice(b"\n# \xFF\n");
    let error = PolicySet::from_files(files).unwrap_err();
    assert!(
        matches!(&error, Error::Document { file, reason, .. } if file == "root.toml" && reason == "not UTF-8")
    );
}

#[test]
fn names_and_sizes() {
    let whole = files();
    let add = |name: &str, bytes: Vec<u8>| {
        let mut files = whole.clone();
        files.push((name.to_owned(), bytes));
        PolicySet::from_files(files).unwrap_err()
    };
    for name in [
        "root.TOML",
        "../root.toml",
        ".toml",
        "根.toml",
        "a b.toml",
        "root",
        &"x".repeat(10_000),
    ] {
        assert!(
            matches!(add(name, Vec::new()), Error::Name { .. }),
            "{name:.20}"
        );
    }
    assert!(matches!(
        add("root.toml", Vec::new()),
        Error::Name {
            reason: "given twice",
            ..
        }
    ));
    assert!(matches!(
        add("other.toml", vec![b'#'; 65 * 1024]),
        Error::TooLarge { .. }
    ));
    let many = (0..65)
        .map(|n| (format!("p{n}.toml"), Vec::new()))
        .collect();
    assert!(matches!(
        PolicySet::from_files(many),
        Err(Error::TooLarge { .. })
    ));
    let without: Vec<_> = whole
        .iter()
        .filter(|(name, _)| name != "separation.toml")
        .cloned()
        .collect();
    assert_eq!(
        PolicySet::from_files(without).unwrap_err(),
        Error::Missing {
            file: "separation.toml"
        }
    );
}

#[test]
fn another_byte_is_another_document() {
    let set = with("device.toml", "validity_days = 365", "validity_days = 364").unwrap();
    let (old, new) = (
        PolicySet::embedded().unwrap(),
        set.profile("device").unwrap(),
    );
    assert_eq!(new.validity_days, 364);
    assert_ne!(new.document(), old.profile("device").unwrap().document());
    assert!(old.profile_by_document(&new.document()).is_none());
}
