//! The stylesheet and the seal: embedded, named by their content, immutable for every cache.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;

/// A file of the site.
pub(crate) struct Asset {
    /// Name with the first digits of the SM3 of its content.
    name: String,
    /// Where pages find it.
    pub(crate) path: String,
    media: &'static str,
    content: &'static str,
}

/// The one stylesheet.
pub(crate) static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "site",
        "css",
        "text/css; charset=utf-8",
        include_str!("../../assets/site.css"),
    )
});

/// The mark of the service, in the header and in the browser's tab.
pub(crate) static SEAL: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "seal",
        "svg",
        "image/svg+xml",
        include_str!("../../assets/seal.svg"),
    )
});

impl Asset {
    fn new(stem: &str, extension: &str, media: &'static str, content: &'static str) -> Self {
        let digest = sm_engine::sm3::digest(content.as_bytes()).to_string();
        let name = format!(
            "{stem}-{}.{extension}",
            digest.get(..16).unwrap_or_default()
        );
        Self {
            path: format!("/assets/{name}"),
            name,
            media,
            content,
        }
    }
}

/// `/assets/{file}`.
pub(crate) async fn serve(file: Option<Path<String>>) -> Result<Response, Failure> {
    let Path(file) = file.ok_or_else(Failure::not_found)?;
    let known: [&Asset; 2] = [&STYLESHEET, &SEAL];
    let asset = known
        .into_iter()
        .find(|asset| asset.name == file)
        .ok_or_else(Failure::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, asset.media),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.content).into_response())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    /// The colours of a `:root` block, by name.
    fn colours(block: &str) -> BTreeMap<&str, &str> {
        let lines = block.split('}').next().unwrap().lines();
        let pairs = lines.filter_map(|line| {
            line.trim()
                .strip_prefix("--")?
                .strip_suffix(';')?
                .split_once(": ")
        });
        pairs.filter(|(_, value)| value.starts_with('#')).collect()
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_text_has_a_contrast_of_4_5_in_light_and_dark() {
        let blocks: Vec<&str> = include_str!("../../assets/site.css")
            .split(":root {")
            .skip(1)
            .collect();
        let light = colours(blocks[0]);
        let mut dark = light.clone();
        dark.extend(colours(blocks[1]));
        assert!(light.len() >= 18 && dark["paper"] != light["paper"]);
        for (scheme, palette) in [("light", light), ("dark", dark)] {
            let pairs = [
                ("ink", "paper"),
                ("ink", "wash"),
                ("faded", "paper"),
                ("faded", "wash"),
                ("link", "paper"),
                ("link", "wash"),
                ("on-brand", "brand"),
                ("on-brand", "brand-deep"),
                ("good", "paper"),
                ("good", "good-wash"),
                ("held", "paper"),
                ("held", "held-wash"),
                ("revoked", "paper"),
                ("revoked", "revoked-wash"),
                ("unknown", "paper"),
                ("unknown", "unknown-wash"),
            ];
            for (text, ground) in pairs {
                let ratio = contrast(palette[text], palette[ground]);
                assert!(ratio >= 4.5, "{scheme}: {text} on {ground} has {ratio:.2}");
            }
            for line in ["field-line", "focus"] {
                let ratio = contrast(palette[line], palette["paper"]);
                assert!(ratio >= 3.0, "{scheme}: {line} has {ratio:.2}");
            }
        }
        assert!(
            contrast("#4b3a00", "#fff3cd") >= 4.5,
            "the demonstration banner"
        );
    }
}
