//! What a walk has gained so far, each thing with its origin and freshness.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::StepId;
use crate::{
    profile::{FieldPath, Profile, SecretSource},
    protocol::{
        jwt::TokenKind,
        metadata::{Jwks, ServerMetadata},
        party::Party,
        secret::Secret,
        time::Timestamp,
    },
};

/// Something that one step gives and another needs. The names are those of `--token NAME=…`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Artifact {
    /// Metadata of the IdP.
    IdpMetadata,
    /// Metadata of the resource authorization server.
    ResourceAsMetadata,
    /// The scopes of the resource authorization server, where they were listed apart from its metadata.
    ResourceAsScopes,
    /// Metadata of the API, the protected resource (RFC 9728).
    ApiMetadata,
    /// The authorization code.
    Code,
    /// The PKCE verifier that belongs to the code.
    Verifier,
    /// The `nonce` that was sent for the ID Token.
    Nonce,
    /// The redirect URI that the code was sent to.
    RedirectUri,
    /// The code that the client polls with (RFC 8628 §3.2).
    DeviceCode,
    /// The code that the user enters.
    UserCode,
    /// Where the user enters it.
    VerificationUri,
    /// The same with the code in it.
    VerificationUriComplete,
    /// How many seconds lie between two polls at least.
    PollInterval,
    /// The ID Token.
    IdToken,
    /// The access token of the sign-in, good at the IdP only.
    SsoAccessToken,
    /// The refresh token of the sign-in.
    RefreshToken,
    /// A SAML assertion about the user.
    SamlAssertion,
    /// The ID-JAG.
    IdJag,
    /// The agent's own assertion, signed with its key: the subject of the exchange.
    Assertion,
    /// The access token for the API; of several agents in a row, the first one's.
    AccessToken,
    /// The second agent's own assertion.
    Assertion2,
    /// The access token of the second agent.
    AccessToken2,
    /// The third agent's own assertion.
    Assertion3,
    /// The access token of the third agent.
    AccessToken3,
    /// What the access token is, as its answer says: `Bearer` or `DPoP`.
    AccessTokenType,
    /// The actor's own token, of a flow that delegates.
    ActorToken,
    /// The assertion about the instance of a client that runs.
    InstanceAssertion,
    /// The Transaction Token.
    TxnToken,
    /// A proof of possession, looked at alone.
    DpopProof,
    /// The protocol version that an MCP server agreed on.
    McpVersion,
    /// The session that an MCP server opened.
    McpSession,
}

