//! Digests in JSON and TOML: 64 lower-case hex digits.
//!
//! Upper case is refused here, though [`Digest::from_str`](std::str::FromStr) reads it: one value, one text.

use crate::sm3::Digest;

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Digest;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("64 lower-case hex digits")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Digest, E> {
                if text.bytes().any(|c| c.is_ascii_uppercase()) {
                    return Err(E::custom("expected 64 lower-case hex digits"));
                }
                text.parse()
                    .map_err(|_| E::custom("expected 64 lower-case hex digits"))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::sm3::{Digest, digest};

    #[test]
    fn one_value_has_one_text() {
        let value = digest(b"abc");
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(
            text,
            "\"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0\""
        );
        assert_eq!(serde_json::from_str::<Digest>(&text).unwrap(), value);
        assert!(serde_json::from_str::<Digest>(&text.to_uppercase()).is_err());
        assert!(serde_json::from_str::<Digest>("\"66c7\"").is_err());
        assert!(serde_json::from_str::<Digest>("7").is_err());
    }
}
