//! What of secrets is seen on the screen: one by one and for a time, or nothing at all while the screen is shared.

use std::collections::{BTreeMap, BTreeSet};

use super::model::OpenId;
use crate::{
    profile::import::Import,
    protocol::time::Timestamp,
    session::{Session, Vault, people::people, vault::SecretId},
};

/// A secret is shown for so many milliseconds.
pub const SHOWN_FOR: i64 = 30_000;

/// How secrets are masked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Masking {
    /// All but these, each until then.
    ButFor(BTreeMap<SecretId, Timestamp>),
    /// All, and people too: others look at the screen.
    Shared,
}

impl Default for Masking {
    fn default() -> Self {
        Self::ButFor(BTreeMap::new())
    }
}

impl Masking {
    /// Tells whether the screen is shared.
    pub fn is_shared(&self) -> bool {
        *self == Self::Shared
    }

    /// Returns the secrets that are shown, with their ends.
    pub fn shown(&self) -> &BTreeMap<SecretId, Timestamp> {
        static NONE: BTreeMap<SecretId, Timestamp> = BTreeMap::new();
        match self {
            Self::ButFor(shown) => shown,
            Self::Shared => &NONE,
        }
    }

    /// Shows secrets for a time; of those that are shown it begins anew.
    pub fn show(&mut self, secrets: &BTreeSet<SecretId>, now: Timestamp) {
        if let Self::ButFor(shown) = self {
            let end = Timestamp(now.0 + SHOWN_FOR);
            shown.extend(secrets.iter().map(|secret| (*secret, end)));
        }
    }

    /// Hides secrets at once.
    pub fn hide(&mut self, secrets: &BTreeSet<SecretId>) {
        if let Self::ButFor(shown) = self {
            shown.retain(|secret, _| !secrets.contains(secret));
        }
    }

    /// Hides what was shown for long enough.
    pub fn expire(&mut self, now: Timestamp) {
        if let Self::ButFor(shown) = self {
            shown.retain(|_, end| *end > now);
        }
    }

    /// Returns when the last of them is hidden.
    pub fn last_end(&self) -> Option<Timestamp> {
        self.shown().values().max().copied()
    }

    /// Returns when the first of them is hidden.
    pub fn next_end(&self) -> Option<Timestamp> {
        self.shown().values().min().copied()
    }
}

/// The vault that masks what is drawn, made anew when anything changes that it depends on.
#[derive(Debug, Default)]
pub struct Mask {
    /// Counts how often it was made: rows that were laid out with another one are not shown.
    pub number: u64,
    made: Option<(Made, Vault)>,
}

/// What it was made from.
#[derive(Debug, Eq, PartialEq)]
struct Made {
    open: OpenId,
    walk: u32,
    happened: usize,
    imported: usize,
    shared: bool,
    shown: BTreeSet<SecretId>,
}

impl Mask {
    /// Brings it up to date.
    pub fn settle(
        &mut self,
        open: OpenId,
        session: &Session,
        import: Option<&Import>,
        masking: &Masking,
    ) {
        let imported =
            import.map(|import| import.understood.iter().map(|one| (one.field, &one.value)));
        let made = Made {
            open,
            walk: session.walk.number,
            imported: import.map_or(0, |import| import.understood.len()),
            happened: session.journal().len(),
            shared: masking.is_shared(),
            shown: masking.shown().keys().copied().collect(),
        };
        let known = self.made.as_ref().map(|(made, _)| made);
        if known == Some(&made) {
            return;
        }
        let plain = !made.shared && made.shown.is_empty();
        if plain && self.made.is_none() {
            return;
        }
        self.number += 1;
        self.made = (!plain).then(|| {
            let vault = if made.shared {
                session
                    .vault
                    .with_people(&people(session, imported.into_iter().flatten()))
            } else {
                session.vault.without(&made.shown)
            };
            (made, vault)
        });
    }

    /// Returns the vault, if it is another than the session's own.
    pub fn vault(&self) -> Option<&Vault> {
        self.made.as_ref().map(|(_, vault)| vault)
    }
}
