//! What an officer may be asked to sign: a sign-in of this certificate at this portal, or a statement of this officer.
//! Nothing else gets a signature here.

use anyhow::Context as _;
use authority::Statement;

/// Longest text: a statement about a hundred cases.
const LONGEST: usize = 64 * 1024;

/// A text that may be signed.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// The sentence, read from the text itself.
    pub sentence: String,
}

/// Reads a text for the officer with this certificate; a sign-in must be for `origin` where one is given.
pub fn read(text: &str, fingerprint: &str, origin: Option<&str>) -> anyhow::Result<Question> {
    anyhow::ensure!(
        text.len() <= LONGEST,
        "longer than anything that officers sign"
    );
    if let Some(rest) = text.strip_prefix("gmpki.session/1\n") {
        let line = |name: &str| {
            let mut found = rest.lines().filter_map(|line| line.strip_prefix(name));
            found.next().filter(|_| found.next().is_none())
        };
        anyhow::ensure!(
            line("certificate: ") == Some(fingerprint),
            "a sign-in of somebody else"
        );
        let named = line("origin: ").context("a sign-in that names no portal")?;
        if let Some(origin) = origin {
            anyhow::ensure!(named == origin, "a sign-in for another portal: {named}");
        }
        let sentence = rest.lines().next().unwrap_or_default().to_owned();
        return Ok(Question { sentence });
    }
    let statement = Statement::parse(text).context("neither a sign-in nor a statement")?;
    anyhow::ensure!(
        statement.certificate.to_string() == fingerprint,
        "a statement of somebody else"
    );
    Ok(Question {
        sentence: statement.zh,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTAL: &str = "http://portal.test:8080";

    fn sign_in(certificate: &str, origin: &str) -> String {
        format!(
            "gmpki.session/1\n我是操作员 OP-0001（王晓岚），现在登录 {origin}。\n\
             origin: {origin}\nofficer: OP-0001\ncertificate: {certificate}\ntime: x\nnonce: y\n"
        )
    }

    #[test]
    fn only_a_sign_in_here_of_this_officer() {
        let own = "0".repeat(64);
        let good = sign_in(&own, PORTAL);
        let question = read(&good, &own, Some(PORTAL)).ok();
        assert_eq!(
            question.map(|question| question.sentence),
            Some(format!("我是操作员 OP-0001（王晓岚），现在登录 {PORTAL}。"))
        );
        assert!(read(&good, &own, None).is_ok());
        for bad in [
            sign_in(&"1".repeat(64), PORTAL),
            sign_in(&own, "http://other.test"),
            format!("{good}certificate: {own}\n"),
            good.replace("origin: ", "from: "),
            good.replacen("gmpki.session/1", "gmpki.session/2", 1),
            String::new(),
            "{}".into(),
            "transfer everything".into(),
            "x".repeat(LONGEST + 1),
        ] {
            assert!(read(&bad, &own, Some(PORTAL)).is_err(), "{bad:.80}");
        }
    }
}
