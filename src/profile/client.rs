//! One client of three: the sign-in client, the agent, and the client as the resource AS knows it.

use super::{
    Profile,
    fields::{self, FieldPath},
};

/// Which of the clients.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Side {
    /// The client that signs the user in: `[sso]`.
    Sso,
    /// The client that asks for the ID-JAG: `[agent]`, completed from `[sso]`.
    Agent,
    /// The client at the resource AS: `[resource_as]`.
    ResourceAs,
    /// The workload at the issuer of actor tokens: `[actor_issuer]`.
    ActorIssuer,
    /// The workload at the Transaction Token Service: `[tts]`.
    Tts,
}

/// How a client proves itself (RFC 6749 §2.3, RFC 7523 §2.2).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Auth {
    /// A public client: only its id.
    None,
    /// The secret in the Authorization header.
    SecretBasic,
    /// The secret in the form.
    SecretPost,
    /// An assertion signed with its key.
    PrivateKeyJwt,
}

impl Auth {
    /// Returns the name that metadata use for it (RFC 8414 §2).
    pub fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SecretBasic => "client_secret_basic",
            Self::SecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    fn find(id: &str) -> Option<Self> {
        [
            Self::None,
            Self::SecretBasic,
            Self::SecretPost,
            Self::PrivateKeyJwt,
        ]
        .into_iter()
        .find(|auth| auth.id() == id)
    }

    /// Returns the key, inside a client's table, that this way needs.
    fn credential(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::SecretBasic | Self::SecretPost => Some("client_secret"),
            Self::PrivateKeyJwt => Some("private_key"),
        }
    }
}

/// The `aud` of a client assertion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AssertionAudience {
    /// The issuer of the server.
    Issuer,
    /// Its token endpoint.
    TokenEndpoint,
    /// This text.
    Other(String),
}

/// A client as the profile describes it; each `*_field` is where the value in force stands, or where it would be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Client {
    /// Its id at the server.
    pub id: Option<String>,
    /// Where the id stands.
    pub id_field: FieldPath,
    /// How it proves itself.
    pub auth: Auth,
    /// Where that is said.
    pub auth_field: FieldPath,
    /// Where its secret stands.
    pub secret_field: FieldPath,
    /// Where its key stands.
    pub key_field: FieldPath,
    /// The name of its key, when the profile gives one.
    pub kid: Option<String>,
    /// The algorithm, when the profile gives one.
    pub alg: Option<String>,
    /// The audience of its assertion.
    pub assertion_audience: AssertionAudience,
}

/// The fields of one client.
struct ClientFields {
    id: FieldPath,
    auth: FieldPath,
    secret: FieldPath,
    key: FieldPath,
    kid: FieldPath,
    alg: FieldPath,
    audience: FieldPath,
}

