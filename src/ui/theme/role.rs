//! The closed list of what a style can mean; themes speak of these names and of nothing else.

macro_rules! roles {
    ($($(#[doc = $doc:literal])+ $role:ident = $name:literal;)+) => {
        /// What a piece of the screen means: a meaning, never a widget.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Role {
            $($(#[doc = $doc])+ $role,)+
        }

        impl Role {
            /// Every role, in the order of this list.
            pub const ALL: &'static [Role] = &[$(Role::$role,)+];

            /// Returns the dotted name that themes use.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$role => $name,)+
                }
            }

            /// Returns the meaning in words, as the list states it.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$role => concat!($($doc,)+).trim_ascii(),)+
                }
            }
        }
    };
}

roles! {
    /// Ordinary text, and the end of every fallback.
    Text = "text";
    /// What is only context.
    Muted = "text.muted";
    /// What the eye should find first in a line of text.
    Strong = "text.strong";
    /// The sentence at the top that says what the step does.
    Title = "title";
    /// The one accent: where the user is, what can be followed.
    Accent = "accent";
    /// A line between things that differ.
    Border = "border";
    /// The step the user looks at.
    RailCurrent = "rail.current";
    /// A step that worked.
    StepDone = "step.done";
    /// A step that a server refused, or whose answer we rejected.
    StepRefused = "step.refused";
    /// A step whose request got no usable answer.
    StepFailed = "step.failed";
    /// A step that can be sent now.
    StepReady = "step.ready";
    /// A step in flight, or one that waits for the user.
    StepWaiting = "step.waiting";
    /// A step or token whose grounds have changed since.
    StepStale = "step.stale";
    /// A step that was left out, or still needs another one first.
    StepSkipped = "step.skipped";
    /// A finding that stops the flow.
    FindingError = "finding.error";
    /// A finding to look at.
    FindingWarning = "finding.warning";
    /// A finding that only informs.
    FindingNote = "finding.note";
    /// A member name in JSON.
    JsonKey = "json.key";
    /// A string in JSON.
    JsonString = "json.string";
    /// A number in JSON.
    JsonNumber = "json.number";
    /// `true`, `false` or `null` in JSON.
    JsonLiteral = "json.literal";
    /// Braces, brackets, commas and colons in JSON.
    JsonPunct = "json.punct";
    /// The first part of a token in its raw form.
    JwtHeader = "jwt.header";
    /// The second part of a token in its raw form.
    JwtClaims = "jwt.claims";
    /// The third part of a token in its raw form.
    JwtSignature = "jwt.signature";
    /// The name that stands in place of a secret.
    Secret = "secret";
    /// An address that can be opened or copied.
    Link = "link";
    /// The name of a field or of a row.
    FieldLabel = "field.label";
    /// The value of a field.
    FieldValue = "field.value";
    /// The field that takes the keys.
    FieldFocus = "field.focus";
    /// A value that cannot be used as it is.
    FieldInvalid = "field.invalid";
    /// The name of a panel that is not shown.
    Tab = "tab";
    /// The name of the panel that is shown.
    TabCurrent = "tab.current";
    /// A key in the footer and in the help.
    HintKey = "hint.key";
    /// What the key does.
    HintText = "hint.text";
    /// The word that says that this profile is for production.
    MarkProd = "mark.prod";
    /// The word that says that certificates are not checked.
    MarkInsecure = "mark.insecure";
    /// A QR code: its letters are the light of it.
    Qr = "qr";
    /// The selected row.
    Selection = "selection";
    /// Text that the user looked for.
    FindMatch = "find.match";
    /// A signature that was checked and holds.
    SignatureVerified = "signature.verified";
    /// A signature that was checked and does not hold.
    SignatureFailed = "signature.failed";
    /// A signature that nobody has checked: never shown as failed.
    SignatureUnchecked = "signature.unchecked";
    /// A time that ends soon.
    TimeSoon = "time.soon";
    /// A time that is over.
    TimePast = "time.past";
}

impl Role {
    /// Returns the names to ask a theme for, from the role itself along its dots to `text`.
    pub fn fallbacks(self) -> impl Iterator<Item = &'static str> {
        let along_dots = std::iter::successors(Some(self.name()), |name| {
            name.rsplit_once('.').map(|(parent, _)| parent)
        });
        along_dots.chain(std::iter::once(Self::Text.name()))
    }

    /// Tells whether a theme may use the name: that of a role, or of a group that roles fall back to.
    pub fn knows(name: &str) -> bool {
        Self::ALL
            .iter()
            .any(|role| role.fallbacks().any(|known| known == name))
    }

    /// Returns the role's place in [`Role::ALL`].
    pub(super) fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dotted_distinct_and_in_their_place() {
        for (index, role) in Role::ALL.iter().enumerate() {
            assert_eq!(role.index(), index);
            assert_eq!(
                Role::ALL
                    .iter()
                    .filter(|other| other.name() == role.name())
                    .count(),
                1
            );
            assert!(role.about().ends_with('.'), "{role:?}");
        }
    }

    #[test]
    fn a_role_falls_back_along_its_dots() {
        let names: Vec<_> = Role::FindingError.fallbacks().collect();
        assert_eq!(names, ["finding.error", "finding", "text"]);
        assert!(Role::knows("finding"));
        assert!(!Role::knows("finding.eror"));
    }
}
