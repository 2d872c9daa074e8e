//! What a page must be, told from its source: well-formed, with landmarks and labels, with nothing foreign in it.

use std::collections::BTreeSet;

const VOID: [&str; 6] = ["br", "img", "input", "link", "meta", "!doctype"];
const DRAWING: [&str; 3] = ["circle", "path", "rect"];
/// Where a form may go beside this site: the officer's own signing agent.
const AGENT: &str = "http://127.0.0.1:8765/sign";

/// A start tag: its name and its attributes.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl Tag<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| *value)
    }
}

/// Checks a page; `machines` is the only other origin that it may link to.
pub(crate) fn check(html: &str, machines: &str) -> Result<(), String> {
    let tags = read(html)?;
    // A drawing has a title, too, and is named by it.
    let is_name = |tag: &&Tag<'_>| tag.name == "title" && tag.get("id").is_some();
    let tags_of = |name: &'static str| tags.iter().filter(move |tag| tag.name == name);
    let count = |name| tags_of(name).filter(|tag| !is_name(tag)).count();
    for (name, wanted) in [
        ("h1", 1),
        ("main", 1),
        ("header", 1),
        ("footer", 1),
        ("title", 1),
    ] {
        if count(name) != wanted {
            return Err(format!("{} <{name}>", count(name)));
        }
    }
    if count("table") != count("caption") {
        return Err("a table without a caption".to_owned());
    }
    let mut ids = BTreeSet::new();
    for id in tags.iter().filter_map(|tag| tag.get("id")) {
        if !ids.insert(id) {
            return Err(format!("id {id} twice"));
        }
    }
    for tag in &tags {
        foreign(tag, machines)?;
        for name in ["for", "aria-labelledby", "aria-describedby"] {
            for target in tag.get(name).unwrap_or_default().split_whitespace() {
                if !ids.contains(target) {
                    return Err(format!("{name}={target} leads nowhere"));
                }
            }
        }
        let labelled = |id: &str| {
            tags.iter()
                .any(|other| other.name == "label" && other.get("for") == Some(id))
        };
        let named = tag.get("type") == Some("hidden") || tag.get("aria-label").is_some();
        if matches!(tag.name, "input" | "select" | "textarea")
            && !named
            && !tag.get("id").is_some_and(labelled)
        {
            return Err(format!("<{}> without a label", tag.name));
        }
        if tag.name == "th" && tag.get("scope").is_none() {
            return Err("a th without scope".to_owned());
        }
        if tag.name == "img" && tag.get("alt").is_none() {
            return Err("an img without alt".to_owned());
        }
        if let Some(target) = tag.get("href").and_then(|href| href.strip_prefix('#'))
            && !ids.contains(target)
        {
            return Err(format!("#{target} leads nowhere"));
        }
    }
    if tags
        .iter()
        .filter(|tag| tag.get("aria-current") == Some("page"))
        .count()
        > 1
    {
        return Err("two current places".to_owned());
    }
    Ok(())
}

/// Nothing runs, nothing is styled in place, nothing comes from elsewhere.
fn foreign(tag: &Tag<'_>, machines: &str) -> Result<(), String> {
    if matches!(
        tag.name,
        "script" | "style" | "iframe" | "object" | "embed" | "base"
    ) {
        return Err(format!("<{}>", tag.name));
    }
    for (name, value) in &tag.attributes {
        if name.starts_with("on") || *name == "style" || *name == "srcdoc" {
            return Err(format!("{name}={value}"));
        }
        if matches!(*name, "href" | "src" | "action") {
            let here =
                value.starts_with('#') || (value.starts_with('/') && !value.starts_with("//"));
            let there = (tag.name == "a" && value.starts_with(machines))
                || (tag.name == "form" && *value == AGENT);
            if !here && !there {
                return Err(format!("{name}={value}"));
            }
        }
    }
    Ok(())
}

/// Start tags in order; an error where one is not closed, or closed in the wrong order.
fn read(html: &str) -> Result<Vec<Tag<'_>>, String> {
    let mut tags = Vec::new();
    let mut open = Vec::new();
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        if text.contains('>') {
            return Err(format!("a stray > in {text}"));
        }
        let (inside, after) = split_tag(after)?;
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes nothing"));
            }
            continue;
        }
        let tag = parse(inside)?;
        let closes_itself = DRAWING.contains(&tag.name) && inside.ends_with('/');
        if !closes_itself && !VOID.contains(&tag.name) {
            open.push(tag.name);
        }
        tags.push(tag);
    }
    if open.is_empty() {
        Ok(tags)
    } else {
        Err(format!("not closed: {open:?}"))
    }
}

/// The inside of a tag and what follows; quotes may hold `>`.
fn split_tag(text: &str) -> Result<(&str, &str), String> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return Ok((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    Err(format!("a tag without an end: {text:.40}"))
}

fn parse(inside: &str) -> Result<Tag<'_>, String> {
    let inside = inside.strip_suffix('/').unwrap_or(inside);
    let (name, mut rest) = inside
        .split_once(char::is_whitespace)
        .unwrap_or((inside, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(Tag { name, attributes });
        }
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end);
        if !attribute
            .bytes()
            .all(|b| b.is_ascii_alphabetic() || b == b'-')
        {
            return Err(format!("attribute {attribute:?} of <{name}>"));
        }
        let Some(value) = after.strip_prefix("=\"") else {
            if after.starts_with('=') {
                return Err(format!("unquoted value of {attribute}"));
            }
            attributes.push((attribute, ""));
            rest = after;
            continue;
        };
        let (value, after) = value
            .split_once('"')
            .ok_or_else(|| format!("open quote in <{name}>"))?;
        attributes.push((attribute, value));
        rest = after;
    }
}

#[test]
fn the_checker_finds_what_it_should() {
    let page = |main: &str| {
        format!(
            "<!doctype html><html><head><title>t</title></head><body><header></header><main><h1>h</h1>{main}</main><footer></footer></body></html>"
        )
    };
    assert_eq!(
        check(&page("<p class=\"a\">x<br>y</p>"), "http://m"),
        Ok(())
    );
    for bad in [
        "<p>",
        "<p></div>",
        "<script></script>",
        "<p onclick=\"x\"></p>",
        "<p style=\"x\"></p>",
        "<a href=\"http://elsewhere\"></a>",
        "<a href=\"//elsewhere\"></a>",
        "<a href=\"javascript:x\"></a>",
        "<input id=\"a\">",
        "<p id=\"a\"></p><p id=\"a\"></p>",
        "<table></table>",
        "<label for=\"x\"></label>",
        "<p 'x'></p>",
        "a > b",
    ] {
        assert!(check(&page(bad), "http://m").is_err(), "{bad}");
    }
}