impl Side {
    fn fields(self) -> ClientFields {
        match self {
            Self::Sso => ClientFields {
                id: fields::SSO_CLIENT_ID,
                auth: fields::SSO_AUTH,
                secret: fields::SSO_CLIENT_SECRET,
                key: fields::SSO_PRIVATE_KEY,
                kid: fields::SSO_KID,
                alg: fields::SSO_ALG,
                audience: fields::SSO_ASSERTION_AUDIENCE,
            },
            Self::Agent => ClientFields {
                id: fields::AGENT_CLIENT_ID,
                auth: fields::AGENT_AUTH,
                secret: fields::AGENT_CLIENT_SECRET,
                key: fields::AGENT_PRIVATE_KEY,
                kid: fields::AGENT_KID,
                alg: fields::AGENT_ALG,
                audience: fields::AGENT_ASSERTION_AUDIENCE,
            },
            Self::ResourceAs => ClientFields {
                id: fields::RESOURCE_AS_CLIENT_ID,
                auth: fields::RESOURCE_AS_AUTH,
                secret: fields::RESOURCE_AS_CLIENT_SECRET,
                key: fields::RESOURCE_AS_PRIVATE_KEY,
                kid: fields::RESOURCE_AS_KID,
                alg: fields::RESOURCE_AS_ALG,
                audience: fields::RESOURCE_AS_ASSERTION_AUDIENCE,
            },
            Self::ActorIssuer => ClientFields {
                id: fields::ACTOR_ISSUER_CLIENT_ID,
                auth: fields::ACTOR_ISSUER_AUTH,
                secret: fields::ACTOR_ISSUER_CLIENT_SECRET,
                key: fields::ACTOR_ISSUER_PRIVATE_KEY,
                kid: fields::ACTOR_ISSUER_KID,
                alg: fields::ACTOR_ISSUER_ALG,
                audience: fields::ACTOR_ISSUER_ASSERTION_AUDIENCE,
            },
            Self::Tts => ClientFields {
                id: fields::TTS_CLIENT_ID,
                auth: fields::TTS_AUTH,
                secret: fields::TTS_CLIENT_SECRET,
                key: fields::TTS_PRIVATE_KEY,
                kid: fields::TTS_KID,
                alg: fields::TTS_ALG,
                audience: fields::TTS_ASSERTION_AUDIENCE,
            },
        }
    }
}

impl Profile {
    /// Returns one of the three clients, with what it inherits.
    pub fn client(&self, side: Side) -> Client {
        let fields = side.fields();
        let text = |field| self.text(field).map(str::to_owned);
        Client {
            id: text(fields.id),
            id_field: self.home(side, fields.id),
            auth: self.auth(&fields),
            auth_field: self.home(side, fields.auth),
            secret_field: self.home(side, fields.secret),
            key_field: self.home(side, fields.key),
            kid: text(fields.kid),
            alg: text(fields.alg),
            assertion_audience: match self.text(fields.audience) {
                None | Some("issuer") => AssertionAudience::Issuer,
                Some("token-endpoint") => AssertionAudience::TokenEndpoint,
                Some(other) => AssertionAudience::Other(other.to_owned()),
            },
        }
    }

    /// Returns where the value in force stands, or would be written: an agent that says nothing about itself is the
    /// sign-in client, and what both lack belongs there.
    fn home(&self, side: Side, field: FieldPath) -> FieldPath {
        let place = self.place(field);
        let own = side.fields();
        let silent = [own.id, own.auth, own.secret, own.key]
            .into_iter()
            .all(|field| !self.has_own(field));
        match place.field().inherits {
            Some(parent) if silent => parent,
            _ => place,
        }
    }

    /// What is written counts; else a key means `private_key_jwt` and a secret means Basic, its own before inherited ones.
    fn auth(&self, fields: &ClientFields) -> Auth {
        if let Some(auth) = self.text(fields.auth).and_then(Auth::find) {
            return auth;
        }
        if self.has_own(fields.key) {
            Auth::PrivateKeyJwt
        } else if self.has_own(fields.secret) {
            Auth::SecretBasic
        } else if self.secret(fields.key).is_some() {
            Auth::PrivateKeyJwt
        } else if self.secret(fields.secret).is_some() {
            Auth::SecretBasic
        } else {
            Auth::None
        }
    }

