//! An officer who does not use our command line: curl for the officers' API, openssl for the signatures.

use std::fs;
use std::path::PathBuf;

use keys::officer_file::OfficerKey;
use serde_json::{Value, json};

use super::curl::{Page, post_json};
use super::openssl::{DISTID, openssl};
use super::world::{World, text};

/// A signed-in officer.
pub(crate) struct Desk<'a> {
    world: &'a World,
    key: PathBuf,
    role: &'static str,
    pub(crate) token: String,
}

impl<'a> Desk<'a> {
    /// Signs in with the demonstration officer of a role.
    #[track_caller]
    pub(crate) fn sign_in(world: &'a World, role: &'static str) -> Self {
        let mut desk = Self {
            world,
            key: take_key(world, role),
            role,
            token: String::new(),
        };
        let (id, challenge) = desk.challenge();
        let signature = desk.sign(&challenge);
        let session = desk.post("session", &json!({"id": id, "signature": signature}));
        assert_eq!(session.status, 200, "{}", session.json());
        desk.token = text(&session.json()["token"]);
        assert_ne!(desk.token, "");
        desk
    }

    /// A fresh challenge for this officer's certificate: its number and its text.
    #[track_caller]
    pub(crate) fn challenge(&self) -> (Value, String) {
        let file = self
            .world
            .data()
            .join("officers")
            .join(format!("{}.pem", self.role));
        let certificate = fs::read_to_string(file).unwrap();
        let asked = self.post("session/challenge", &json!({"certificate": certificate}));
        assert_eq!(asked.status, 200, "{}", asked.json());
        (asked.json()["id"].clone(), text(&asked.json()["challenge"]))
    }

    /// POST to the officers' API in this session.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Page {
        let url = format!("{}/api/v1/{path}", self.world.portal);
        let token = (!self.token.is_empty()).then_some(self.token.as_str());
        post_json(&url, token, body, &self.world.path("body.json"))
    }

    /// Base64 of the officer's SM2 signature over a text, by openssl.
    #[track_caller]
    pub(crate) fn sign(&self, message: &str) -> String {
        use base64::Engine as _;
        let file = self.world.write("message.txt", message);
        let key = self.key.to_str().unwrap();
        let how = [
            "dgst",
            "-sm3",
            "-sigopt",
            DISTID,
            "-keyform",
            "DER",
            "-sign",
            key,
            file.to_str().unwrap(),
        ];
        let signed = openssl(&how);
        signed.success();
        base64::engine::general_purpose::STANDARD.encode(&signed.stdout)
    }

    /// The statement of an act, ready to be signed.
    #[track_caller]
    pub(crate) fn prepare(&self, act: &Value) -> (Value, String) {
        let page = self.post("acts/prepare", &json!({"act": act}));
        assert_eq!(page.status, 200, "{}", page.json());
        (page.json()["act"].clone(), text(&page.json()["statement"]))
    }

    /// Commits an act with any statement and any signature.
    #[track_caller]
    pub(crate) fn commit(&self, act: &Value, statement: &str, signature: &str) -> Page {
        self.post(
            "acts",
            &json!({"act": act, "statement": statement, "signature": signature}),
        )
    }
}

/// The officer's key as PKCS#8, which the officer may take to any other program.
fn take_key(world: &World, role: &str) -> PathBuf {
    let officers = world.data().join("officers");
    let passphrase = fs::read_to_string(officers.join(format!("{role}.pass"))).unwrap();
    let key = OfficerKey::export(
        officers.join(format!("{role}.key")),
        passphrase.trim_end().as_bytes(),
    )
    .unwrap();
    world.write(&format!("{role}.p8"), &*key)
}
