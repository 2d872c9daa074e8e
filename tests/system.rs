//! The whole system from outside: the built program on a temporary folder and free ports, driven by its command
//! line and by HTTP, and judged by programs that are not ours (openssl, curl, Bouncy Castle, Tongsuo, pkilint, Chromium).
//!
//! `tests/run` installs the judges. A judge that is absent fails the test: nothing is skipped.

#![allow(clippy::unwrap_used)]

mod system {
    mod appointments;
    mod browser;
    mod compat;
    mod crash;
    mod crls;
    mod curl;
    mod demonstration;
    mod garbage;
    mod judge;
    mod judge_judged;
    mod ledger;
    mod life;
    mod mirror;
    mod officer;
    mod old_copy;
    mod openssl;
    mod people;
    mod postgres;
    mod postgres_life;
    mod process;
    mod refusals;
    mod requests;
    mod status_role;
    mod successions;
    mod tamper;
    mod world;
}
