//! Which draft of the ID-JAG the rules speak from: a profile may choose an older one.

use crate::profile::{Profile, fields};

/// A revision of draft-ietf-oauth-identity-assertion-authz-grant, by its number (FACTS §5.1).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Revision(pub u8);

impl Revision {
    /// The first working-group draft.
    pub const FIRST: Self = Self(0);
    /// The newest known: the editor's copy of August 2026.
    pub const NEWEST: Self = Self(5);

    /// Reads what a profile says: `03`, `3`, `-03` or `JAG-03`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text
            .trim()
            .trim_start_matches("JAG")
            .trim_start_matches("jag")
            .trim_start_matches('-');
        digits
            .parse()
            .ok()
            .map(Self)
            .filter(|revision| *revision <= Self::NEWEST)
    }

    /// Returns the revision that a profile speaks from: its own word, else the newest known.
    pub fn of(profile: &Profile) -> Self {
        profile
            .text(fields::REVISION)
            .and_then(Self::parse)
            .unwrap_or(Self::NEWEST)
    }
}

/// `JAG-03`.
impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JAG-{:02}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_read_in_every_spelling() {
        for text in ["03", "3", "-03", "JAG-03", " jag-03 "] {
            assert_eq!(Revision::parse(text), Some(Revision(3)), "{text}");
        }
        for text in ["", "newest", "06", "-1x"] {
            assert_eq!(Revision::parse(text), None, "{text}");
        }
    }
}
