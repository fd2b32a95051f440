//! What is handed to a program that gets the terminal for a while: an editor or a pager.

use zeroize::Zeroizing;

use crate::profile::FieldPath;

/// A text that another program shows or changes while it has the terminal.
#[derive(Clone, Debug)]
pub struct Visit {
    /// What it is.
    pub errand: Errand,
    /// What is done with it.
    pub how: How,
    /// The name of the file, for the editor's title and its colours.
    pub name: String,
    /// The text.
    pub text: Text,
}

/// A text with secrets in it, perhaps: it is wiped when it goes, and `Debug` does not show it.
#[derive(Clone, Eq, PartialEq)]
pub struct Text(pub Zeroizing<String>);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

/// What another program is done with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum How {
    /// An editor changes it.
    Edit,
    /// An editor shows a copy.
    Look,
    /// A pager shows it.
    Page,
}

/// What a text is, and so where it goes back to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Errand {
    /// The value of a field.
    Field(FieldPath),
    /// What is being typed into a field.
    Typed(FieldPath),
    /// The body of an answer.
    Body,
    /// What the screen shows.
    Rows,
    /// The file of a profile.
    Profile {
        /// Its name.
        name: String,
        /// The file as it is, and what the editor is given.
        draft: Draft,
    },
}

/// A profile's file on its way through an editor; kept, when it cannot be saved as the editor left it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Draft {
    /// The text of the file when the editor was opened.
    pub base: Text,
    /// The text with what was changed since.
    pub text: Text,
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}
