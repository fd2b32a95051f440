//! The words of an import: the same on the command line and on the screen.

use super::{Import, Source, Understood, read};
use crate::profile::{FieldValue, Profile, SecretSource, mask::without_password};

/// What is said where a secret of a source is to be kept in the profile itself.
pub const INLINE: &str = "Secrets stand in the profile itself; safer is { env = \"NAME\" }, { file = \"PATH\" } or { cmd = \"COMMAND\" }.";

/// Reads a source of which something has to be known.
///
/// # Errors
/// A sentence, when it is none of the known forms, or says nothing that is known here.
pub fn understand(text: &str) -> Result<Import, String> {
    let import = read(text)?;
    if import.understood.is_empty() {
        let name = import.source.name();
        return Err(format!("Nothing in this {name} is known here."));
    }
    Ok(import)
}

/// Tells whether a text is a source itself, and not the name of one.
pub fn is_source(text: &str) -> bool {
    let text = text.trim();
    let lines = text.lines().count();
    lines > 1 || read(text).is_ok_and(|import| lines == 1 && import.source != Source::Env)
}

impl Understood {
    /// Returns the value as it may be shown: a secret by its field alone, an address without its password.
    pub fn shown(&self) -> String {
        if let FieldValue::Secret(_) = self.value {
            return format!("‹{}›", self.field);
        }
        let mut typed = Profile::named("");
        typed.set(self.field, self.value.clone());
        let shown = typed.shown(self.field);
        without_password(&shown).unwrap_or(shown)
    }
}

impl Import {
    /// Says what was understood of what.
    pub fn heading(&self) -> String {
        format!("Understood of the {}:", self.source.name())
    }

    /// Tells whether a secret would stand in the profile itself.
    pub fn has_secrets(&self) -> bool {
        let mut values = self.understood.iter().map(|one| &one.value);
        values.any(|value| matches!(value, FieldValue::Secret(SecretSource::Inline(_))))
    }
}
