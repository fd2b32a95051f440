//! Which token of the user is exchanged for the ID-JAG.

use super::{Profile, fields};

/// The subject of the exchange, by `agent.subject` (JAG §4.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject {
    /// The ID Token of the sign-in.
    IdToken,
    /// The access token of the sign-in; not in the document, and some servers take it.
    AccessToken,
    /// The refresh token of the sign-in.
    RefreshToken,
    /// The SAML assertion itself.
    Saml,
    /// A refresh token that the SAML assertion was exchanged for (JAG §4.5).
    SamlRefresh,
}

impl Subject {
    /// Tells whether a SAML assertion takes the place of a sign-in.
    pub fn is_saml(self) -> bool {
        matches!(self, Self::Saml | Self::SamlRefresh)
    }
}

impl Profile {
    /// Returns which token of the user is exchanged.
    pub fn subject(&self) -> Subject {
        match self.text(fields::AGENT_SUBJECT) {
            Some("access_token") => Subject::AccessToken,
            Some("refresh_token") => Subject::RefreshToken,
            Some("saml2") => Subject::Saml,
            Some("saml2_refresh") => Subject::SamlRefresh,
            _ => Subject::IdToken,
        }
    }
}
