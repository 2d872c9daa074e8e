//! What a review officer ticks, by class: data of `policies/checklists.toml`.

use serde::Deserialize;

use crate::Error;
use crate::profile::{Class, Title};
use crate::set::source::Source;

/// The checklists in force.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checklists {
    /// Version, named in statements.
    pub version: u32,
    checklist: Vec<Checklist>,
    /// Usual reasons for returning a case.
    #[serde(rename = "return")]
    pub returns: Vec<Title>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checklist {
    class: Class,
    /// Chinese and English.
    items: Vec<[String; 2]>,
}

impl Checklists {
    /// The checklists that came with this program.
    ///
    /// # Errors
    /// [`Error::Document`] where they are not what they should be.
    pub fn embedded() -> Result<Self, Error> {
        Self::read(
            "checklists.toml",
            include_bytes!("../../../policies/checklists.toml"),
        )
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`Error::Document`] with line and key.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let source = Source::new(file, bytes)?;
        let lists: Self = source.parse()?;
        for list in &lists.checklist {
            let texts = list.items.iter().flatten();
            if list.items.is_empty() || texts.clone().any(|text| text.trim().is_empty()) {
                return Err(source.fault("items", "a checklist has items in both languages"));
            }
        }
        Ok(lists)
    }

    /// The items of a class, Chinese and English; none where it has no checklist.
    #[must_use]
    pub fn items(&self, class: Class) -> &[[String; 2]] {
        let found = self.checklist.iter().find(|list| list.class == class);
        found.map(|list| list.items.as_slice()).unwrap_or_default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_class_that_can_be_asked_for_has_a_checklist() {
        let lists = Checklists::embedded().unwrap();
        for class in [
            Class::Department,
            Class::Device,
            Class::Officer,
            Class::Staff,
        ] {
            assert!(!lists.items(class).is_empty(), "{class:?}");
        }
        assert!(lists.items(Class::Root).is_empty());
        assert!(!lists.returns.is_empty());
    }

    #[test]
    fn half_a_checklist_is_refused() {
        for text in [
            "version = 1\nreturn = []\n[[checklist]]\nclass = \"staff\"\nitems = []",
            "version = 1\nreturn = []\n[[checklist]]\nclass = \"staff\"\nitems = [[\"甲\", \" \"]]",
            "version = 1\nreturn = []\nsurplus = 1\nchecklist = []",
            "version = 1\nreturn = []\n[[checklist]]\nclass = \"cat\"\nitems = [[\"甲\", \"a\"]]",
        ] {
            assert!(
                Checklists::read("checklists.toml", text.as_bytes()).is_err(),
                "{text}"
            );
        }
    }
}
