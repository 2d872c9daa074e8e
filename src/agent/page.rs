//! The agent's own pages: plain, without scripts or anything from elsewhere.

/// Text as HTML shows it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Marks that turn the direction of writing would show another sentence than the one that is signed.
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => safe.push('\u{FFFD}'),
            other => safe.push(other),
        }
    }
    safe
}

fn framed(title: &str, main: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title></head>\
         <body><main><h1>{title}</h1>{main}</main></body></html>\n"
    )
}

/// The sentence, and the choice to sign it or not.
pub(super) fn ask(sentence: &str, text: &str, number: &str, portal: &str) -> String {
    let (sentence, text, portal) = (escaped(sentence), escaped(text), escaped(portal));
    framed(
        "签名助手 · Signing agent",
        &format!(
            "<p>{portal} 请您签名：<br>The portal asks you to sign:</p><blockquote><p><strong>{sentence}</strong></p></blockquote>\
             <form action=\"/confirm\" method=\"post\"><input type=\"hidden\" name=\"number\" value=\"{number}\">\
             <p><button type=\"submit\" accesskey=\"y\">签名 Sign</button></p></form>\
             <p>不同意时请关闭本页。Close this page if you do not agree.</p>\
             <details><summary>全文 The whole text</summary><pre>{text}</pre></details>"
        ),
    )
}

/// What is not signed, and why.
pub(super) fn refused(why: &str) -> String {
    framed(
        "没有签名 · Nothing was signed",
        &format!("<p>{}</p>", escaped(why)),
    )
}

/// What somebody sees who opens the agent's address.
pub(super) fn idle(portal: &str) -> String {
    framed(
        "签名助手 · Signing agent",
        &format!(
            "<p>为 {0} 服务，等待签名。<br>It serves {0} and waits.</p>",
            escaped(portal)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_sentence_is_text() {
        let page = ask("<script>\"'\u{202E}", "&", "00", "http://p");
        assert!(page.contains("&lt;script&gt;&quot;&#39;\u{FFFD}"));
        assert!(!page.contains("<script>"));
    }
}
