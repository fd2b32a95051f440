//! The parties of a flow: lanes of the diagram and owners of findings are one list.

use serde::{Deserialize, Serialize};

/// Who acts, or whose side something is on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The person at this machine: the profile, or the machine itself.
    You,
    /// The client: its registration at a server.
    Client,
    /// The person who signs in.
    User,
    /// The identity provider, which signs the user in and mints the ID-JAG.
    Idp,
    /// The resource authorization server, which redeems the ID-JAG.
    ResourceAs,
    /// The API that takes the access token.
    Api,
    /// The Transaction Token Service.
    Tts,
    /// The issuer of the actor's own token.
    ActorIssuer,
    /// The issuer of client instance assertions.
    InstanceIssuer,
    /// A service inside the API's trust domain.
    Service,
    /// The network between the parties.
    Network,
    /// Nobody that the evidence names.
    Unknown,
}

impl Party {
    /// Returns the word used in reports (INTERFACE §3).
    pub fn id(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Client => "client",
            Self::User => "user",
            Self::Idp => "idp",
            Self::ResourceAs => "resource-as",
            Self::Api => "api",
            Self::Tts => "tts",
            Self::ActorIssuer => "actor-issuer",
            Self::InstanceIssuer => "instance-issuer",
            Self::Service => "service",
            Self::Network => "network",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the name a person reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Client => "client",
            Self::User => "user",
            Self::Idp => "IdP",
            Self::ResourceAs => "resource AS",
            Self::Api => "API",
            Self::Tts => "Transaction Token Service",
            Self::ActorIssuer => "actor issuer",
            Self::InstanceIssuer => "instance issuer",
            Self::Service => "service",
            Self::Network => "network",
            Self::Unknown => "unknown",
        }
    }
}
