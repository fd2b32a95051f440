//! What vendors do differently, as one table. The servers of the lab ask it at the few places where it matters.
//!
//! Where each difference comes from: Okta's AI agent token exchange guide, its sample and its support articles; Auth0's
//! Cross App Access documentation; the documentation of xaa.dev. Nothing here was compared with a live tenant.

use serde_json::{Value, json};

use super::{
    chance::Chance,
    clients::{ClientKind, Method},
    idp::Idp,
    message::{Incoming, Outgoing},
    refusal::{About, Refusal},
    resource_as::ResourceAs,
    serve::Server,
};
use crate::protocol::{party::Party, time::Timestamp};

/// Whose habits the servers of the lab have.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Shape {
    /// Nobody's: as the drafts have it.
    #[default]
    Plain,
    /// Okta: an org server mints, a custom server of the same host redeems, an AI agent has a key of its own.
    Okta,
    /// Auth0 redeems; the IdP is the plain one, with an app that is linked to the agent.
    Auth0,
    /// xaa.dev, the public playground.
    XaaDev,
}

impl Shape {
    /// Returns the profile's field that says whose servers these are, and its word.
    pub(super) fn vendor(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Plain => None,
            Self::Okta => Some(("vendor", "okta")),
            Self::Auth0 => Some(("resource_as.vendor", "auth0")),
            Self::XaaDev => Some(("vendor", "xaa-dev")),
        }
    }
}