impl Artifact {
    /// Every artifact that can be handed in, by `--token` or by paste.
    pub const GIVEABLE: &'static [Self] = &[
        Self::Code,
        Self::IdToken,
        Self::SsoAccessToken,
        Self::RefreshToken,
        Self::SamlAssertion,
        Self::IdJag,
        Self::Assertion,
        Self::AccessToken,
        Self::Assertion2,
        Self::AccessToken2,
        Self::Assertion3,
        Self::AccessToken3,
        Self::ActorToken,
        Self::InstanceAssertion,
        Self::TxnToken,
    ];

    /// Returns the word used on the command line and in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::IdpMetadata => "idp-metadata",
            Self::ResourceAsMetadata => "resource-as-metadata",
            Self::ResourceAsScopes => "resource-as-scopes",
            Self::ApiMetadata => "api-metadata",
            Self::Code => "code",
            Self::Verifier => "code-verifier",
            Self::Nonce => "nonce",
            Self::RedirectUri => "redirect-uri",
            Self::DeviceCode => "device-code",
            Self::UserCode => "user-code",
            Self::VerificationUri => "verification-uri",
            Self::VerificationUriComplete => "verification-uri-complete",
            Self::PollInterval => "poll-interval",
            Self::IdToken => "id-token",
            Self::SsoAccessToken => "sso-access-token",
            Self::RefreshToken => "refresh-token",
            Self::SamlAssertion => "saml-assertion",
            Self::IdJag => "id-jag",
            Self::Assertion => "assertion",
            Self::AccessToken => "access-token",
            Self::Assertion2 => "assertion-2",
            Self::AccessToken2 => "access-token-2",
            Self::Assertion3 => "assertion-3",
            Self::AccessToken3 => "access-token-3",
            Self::AccessTokenType => "access-token-type",
            Self::ActorToken => "actor-token",
            Self::InstanceAssertion => "instance-assertion",
            Self::TxnToken => "txn-token",
            Self::DpopProof => "dpop-proof",
            Self::McpVersion => "mcp-version",
            Self::McpSession => "mcp-session",
        }
    }

    /// Returns the name a person reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::IdpMetadata => "IdP metadata",
            Self::ResourceAsMetadata => "resource AS metadata",
            Self::ResourceAsScopes => "the scopes of the resource AS",
            Self::ApiMetadata => "API metadata",
            Self::Code => "the code",
            Self::Verifier => "the PKCE verifier",
            Self::Nonce => "the nonce",
            Self::RedirectUri => "the redirect URI",
            Self::DeviceCode => "the device code",
            Self::UserCode => "the user code",
            Self::VerificationUri => "the address for the code",
            Self::VerificationUriComplete => "the address with the code",
            Self::PollInterval => "the interval between polls",
            Self::IdToken => "ID Token",
            Self::SsoAccessToken => "access token of the sign-in",
            Self::RefreshToken => "refresh token",
            Self::SamlAssertion => "SAML assertion",
            Self::IdJag => "ID-JAG",
            Self::Assertion => "assertion",
            Self::AccessToken => "access token",
            Self::Assertion2 => "second assertion",
            Self::AccessToken2 => "second access token",
            Self::Assertion3 => "third assertion",
            Self::AccessToken3 => "third access token",
            Self::AccessTokenType => "the type of the access token",
            Self::ActorToken => "actor token",
            Self::InstanceAssertion => "instance assertion",
            Self::TxnToken => "Transaction Token",
            Self::DpopProof => "DPoP proof",
            Self::McpVersion => "the protocol version of the MCP server",
            Self::McpSession => "the session of the MCP server",
        }
    }

    /// Returns that name for a sentence that brings its own article: `the code` is a `code` there.
    pub fn noun(self) -> &'static str {
        let name = self.name();
        name.strip_prefix("the ").unwrap_or(name)
    }

    /// Tells whether it is what a server says about itself to anybody.
    pub fn is_metadata(self) -> bool {
        matches!(
            self,
            Self::IdpMetadata
                | Self::ResourceAsMetadata
                | Self::ResourceAsScopes
                | Self::ApiMetadata
        )
    }

    /// Tells whether its value must be masked; what the user is to read is shown, like the nonce (INTERFACE §4).
    pub fn is_secret(self) -> bool {
        let shown = matches!(
            self,
            Self::Nonce
                | Self::RedirectUri
                | Self::UserCode
                | Self::VerificationUri
                | Self::VerificationUriComplete
                | Self::PollInterval
                | Self::AccessTokenType
                | Self::McpVersion
        );
        !shown && !self.is_metadata()
    }

    /// Finds a giveable artifact by its word.
    pub fn find(id: &str) -> Option<Self> {
        Self::GIVEABLE
            .iter()
            .copied()
            .find(|artifact| artifact.id() == id)
    }

    /// Returns what it is whichever of several agents in a row it is of: the access token of each is an access token.
    #[must_use]
    pub fn kin(self) -> Self {
        match self {
            Self::AccessToken2 | Self::AccessToken3 => Self::AccessToken,
            Self::Assertion2 | Self::Assertion3 => Self::Assertion,
            other => other,
        }
    }

    /// Tells whether it is made on this machine, and never came in an answer.
    pub fn is_own(self) -> bool {
        self.kin() == Self::Assertion
    }

    /// Tells whether a token of that kind can be this artifact; `certain` says how sure the kind is.
    pub fn fits(self, kind: TokenKind, certain: bool) -> bool {
        use TokenKind as K;
        match self.kin() {
            Self::Assertion => {
                kind == K::Jwt || (matches!(kind, K::ClientAssertion | K::IdToken) && !certain)
            }
            Self::IdToken => {
                matches!(kind, K::IdToken | K::Jwt | K::Encrypted)
                    || (kind == K::AccessToken && !certain)
            }
            Self::IdJag => {
                kind == K::IdJag || (matches!(kind, K::Jwt | K::AccessToken) && !certain)
            }
            Self::AccessToken | Self::SsoAccessToken => {
                matches!(kind, K::AccessToken | K::Opaque | K::Jwt | K::Encrypted)
                    || (kind == K::IdToken && !certain)
            }
            Self::RefreshToken => {
                matches!(kind, K::Opaque | K::Jwt | K::Encrypted | K::RefreshToken)
                    || (kind == K::AccessToken && !certain)
            }
            Self::SamlAssertion => kind == K::Saml,
            Self::Code => matches!(kind, K::Opaque),
            Self::ActorToken => {
                matches!(
                    kind,
                    K::AccessToken | K::ClientAssertion | K::InstanceAssertion | K::Jwt | K::Opaque
                )
            }
            Self::InstanceAssertion => kind == K::InstanceAssertion || (kind == K::Jwt && !certain),
            Self::TxnToken => kind == K::TxnToken || (kind == K::Jwt && !certain),
            Self::DpopProof => kind == K::DpopProof || (kind == K::Jwt && !certain),
            _ => false,
        }
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where an artifact came from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A step gained it.
    Step(StepId),
    /// The user handed it in.
    Given,
}

