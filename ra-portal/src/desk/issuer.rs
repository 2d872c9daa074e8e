//! Who may issue: the authorities that are offered, and that the chosen one certifies keys of the chosen class.
//!
//! Told before anything is typed; the authority asks again when a case is submitted.

use authority::AuthorityView;
use policy::Profile;
use sm_engine::key::Algorithm;

use crate::failure::Failure;
use crate::portal::Portal;

/// What the authority calls the algorithm of its SM2 issuers.
const SM2: &str = "sm2";

/// The authorities that issue to applicants, those that most applications are for first.
pub(super) async fn choices(portal: &Portal) -> Result<Vec<AuthorityView>, Failure> {
    let mut authorities = portal.authority.authorities().await?;
    authorities.retain(|authority| authority.parent != authority.authority);
    authorities.sort_by_key(|authority| authority.algorithm != SM2);
    Ok(authorities)
}

/// The chosen one of them.
///
/// # Errors
/// W400 where there is none of that name, W425 where it has no keys of the kind that the class is for.
pub(super) async fn chosen(
    portal: &Portal,
    profile: &Profile,
    name: &str,
) -> Result<String, Failure> {
    let choices = choices(portal).await?;
    let mut named = choices.into_iter().filter(|one| one.authority == name);
    let chosen = named
        .next()
        .ok_or_else(|| Failure::bad_request("authority"))?;
    if profile.takes(Algorithm::Sm2Sm3) != (chosen.algorithm == SM2) {
        return Err(Failure::wrong_issuer());
    }
    Ok(chosen.authority)
}