/// What differs, and nothing else.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a habit of its own, written out in a table"
)]
pub(super) struct Habits {
    /// Where endpoints of the IdP are that are elsewhere than at the plain one: its path, and the path here.
    pub idp_paths: &'static [(&'static str, &'static str)],
    /// The same below the issuer of the resource AS.
    pub resource_as_paths: &'static [(&'static str, &'static str)],
    /// What follows the origin in the issuer of the resource AS.
    pub tenant: &'static str,
    /// Where the resource AS has its metadata; `{}` is its path.
    pub well_known: &'static [&'static str],
    /// Whether IdP and resource AS share a host.
    pub one_host: bool,
    /// How clients may authenticate at the IdP.
    pub idp_methods: &'static [&'static str],
    /// Whether the IdP reads clients' documents and takes assertions about their instances.
    pub knows_instances: bool,
    /// How clients may authenticate at the resource AS.
    pub resource_as_methods: &'static [&'static str],
    /// Whether a client assertion may also be made out to the issuer, not only to the endpoint.
    pub assertion_for_issuer: bool,
    /// The client that signs the user in, where the agent is another one.
    pub app: Option<(&'static str, Method)>,
    /// The client that asks for the ID-JAG.
    pub agent: (&'static str, Method),
    /// The same at the resource AS.
    pub at_resource_as: (&'static str, Method),
    /// The client that is registered at the resource AS, but may not redeem.
    pub may_not_redeem: Option<ClientKind>,
    /// How long ID Tokens live, in seconds.
    pub id_token_life: i64,
    /// Whether a refresh token may be exchanged.
    pub exchanges_refresh_tokens: bool,
    /// Whether its servers follow the Actor Profile, and say so.
    pub profiles_actors: bool,
    /// Whether an exchange has to name a resource.
    pub needs_resource: bool,
    /// Whether the IdP also mints for the issuer of the resource AS written without its last slash.
    pub forgives_slash: bool,
    /// Whether an ID-JAG has `nbf`.
    pub not_before: bool,
    /// The `token_type` beside an ID-JAG.
    pub exchanged_as: &'static str,
    /// Whether the answer with the ID-JAG tells its scope.
    pub exchange_tells_scope: bool,
    /// Whether the scope of the ID-JAG wins over the one in the request that redeems it.
    pub assertion_scope_wins: bool,
    /// Whether the request that redeems may name an `audience`, which then has to agree.
    pub redeems_with_audience: bool,
    /// Whether the answer with the access token tells scope and resource.
    pub redeem_tells: bool,
    /// How long access tokens live, in seconds.
    pub access_life: i64,
    /// The claims of an access token.
    pub access: fn(&Access<'_>) -> Value,
    /// The claim with its client.
    pub client_claim: &'static str,
    /// The claim with its scope.
    pub scope_claim: &'static str,
    /// Refusals of the IdP that are told in another way.
    pub idp_refusals: &'static [Told],
    /// Refusals of the resource AS that are told in another way.
    pub resource_as_refusals: &'static [Told],
    /// The field of every answer that names it, where there is one.
    pub request_id: Option<&'static str>,
}

/// What an access token is made of.
pub(super) struct Access<'a> {
    /// The issuer of the resource AS.
    pub issuer: &'a str,
    /// The user's subject identifier.
    pub sub: &'a str,
    /// The user's address.
    pub email: &'a str,
    /// The resource.
    pub resource: &'a str,
    /// The client's id at the resource AS.
    pub client: &'a str,
    /// What was granted.
    pub scope: &'a str,
    /// When it is made.
    pub now: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// What makes it unlike all others.
    pub jti: String,
}

/// How one kind of refusal is told.
pub(super) struct Told {
    /// Its code at the plain lab.
    of: &'static str,
    /// What it is about; `None` for all of that code.
    about: Option<About>,
    status: u16,
    error: &'static str,
    /// The description; `None` keeps the lab's own, which says more.
    says: Option<&'static str>,
}

const PLAIN: Habits = Habits {
    knows_instances: true,
    idp_paths: &[],
    resource_as_paths: &[],
    // So that the well-known part has to go between host and path (RFC 8414 §3.1).
    tenant: "/tenant/notes",
    well_known: &["/.well-known/oauth-authorization-server{}"],
    one_host: false,
    idp_methods: &[
        "none",
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ],
    resource_as_methods: &[
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ],
    assertion_for_issuer: true,
    app: None,
    agent: ("lab-agent", Method::Key),
    at_resource_as: ("notes-client-7", Method::OddBasic),
    may_not_redeem: None,
    id_token_life: 3600,
    exchanges_refresh_tokens: true,
    profiles_actors: true,
    needs_resource: false,
    forgives_slash: false,
    not_before: false,
    exchanged_as: "N_A",
    exchange_tells_scope: true,
    assertion_scope_wins: false,
    redeems_with_audience: false,
    redeem_tells: true,
    access_life: 900,
    access: plain_access,
    client_claim: "client_id",
    scope_claim: "scope",
    idp_refusals: &[],
    resource_as_refusals: &[],
    request_id: None,
};

const OKTA: Habits = Habits {
    idp_paths: &[
        ("/authorize", "/oauth2/v1/authorize"),
        ("/token", "/oauth2/v1/token"),
        ("/jwks", "/oauth2/v1/keys"),
        ("/device_authorization", "/oauth2/v1/device/authorize"),
    ],
    resource_as_paths: &[("/token", "/v1/token"), ("/jwks", "/v1/keys")],
    tenant: "/oauth2/aus7notes",
    well_known: &[
        "{}/.well-known/oauth-authorization-server",
        "{}/.well-known/openid-configuration",
    ],
    one_host: true,
    assertion_for_issuer: false,
    app: Some(("0oa1notesapp", Method::Basic)),
    agent: ("wlp1agent", Method::Key),
    at_resource_as: ("wlp1agent", Method::Key),
    exchanged_as: "Bearer",
    exchange_tells_scope: false,
    access: okta_access,
    client_claim: "cid",
    scope_claim: "scp",
    idp_refusals: OKTA_REFUSALS,
    resource_as_refusals: OKTA_REFUSALS,
    request_id: Some("x-okta-request-id"),
    knows_instances: false,
    profiles_actors: false,
    ..PLAIN
};

const OKTA_REFUSALS: &[Told] = &[
    Told {
        of: "invalid_client",
        about: Some(About::Audience),
        status: 401,
        error: "invalid_client",
        says: Some(
            "The audience claim for client_assertion must be the endpoint invoked for the request.",
        ),
    },
    Told {
        of: "invalid_client",
        about: Some(About::Signature),
        status: 401,
        error: "invalid_client",
        says: Some("The client_assertion signature is invalid."),
    },
];

const AUTH0: Habits = Habits {
    resource_as_paths: &[
        ("/token", "/oauth/token"),
        ("/jwks", "/.well-known/jwks.json"),
    ],
    tenant: "/",
    well_known: &["/.well-known/openid-configuration"],
    resource_as_methods: &["client_secret_basic", "client_secret_post"],
    app: Some(("sso-app", Method::Basic)),
    agent: ("idp-agent", Method::Key),
    at_resource_as: ("auth0-client", Method::Secret),
    may_not_redeem: Some(ClientKind::SecretPost),
    forgives_slash: true,
    assertion_scope_wins: true,
    redeems_with_audience: true,
    redeem_tells: false,
    access_life: 86_400,
    resource_as_refusals: &[
        Told {
            of: "invalid_grant",
            about: Some(About::Signature),
            status: 401,
            error: "invalid_grant",
            says: None,
        },
        // The client has Cross App Access switched off.
        Told {
            of: "unauthorized_client",
            about: None,
            status: 403,
            error: "unauthorized_client",
            says: None,
        },
        Told {
            of: "invalid_target",
            about: None,
            status: 400,
            error: "invalid_grant",
            says: None,
        },
    ],
    knows_instances: false,
    profiles_actors: false,
    ..PLAIN
};

const XAA_DEV: Habits = Habits {
    tenant: "",
    idp_methods: &["client_secret_post"],
    resource_as_methods: &["client_secret_post"],
    agent: ("demo-client", Method::Post),
    at_resource_as: ("demo-client-at-notes", Method::Post),
    id_token_life: 600,
    exchanges_refresh_tokens: false,
    needs_resource: true,
    not_before: true,
    access: xaa_dev_access,
    idp_refusals: &[Told {
        of: "invalid_grant",
        about: Some(About::Audience),
        status: 400,
        error: "invalid_request",
        says: None,
    }],
    knows_instances: false,
    profiles_actors: false,
    ..PLAIN
};

impl Shape {
    /// Every shape, the default first.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Okta, Self::Auth0, Self::XaaDev];

    /// Returns what differs.
    pub(super) fn habits(self) -> &'static Habits {
        match self {
            Self::Plain => &PLAIN,
            Self::Okta => &OKTA,
            Self::Auth0 => &AUTH0,
            Self::XaaDev => &XAA_DEV,
        }
    }
}

impl Habits {
    /// Returns the path of the resource AS's issuer, without a slash at its end.
    pub fn resource_as_path(&self) -> &'static str {
        self.tenant.trim_end_matches('/')
    }
}

