//! The commands, one file each.

pub mod agent;
pub mod audit;
pub mod bench;
pub mod case;
pub mod cert;
pub mod crl;
pub mod doctor;
pub mod officer;
pub mod responder;
