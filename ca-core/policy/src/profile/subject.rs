//! The subject's distinguished name: C and ST from the profile, everything else from the vetted form.

use x509::name::{Name, NameBuilder};

use super::Profile;
use crate::field::{Target, first_item};
use crate::form::Form;

pub(super) fn build(profile: &Profile, form: &Form) -> Result<Name, x509::Error> {
    let value = |target: Target| {
        let field = profile
            .fields
            .iter()
            .find(|field| field.into.contains(&target))?;
        form.get(&field.name)
            .map(|value| first_item(field.kind, value).to_owned())
    };
    let required = |target: Target, what: &'static str| {
        value(target).ok_or(x509::Error::Value {
            what,
            reason: "the form does not hold it",
        })
    };
    NameBuilder {
        country: Some(profile.country.clone()),
        state: Some(profile.state.clone()),
        locality: value(Target::Locality),
        organization: Some(required(Target::Organization, "organizationName")?),
        organizational_unit: value(Target::OrganizationalUnit),
        common_name: Some(required(Target::CommonName, "commonName")?),
        serial_number: value(Target::SerialNumber),
    }
    .build()
}