/// An artifact that is there.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Held {
    /// Its value: a token, a code, or metadata as JSON.
    pub value: Secret,
    /// Where it came from.
    pub origin: Origin,
    /// When it was gained.
    pub gained: Timestamp,
    /// When it ends, if that is known.
    pub expires: Option<Timestamp>,
    /// Whether an earlier step ran again since.
    pub stale: bool,
    /// Whether a field of its server or its client changed since: it belongs to somebody else now.
    #[serde(default)]
    pub foreign: bool,
    /// Why it must not be used without asking: its signature failed.
    pub suspect: Option<String>,
}

/// Everything gained in a walk.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Bag {
    held: BTreeMap<Artifact, Held>,
    metadata: BTreeMap<Party, ServerMetadata>,
}

impl Bag {
    /// Returns what is held of an artifact.
    pub fn held(&self, artifact: Artifact) -> Option<&Held> {
        self.held.get(&artifact)
    }

    /// Returns an artifact's value.
    pub fn value(&self, artifact: Artifact) -> Option<&Secret> {
        self.held.get(&artifact).map(|held| &held.value)
    }

    /// Returns the text of an artifact that is no secret.
    pub fn shown(&self, artifact: Artifact) -> Option<&str> {
        let value = self.value(artifact).filter(|_| !artifact.is_secret())?;
        Some(value.reveal())
    }

    /// Tells whether an artifact is there; metadata included.
    pub fn has(&self, artifact: Artifact) -> bool {
        match artifact {
            Artifact::IdpMetadata => self.metadata.contains_key(&Party::Idp),
            Artifact::ResourceAsMetadata => self.metadata.contains_key(&Party::ResourceAs),
            Artifact::ApiMetadata => self.metadata.contains_key(&Party::Api),
            _ => self.held.contains_key(&artifact),
        }
    }

    /// Returns a server's metadata, if discovery found it.
    pub fn metadata(&self, party: Party) -> Option<&ServerMetadata> {
        self.metadata.get(&party)
    }

    /// Returns every server's metadata, for masking.
    pub fn metadata_mut(&mut self) -> impl Iterator<Item = &mut ServerMetadata> {
        self.metadata.values_mut()
    }

    /// Puts an artifact in, in place of an older one.
    pub fn put(&mut self, artifact: Artifact, held: Held) {
        self.held.insert(artifact, held);
    }

    /// Puts a server's metadata in.
    pub fn put_metadata(&mut self, party: Party, metadata: ServerMetadata) {
        self.metadata.insert(party, metadata);
    }

    /// Takes an artifact out.
    pub fn remove(&mut self, artifact: Artifact) {
        match artifact {
            Artifact::IdpMetadata => drop(self.metadata.remove(&Party::Idp)),
            Artifact::ResourceAsMetadata => drop(self.metadata.remove(&Party::ResourceAs)),
            Artifact::ApiMetadata => drop(self.metadata.remove(&Party::Api)),
            _ => drop(self.held.remove(&artifact)),
        }
    }

    /// Returns everything held, in the order of the flow.
    pub fn iter(&self) -> impl Iterator<Item = (Artifact, &Held)> {
        self.held.iter().map(|(artifact, held)| (*artifact, held))
    }

    /// Returns everything held, for marking.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Artifact, &mut Held)> {
        self.held
            .iter_mut()
            .map(|(artifact, held)| (*artifact, held))
    }
}

/// A server's keys, as they were fetched.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct KeySet {
    /// Where they were found.
    pub url: String,
    /// The keys.
    pub jwks: Jwks,
}

/// The keys of each party that were fetched in this walk.
pub type KeySets = BTreeMap<Party, KeySet>;

/// The newest nonce for proofs of each address that gave one (RFC 9449 §8.2).
pub type Nonces = BTreeMap<String, String>;

/// The secrets of this walk that came from outside, or why they did not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Secrets(pub BTreeMap<FieldPath, Result<Secret, String>>);

/// What is known of a secret field.
#[derive(Clone, Debug, PartialEq)]
pub enum Credential {
    /// Here it is.
    Ready(Secret),
    /// It is named, and will be read when the step is sent; the stand-in says so.
    Pending(FieldPath, SecretSource, Secret),
    /// Nothing is written.
    Missing,
    /// It is named but cannot be had.
    Broken(FieldPath, String),
}

impl Secrets {
    /// Looks a secret field up: inline in the profile, resolved, still to be resolved, or not there.
    pub fn credential(&self, profile: &Profile, field: FieldPath) -> Credential {
        let Some((path, source)) = profile.secret(field) else {
            return Credential::Missing;
        };
        if let SecretSource::Inline(secret) = source {
            return Credential::Ready(secret.clone());
        }
        match self.0.get(&path) {
            Some(Ok(secret)) => Credential::Ready(secret.clone()),
            Some(Err(why)) => Credential::Broken(path, why.clone()),
            None => Credential::Pending(
                path,
                source.clone(),
                Secret::typed(format!("{}: read when sent", path.0), ""),
            ),
        }
    }
}