/// Tells a refusal as the vendor does; what stands in no row stays as it is.
pub(super) fn told(rows: &[Told], refusal: Refusal) -> Refusal {
    let row = rows
        .iter()
        .find(|row| row.of == refusal.error && (row.about.is_none() || row.about == refusal.about));
    match row {
        Some(row) => Refusal {
            status: row.status,
            error: row.error,
            says: row.says.map_or(refusal.says, str::to_owned),
            about: refusal.about,
        },
        None => refusal,
    }
}

/// Returns where an endpoint of the plain lab is.
pub(super) fn here(paths: &[(&str, &'static str)], plain: &'static str) -> &'static str {
    paths
        .iter()
        .find(|(one, _)| *one == plain)
        .map_or(plain, |(_, here)| here)
}

/// Returns which endpoint of the plain lab a path is; one that has moved away is at its old path no more.
pub(super) fn plain<'a>(paths: &[(&'a str, &str)], path: &'a str) -> &'a str {
    let moved = paths.iter().find(|(_, here)| *here == path);
    match moved {
        Some((plain, _)) => plain,
        None if paths.iter().any(|(plain, _)| *plain == path) => "",
        None => path,
    }
}

/// An org and a custom server on one host.
pub(super) struct Org {
    /// The org server.
    pub idp: Idp,
    /// The custom server.
    pub custom: ResourceAs,
}

/// By what users sign in: a passkey, a key in hardware and a touch of its owner (RFC 8176 §2).
pub(super) const AMR: [&str; 2] = ["hwk", "user"];

impl Org {
    fn is_custom(&self, incoming: &Incoming) -> bool {
        self.custom.owns(&incoming.path)
    }
}

impl Server for Org {
    fn party(&self, incoming: &Incoming) -> Option<Party> {
        self.is_custom(incoming).then_some(Party::ResourceAs)
    }

    fn wants(&self, incoming: &Incoming) -> Option<String> {
        if self.is_custom(incoming) {
            self.custom.wants(incoming)
        } else {
            self.idp.wants(incoming)
        }
    }

    fn learn(&mut self, url: &str, fetched: &Result<Vec<u8>, String>) {
        self.custom.learn(url, fetched);
        self.idp.learn(url, fetched);
    }

    fn answer(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        if self.is_custom(incoming) {
            self.custom.answer(incoming, now)
        } else {
            self.idp.answer(incoming, now)
        }
    }
}

/// Adds the field that names an answer, where the vendor has one.
pub(super) fn named(answer: Outgoing, habits: &Habits, chance: Chance) -> Outgoing {
    match habits.request_id {
        Some(field) => answer.with(field, chance.token(20)),
        None => answer,
    }
}

/// RFC 9068 §2.2.
fn plain_access(access: &Access<'_>) -> Value {
    json!({
        "iss": access.issuer, "sub": access.sub, "aud": access.resource, "client_id": access.client,
        "iat": access.now.secs(), "exp": access.end.secs(), "jti": access.jti, "scope": access.scope,
    })
}

/// `cid` and `scp`, and an actor without an issuer.
fn okta_access(access: &Access<'_>) -> Value {
    let scope: Vec<&str> = access.scope.split(' ').collect();
    json!({
        "ver": 1, "iss": access.issuer, "sub": access.sub, "aud": access.resource, "cid": access.client,
        "iat": access.now.secs(), "exp": access.end.secs(), "jti": access.jti, "scp": scope,
        "sub_profile": "service", "act": { "sub": access.client, "sub_profile": "ai_agent" },
    })
}

/// The user is named with the customer's name before their address.
fn xaa_dev_access(access: &Access<'_>) -> Value {
    let mut claims = plain_access(access);
    claims["sub"] = json!(format!("customer1:{}", access.email));
    claims
}
