//! Where private keys live and how one asks them to work: generate, sign, export the public half.
//!
//! Nothing above this crate sees a private scalar. Entry points: [`Provider`] and its
//! [`software::SoftwareProvider`], and an officer's own key file, [`officer_file::OfficerKey`].
//! Every signature passes [`Verified`] before it is released. Not here: the algorithms (`sm-engine`),
//! certificates (`x509`).

pub mod conformance;
mod durable;
mod error;
mod label;
mod memory_key;
mod mirror;
pub mod officer_file;
mod passphrase;
mod pkcs8;
mod provider;
pub mod software;
mod verified;

pub use error::Error;
pub use label::KeyLabel;
pub use mirror::MirrorSigner;
pub use provider::{Pieces, Provider, Signer};
pub use verified::{RawSigner, Verified};
