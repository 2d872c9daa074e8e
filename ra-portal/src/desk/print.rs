//! Sheets of paper: the application to be signed and sealed, and the receipt of what was handed over.
//!
//! A sheet names its case in a barcode and carries the first digits of the SM3 to which the ledger commits the form:
//! whoever holds the paper can tell which submission it is of.

use std::sync::Arc;

use askama::Template;
use authority::{CaseView, CertificateSummary};
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use barcoders::sym::code128::Code128;
use policy::Verb;

use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Digits of a digest that are put on paper.
const SHORT: usize = 16;
/// What begins Code 128 in its set B: capital and small letters, digits and punctuation.
const SET_B: char = '\u{181}';

#[derive(Template)]
#[template(path = "desk/print.html")]
struct PrintPage {
    page: Page,
    now: i64,
    code: String,
    bars: Option<Barcode>,
    evidence: Vec<String>,
    certificate: Option<CertificateSummary>,
    case: CaseView,
}

/// Code 128: where its bars are, in modules.
#[derive(Debug, PartialEq, Eq)]
struct Barcode {
    width: usize,
    /// Begin and width of each.
    bars: Vec<(usize, usize)>,
}

/// `GET /case/{case}/print`.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(case): Path<String>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let case = portal.authority.case(officer, &case).await?;
    let shown = case.summary.state == "issued" && portal.may(officer, Verb::CertificateView);
    let certificate = match case.summary.serial.as_deref().filter(|_| shown) {
        Some(serial) => {
            let authority = Some(case.summary.authority.as_str());
            let found = portal.authority.certificate(officer, authority, serial);
            Some(found.await?.summary)
        }
        None => None,
    };
    visitor.show(&PrintPage {
        page: visitor.desk_page(officer, Section::Cases, "print.title"),
        now: portal.now(),
        code: short(&case.form),
        bars: Barcode::of(&case.summary.case),
        evidence: case.evidence.iter().map(|digest| short(digest)).collect(),
        certificate,
        case,
    })
}

/// The first digits of a digest in groups of four, to be compared by eye.
fn short(digest: &str) -> String {
    let digits: Vec<char> = digest.chars().take(SHORT).collect();
    let groups: Vec<String> = digits
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

impl Barcode {
    /// `None` for a text that Code 128 cannot say.
    fn of(text: &str) -> Option<Self> {
        let modules = Code128::new(format!("{SET_B}{text}")).ok()?.encode();
        let mut bars: Vec<(usize, usize)> = Vec::new();
        for (at, _) in modules
            .iter()
            .enumerate()
            .filter(|(_, module)| **module == 1)
        {
            match bars.last_mut() {
                Some((begin, width)) if *begin + *width == at => *width += 1,
                _ => bars.push((at, 1)),
            }
        }
        Some(Self {
            width: modules.len(),
            bars,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_code_is_the_beginning_of_the_digest() {
        let digest = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        assert_eq!(short(digest), "66c7 f0f4 62ee edd9");
        assert_eq!(short("66c7f"), "66c7 f");
        assert_eq!(short(""), "");
    }

    #[test]
    fn a_barcode_begins_and_ends_as_the_symbology_says() {
        let code = Barcode::of("C-2026-0000001").unwrap();
        // Start B is 11010010000, the stop pattern 1100011101011; each of 14 characters and the check digit has 11
        // modules (ISO/IEC 15417 §4).
        assert_eq!(code.width, 11 + 15 * 11 + 13);
        assert_eq!(code.bars[..3], [(0, 2), (3, 1), (6, 1)]);
        let end = code.width - 13;
        let stop = [(end, 2), (end + 5, 3), (end + 9, 1), (end + 11, 2)];
        assert_eq!(code.bars[code.bars.len() - 4..], stop);
        // Every character, start and stop have three bars, the stop pattern's last one closes the code.
        assert_eq!(code.bars.len(), 3 * 17 + 1);
        assert_eq!(Barcode::of("案件"), None);
    }
}
