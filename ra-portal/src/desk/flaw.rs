//! What is wrong with a value as it was typed: the field's own rule, and that a required one is not empty.

use policy::Field;
use policy::identity::Flaw;
use x509::time::Time;

const MISSING: Flaw = Flaw {
    code: "E101",
    zh: "没有填写，请补填",
    en: "is empty; fill it in",
};

/// What is wrong with `value` for `field`, `now` being UTC seconds. Nothing where it is right.
pub(super) fn flaw(field: &Field, value: &str, now: i64) -> Option<Flaw> {
    match field.accept(value, Time(now)) {
        Ok(value) if value.is_empty() && field.required => Some(MISSING),
        Ok(_) => None,
        Err(flaw) => Some(flaw),
    }
}
