//! The API from outside.

mod act;
mod matrix;
mod sign_in;

use axum::http::header;

use crate::world::Answer;

/// A problem document with this status and code, in both languages.
fn assert_problem(answer: &Answer, status: u16, code: &str, about: &str) {
    assert_eq!(answer.status.as_u16(), status, "{about}: {}", answer.body);
    assert_eq!(
        answer.header(header::CONTENT_TYPE),
        "application/problem+json",
        "{about}"
    );
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{about}");
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{about}: {}", answer.body);
    assert_eq!(problem["status"], status, "{about}");
    for member in ["type", "title", "zh", "en"] {
        assert!(
            problem[member]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{about}: {member}"
        );
    }
}