    /// Tells whether `field` may take its value from the field it inherits.
    ///
    /// An agent with a key of its own does not get the name and algorithm of another key, and one with a credential
    /// of its own is not told to use the other kind.
    pub(super) fn may_inherit(&self, field: FieldPath) -> bool {
        let own_key = self.has_own(fields::AGENT_PRIVATE_KEY);
        match field {
            fields::AGENT_KID | fields::AGENT_ALG => !own_key,
            fields::AGENT_AUTH => {
                let own_secret = self.has_own(fields::AGENT_CLIENT_SECRET);
                let wanted = self
                    .text(fields::SSO_AUTH)
                    .and_then(Auth::find)
                    .and_then(Auth::credential);
                match wanted {
                    Some("private_key") => own_key || !own_secret,
                    Some(_) => own_secret || !own_key,
                    None => !own_key && !own_secret,
                }
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::load::load, *};

    fn profile(text: &str) -> Profile {
        let (profile, problems) = load("test", text);
        assert!(
            problems.iter().all(|problem| !problem.fatal),
            "{problems:?}"
        );
        profile
    }

    #[test]
    fn the_agent_takes_what_it_lacks_from_the_sign_in_client() {
        let profile = profile(
            "[sso]\nclient_id = 'one'\nauth = 'private_key_jwt'\nprivate_key = { file = 'k.pem' }\nkid = 'k1'\nalg = 'ES256'\nassertion_audience = 'token-endpoint'\n",
        );
        let agent = profile.client(Side::Agent);
        assert_eq!(agent.id.as_deref(), Some("one"));
        assert_eq!(agent.id_field, fields::SSO_CLIENT_ID);
        assert_eq!(agent.auth, Auth::PrivateKeyJwt);
        assert_eq!(agent.auth_field, fields::SSO_AUTH);
        assert_eq!(agent.key_field, fields::SSO_PRIVATE_KEY);
        assert_eq!(agent.secret_field, fields::SSO_CLIENT_SECRET);
        assert_eq!(agent.kid.as_deref(), Some("k1"));
        assert_eq!(agent.assertion_audience, AssertionAudience::TokenEndpoint);
        let there = profile.client(Side::ResourceAs);
        assert_eq!((there.id, there.auth), (None, Auth::None));
        assert_eq!(there.id_field, fields::RESOURCE_AS_CLIENT_ID);
    }

    #[test]
    fn what_is_lacking_belongs_to_whoever_the_agent_is() {
        let nobody = profile("").client(Side::Agent);
        assert_eq!(nobody.id_field, fields::SSO_CLIENT_ID);
        let own = profile("[agent]\nclient_id = 'a'\n").client(Side::Agent);
        assert_eq!(own.key_field, fields::AGENT_PRIVATE_KEY);
        assert_eq!(own.id_field, fields::AGENT_CLIENT_ID);
    }

    #[test]
    fn a_key_of_its_own_brings_its_own_auth_name_and_algorithm() {
        let profile = profile(
            "[sso]\nauth = 'client_secret_post'\nclient_secret = { env = 'S' }\nkid = 'k1'\nalg = 'RS256'\n[agent]\nprivate_key = { file = 'a.pem' }\n",
        );
        let agent = profile.client(Side::Agent);
        assert_eq!(agent.auth, Auth::PrivateKeyJwt);
        assert_eq!(agent.auth_field, fields::AGENT_AUTH);
        assert_eq!((agent.kid, agent.alg), (None, None));
        assert_eq!(agent.key_field, fields::AGENT_PRIVATE_KEY);
        assert_eq!(profile.client(Side::Sso).auth, Auth::SecretPost);
    }

    #[test]
    fn a_secret_of_its_own_beats_an_inherited_key() {
        let profile = profile(
            "[sso]\nprivate_key = { file = 's.pem' }\n[agent]\nclient_secret = { env = 'A' }\n",
        );
        assert_eq!(profile.client(Side::Sso).auth, Auth::PrivateKeyJwt);
        assert_eq!(profile.client(Side::Agent).auth, Auth::SecretBasic);
    }

    #[test]
    fn without_a_word_the_credential_decides() {
        let with = |text: &str| {
            profile(&format!("[resource_as]\n{text}\n"))
                .client(Side::ResourceAs)
                .auth
        };
        assert_eq!(with(""), Auth::None);
        assert_eq!(with("client_secret = { env = 'A' }"), Auth::SecretBasic);
        assert_eq!(with("private_key = { env = 'A' }"), Auth::PrivateKeyJwt);
        assert_eq!(
            with("auth = 'none'\nprivate_key = { env = 'A' }"),
            Auth::None
        );
    }
}
