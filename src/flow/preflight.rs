//! Pre-flight of a profile: which public documents to fetch with a bare GET, and what they say about the tenant.
//!
//! Nothing here holds a credential: the requests are made of addresses alone, without user info and without query.

mod words;

use serde_json::Value;
use url::Url;

pub use words::{Preflight, nothing_to_check};

use super::flows;
use crate::{
    profile::{Auth, FieldPath, Profile, Side, Subject, fields},
    protocol::{
        exchange::{Exchange, Failure},
        http::{HttpRequest, Response},
        keys::thumbprint,
        metadata::{Jwks, ServerMetadata, WellKnown, metadata_url},
        oauth::{resource_metadata, urn},
        party::Party,
        time::{Lifetime, Timestamp},
    },
};

/// What a document is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Document {
    /// Metadata of an authorization server, in a well-known form.
    Metadata(&'static str),
    /// The keys of an authorization server.
    Keys,
    /// The API itself, asked without a token.
    Api,
    /// Metadata of the protected resource (RFC 9728).
    Resource,
    /// The document that a client id which is a URL names.
    Client(Side),
    /// The keys that such a document names.
    ClientKeys(Side),
}

/// One document to fetch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fetch {
    /// Whose it is.
    pub party: Party,
    /// What it is.
    pub document: Document,
    /// Where it is.
    pub url: String,
}

impl Fetch {
    fn new(party: Party, document: Document, url: &str) -> Option<Self> {
        Some(Self {
            party,
            document,
            url: bare(url)?,
        })
    }

    /// Returns the request: a GET with nothing in it but the address.
    pub fn request(&self) -> HttpRequest {
        HttpRequest::get(&self.url, "application/json")
    }
}

/// A document that was fetched, or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetched {
    /// What was asked.
    pub fetch: Fetch,
    /// What came of it.
    pub exchange: Exchange,
}

impl Fetched {
    fn response(&self) -> Option<&Response> {
        self.exchange.response()
    }

    fn failure(&self) -> Option<&Failure> {
        self.exchange.outcome.as_ref().err()
    }

    fn json(&self) -> Result<Value, String> {
        let response = match (self.response(), self.failure()) {
            (Some(response), _) => response,
            (_, Some(failure)) => return Err(failure.to_string()),
            _ => return Err("It was not answered over HTTP.".to_owned()),
        };
        if response.status != 200 {
            return Err(format!("It answered {}.", response.status));
        }
        let json = response.json()?;
        if json.is_object() {
            Ok(json)
        } else {
            Err("Expected a JSON object.".to_owned())
        }
    }
}

/// A key of the profile, as it was loaded outside.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnKey {
    /// Whose it is.
    pub side: Side,
    /// The field it stands in.
    pub field: FieldPath,
    /// Its public half, or why it cannot be used.
    pub jwk: Result<Value, String>,
}

/// What only the outside can tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Around {
    /// The proxy in use, in words.
    pub proxy: String,
    /// The keys of the profile.
    pub keys: Vec<OwnKey>,
    /// Secrets that cannot be had, with the reason.
    pub secrets: Vec<(FieldPath, String)>,
    /// Each redirect URI with what became of listening there.
    pub listeners: Vec<(String, Result<String, String>)>,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Grade {
    /// It is as it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// It cannot be told from what is public.
    Unknown,
    /// Something is wrong.
    Finding,
    /// A server could not be reached.
    Unreachable,
}

impl Grade {
    /// Returns the word used in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Unknown => "unknown",
            Self::Finding => "finding",
            Self::Unreachable => "unreachable",
        }
    }
}

/// One check with its outcome.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checked {
    /// Whom it is about.
    pub party: Party,
    /// What was checked, in a word.
    pub id: &'static str,
    /// How it came out.
    pub grade: Grade,
    /// The sentence.
    pub says: String,
    /// What was expected, where two strings are compared.
    pub expected: Option<String>,
    /// What came instead.
    pub got: Option<String>,
}

/// Returns what is still to be fetched, given what was; nothing when all is known that can be.
pub fn wanted(profile: &Profile, fetched: &[Fetched]) -> Vec<Fetch> {
    let mut out = Vec::new();
    for server in SERVERS {
        out.extend(variants(profile, server));
        let metadata = taken(profile, server, fetched).map(|(_, metadata)| metadata);
        let keys = profile
            .text(server.jwks)
            .or_else(|| metadata.as_ref()?.text("jwks_uri"));
        out.extend(keys.and_then(|url| Fetch::new(server.party, Document::Keys, url)));
    }
    if let Some(url) = profile.text(fields::API_URL) {
        out.extend(Fetch::new(Party::Api, Document::Api, url));
        let asked = fetched
            .iter()
            .find(|fetched| fetched.fetch.document == Document::Api);
        if let Some(asked) = asked.filter(|asked| asked.response().is_some()) {
            let named = challenge_names(asked);
            let usual = || resource_metadata_url(url);
            out.extend(
                named
                    .or_else(usual)
                    .and_then(|url| Fetch::new(Party::Api, Document::Resource, &url)),
            );
        }
    }
    for (side, id) in client_urls(profile) {
        out.extend(Fetch::new(Party::Client, Document::Client(side), &id));
        let document = fetched
            .iter()
            .find(|fetched| fetched.fetch.document == Document::Client(side))
            .and_then(|fetched| fetched.json().ok());
        let keys = document
            .as_ref()
            .and_then(|document| document["jwks_uri"].as_str());
        out.extend(keys.and_then(|url| Fetch::new(Party::Client, Document::ClientKeys(side), url)));
    }
    let mut fresh: Vec<Fetch> = Vec::new();
    for fetch in out {
        let known = fetched
            .iter()
            .map(|fetched| &fetched.fetch)
            .chain(&fresh)
            .any(|other| {
                other.document == fetch.document
                    && other.url == fetch.url
                    && other.party == fetch.party
            });
        if !known {
            fresh.push(fetch);
        }
    }
    fresh
}

/// Says what all of it comes to.
pub fn read(profile: &Profile, fetched: &[Fetched], around: &Around) -> Vec<Checked> {
    let mut out = Report(Vec::new());
    network(&mut out, profile, around);
    for server in SERVERS {
        if !is_walked(profile, server.party) {
            continue;
        }
        server_checks(&mut out, profile, server, fetched);
    }
    api(&mut out, profile, fetched);
    redirects(&mut out, profile, around);
    clients(&mut out, profile, fetched, around);
    out.0
}

/// Tells whether the flow that the profile walks asks a server of that party.
fn is_walked(profile: &Profile, party: Party) -> bool {
    flows::find(profile.flow()).is_none_or(|flow| flow.steps().any(|step| step.info().to == party))
}

#[derive(Clone, Copy)]
struct Server {
    party: Party,
    issuer: FieldPath,
    token: FieldPath,
    jwks: FieldPath,
    first: WellKnown,
}

const SERVERS: [Server; 2] = [
    Server {
        party: Party::Idp,
        issuer: fields::IDP_ISSUER,
        token: fields::IDP_TOKEN_ENDPOINT,
        jwks: fields::IDP_JWKS_URI,
        first: WellKnown::Oidc,
    },
    Server {
        party: Party::ResourceAs,
        issuer: fields::RESOURCE_AS_ISSUER,
        token: fields::RESOURCE_AS_TOKEN_ENDPOINT,
        jwks: fields::RESOURCE_AS_JWKS_URI,
        first: WellKnown::OAuth,
    },
];

const OIDC: &str = "OpenID Connect Discovery";
const OAUTH: &str = "RFC 8414";
const OAUTH_APPENDED: &str = "RFC 8414, appended (not standard)";

/// An address without user info, query and fragment: those may be credentials. `None` when it is not http or https.
fn bare(url: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url.into())
}

/// The addresses at which a server may describe itself.
fn variants(profile: &Profile, server: Server) -> Vec<Fetch> {
    let Some(issuer) = profile.text(server.issuer) else {
        return Vec::new();
    };
    let form = |form: WellKnown| {
        let name = match form {
            WellKnown::Oidc => OIDC,
            WellKnown::OAuth => OAUTH,
        };
        Some((name, metadata_url(issuer, form).ok()?))
    };
    let other = match server.first {
        WellKnown::Oidc => WellKnown::OAuth,
        WellKnown::OAuth => WellKnown::Oidc,
    };
    let mut forms: Vec<_> = [form(server.first), form(other)]
        .into_iter()
        .flatten()
        .collect();
    let appended = format!(
        "{}/.well-known/oauth-authorization-server",
        issuer.trim_end_matches('/')
    );
    if !forms.is_empty() && forms.iter().all(|(_, url)| *url != appended) {
        forms.push((OAUTH_APPENDED, appended));
    }
    forms
        .into_iter()
        .filter_map(|(name, url)| Fetch::new(server.party, Document::Metadata(name), &url))
        .collect()
}

/// The metadata that a walk would take: the first form that answers with a JSON object.
fn taken<'a>(
    profile: &Profile,
    server: Server,
    fetched: &'a [Fetched],
) -> Option<(&'a Fetched, ServerMetadata)> {
    variants(profile, server)
        .iter()
        .filter(|fetch| fetch.document != Document::Metadata(OAUTH_APPENDED))
        .find_map(|fetch| {
            let found = fetched.iter().find(|fetched| fetched.fetch == *fetch)?;
            Some((found, ServerMetadata(found.json().ok()?)))
        })
}

/// The address in `resource_metadata` of a challenge (RFC 9728 §5.1).
fn challenge_names(asked: &Fetched) -> Option<String> {
    resource_metadata(asked.response()?)
}

/// The usual address of a resource's metadata (RFC 9728 §3.1).
fn resource_metadata_url(resource: &str) -> Option<String> {
    let url = Url::parse(&bare(resource)?).ok()?;
    let path = url.path().trim_end_matches('/');
    let authority = &url[..url::Position::BeforePath];
    Some(format!(
        "{authority}/.well-known/oauth-protected-resource{path}"
    ))
}

/// The clients whose id is a URL that names a document; one address once.
fn client_urls(profile: &Profile) -> Vec<(Side, String)> {
    let mut out: Vec<(Side, String)> = Vec::new();
    for side in [Side::Sso, Side::Agent, Side::ResourceAs] {
        if let Some(id) = profile.client(side).id
            && Url::parse(&id).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
            && out.iter().all(|(_, other)| *other != id)
        {
            out.push((side, id));
        }
    }
    out
}

struct Report(Vec<Checked>);

impl Report {
    fn say(&mut self, party: Party, id: &'static str, grade: Grade, says: impl Into<String>) {
        self.0.push(Checked {
            party,
            id,
            grade,
            says: says.into(),
            expected: None,
            got: None,
        });
    }

    fn compare(
        &mut self,
        party: Party,
        id: &'static str,
        says: (String, String),
        expected: &str,
        got: &str,
    ) {
        let same = expected == got;
        self.0.push(Checked {
            party,
            id,
            grade: if same { Grade::Ok } else { Grade::Finding },
            says: if same { says.0 } else { says.1 },
            expected: (!same).then(|| expected.to_owned()),
            got: (!same).then(|| got.to_owned()),
        });
    }
}

fn network(out: &mut Report, profile: &Profile, around: &Around) {
    out.say(Party::Network, "proxy", Grade::Ok, around.proxy.clone());
    if profile.flag(fields::NETWORK_INSECURE) {
        out.say(
            Party::Network,
            "tls",
            Grade::Finding,
            "network.insecure is on: TLS certificates are not verified.",
        );
    }
    if profile.has(fields::NETWORK_CLIENT_CERTIFICATE) {
        out.say(
            Party::Network,
            "client-certificate",
            Grade::Note,
            "network.client_certificate is a credential, so it is not presented here; a server that insists on one \
             cannot be checked.",
        );
    }
    for (field, why) in &around.secrets {
        out.say(
            Party::You,
            "secret",
            Grade::Finding,
            format!("{field}: {why}."),
        );
    }
}

fn server_checks(out: &mut Report, profile: &Profile, server: Server, fetched: &[Fetched]) {
    let party = server.party;
    let Some(issuer) = profile.text(server.issuer) else {
        if party == Party::ResourceAs && profile.asks_api() {
            let says = format!(
                "{} is empty: a walk takes it from the API’s metadata.",
                server.issuer
            );
            return out.say(party, "issuer", Grade::Note, says);
        }
        out.say(
            party,
            "issuer",
            Grade::Finding,
            format!("{} is empty, so nothing can be asked.", server.issuer),
        );
        return;
    };
    if let Err(why) = metadata_url(issuer, server.first) {
        out.say(
            party,
            "issuer",
            Grade::Finding,
            format!("{}: {why}", server.issuer),
        );
        return;
    }
    let own: Vec<&Fetched> = fetched
        .iter()
        .filter(|fetched| fetched.fetch.party == party)
        .collect();
    let answered: Vec<&&Fetched> = own.iter().filter(|one| one.response().is_some()).collect();
    if answered.is_empty() {
        let why = own
            .iter()
            .find_map(|one| one.failure())
            .map_or_else(|| "Nothing was asked.".to_owned(), ToString::to_string);
        out.say(party, "reach", Grade::Unreachable, why);
        return;
    }
    let host = Url::parse(issuer)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default();
    let way = if issuer.starts_with("https:") {
        if profile.flag(fields::NETWORK_INSECURE) {
            "; its certificate was not verified"
        } else {
            "; its certificate is trusted"
        }
    } else {
        ", without TLS"
    };
    out.say(
        party,
        "reach",
        Grade::Ok,
        format!("{host} resolves and answers{way}."),
    );
    clock(out, party, &answered);
    let discovered = discovery(out, profile, server, &own);
    let Some((at, metadata)) = discovered
        .then(|| taken(profile, server, fetched))
        .flatten()
    else {
        return;
    };
    let named = metadata.text("issuer").unwrap_or_default();
    let slash = named.trim_end_matches('/') == issuer.trim_end_matches('/');
    out.compare(
        party,
        "issuer",
        (
            format!("The metadata names the issuer {issuer}."),
            format!(
                "The metadata at {} names another issuer and will be thrown away (RFC 8414 §3.3){}",
                at.fetch.url,
                if slash {
                    ": only a slash at the end differs, and it counts."
                } else {
                    "."
                }
            ),
        ),
        issuer,
        if named.is_empty() { "none" } else { named },
    );
    keys(out, party, &own);
    endpoints(out, profile, server, &metadata);
    grants(out, profile, party, &metadata);
    auth_methods(out, profile, server, &metadata);
    id_jag(out, party, &metadata);
    scopes(out, profile, party, &metadata);
}

fn clock(out: &mut Report, party: Party, answered: &[&&Fetched]) {
    // The quickest answer tells the time best; its header has whole seconds.
    let best = answered
        .iter()
        .filter_map(|one| {
            let date = Timestamp::from_http_date(one.response()?.header("date")?)?;
            Some((one.exchange.times.end, one.exchange.times.start, date))
        })
        .min_by_key(|(took, ..)| *took);
    let Some((took, start, date)) = best else {
        out.say(
            party,
            "clock",
            Grade::Unknown,
            "Its answers have no Date header, so its clock cannot be compared.",
        );
        return;
    };
    let sent = Timestamp(start.0 + i64::try_from(took / 1000).unwrap_or_default());
    // Anything between the start and the end, cut down to the second, is the same time.
    let off = if date.0 + 999 < start.0 {
        date.0 + 999 - start.0
    } else if date.0 > sent.0 {
        date.0 - sent.0
    } else {
        0
    };
    let (grade, says) = match off.abs() {
        0..=1_999 => (Grade::Ok, "Its clock agrees with ours.".to_owned()),
        away => {
            let grade = if away < 30_000 {
                Grade::Note
            } else {
                Grade::Finding
            };
            let way = if off > 0 { "ahead of" } else { "behind" };
            (
                grade,
                format!(
                    "Its clock is {} {way} ours: a token of one side may be too early or too old for the other.",
                    Lifetime(away)
                ),
            )
        }
    };
    out.say(party, "clock", grade, says);
}

/// Says which forms answered; tells whether one that a walk takes did.
fn discovery(out: &mut Report, profile: &Profile, server: Server, own: &[&Fetched]) -> bool {
    let mut found = false;
    let mut tried = Vec::new();
    for one in own {
        let Document::Metadata(form) = one.fetch.document else {
            continue;
        };
        match one.json() {
            Ok(_) => {
                found |= form != OAUTH_APPENDED;
                tried.push(format!("{form}: {} answers", one.fetch.url));
            }
            Err(why) => tried.push(format!(
                "{form}: {} does not: {}",
                one.fetch.url,
                why.trim_end_matches('.')
            )),
        }
    }
    let overridden = profile.text(server.token).is_some();
    let grade = match (found, overridden) {
        (true, _) => Grade::Ok,
        (false, true) => Grade::Note,
        (false, false) => Grade::Finding,
    };
    let rest = match grade {
        Grade::Note => " The endpoints of the profile are used.",
        Grade::Finding => {
            " Fill the endpoints in, or check the issuer: the well-known part goes between host and path, or after it."
        }
        _ => "",
    };
    out.say(
        server.party,
        "discovery",
        grade,
        format!("{}.{rest}", tried.join("; ")),
    );
    found
}

fn keys(out: &mut Report, party: Party, own: &[&Fetched]) {
    let Some(one) = own.iter().find(|one| one.fetch.document == Document::Keys) else {
        out.say(
            party,
            "keys",
            Grade::Finding,
            "It names no jwks_uri, so signatures cannot be checked.",
        );
        return;
    };
    let set = match one.json() {
        Ok(json) if json["keys"].is_array() => Jwks(json),
        Ok(_) => {
            let says = format!("{} has no list `keys`.", one.fetch.url);
            return out.say(party, "keys", Grade::Finding, says);
        }
        Err(why) => {
            let says = format!("The keys at {} cannot be had. {why}", one.fetch.url);
            return out.say(party, "keys", Grade::Finding, says);
        }
    };
    let described: Vec<String> = set
        .keys()
        .map(|key| {
            let alg = key["alg"]
                .as_str()
                .or_else(|| key["crv"].as_str())
                .or_else(|| key["kty"].as_str())
                .unwrap_or("?");
            format!("{} ({alg})", key["kid"].as_str().unwrap_or("no kid"))
        })
        .collect();
    let private = set.keys().any(|key| key.get("d").is_some());
    let nameless = set.keys().count() > 1 && set.keys().any(|key| key["kid"].as_str().is_none());
    let (grade, more) = if described.is_empty() {
        (Grade::Finding, " Nothing can be checked with an empty set.")
    } else if private {
        (Grade::Finding, " A PRIVATE key is published there.")
    } else if nameless {
        (Grade::Note, " Several keys, and not each has a kid.")
    } else {
        (Grade::Ok, "")
    };
    let count = described.len();
    out.say(
        party,
        "keys",
        grade,
        format!(
            "{count} {} at {}: {}.{more}",
            if count == 1 { "key" } else { "keys" },
            one.fetch.url,
            if described.is_empty() {
                "none".to_owned()
            } else {
                described.join(", ")
            }
        ),
    );
}

fn endpoints(out: &mut Report, profile: &Profile, server: Server, metadata: &ServerMetadata) {
    let mut wanted = vec![("token_endpoint", server.token)];
    if server.party == Party::Idp {
        match sign_in(profile) {
            Some(urn::DEVICE_CODE) => wanted.push((
                "device_authorization_endpoint",
                fields::IDP_DEVICE_AUTHORIZATION_ENDPOINT,
            )),
            Some(_) => wanted.insert(
                0,
                ("authorization_endpoint", fields::IDP_AUTHORIZATION_ENDPOINT),
            ),
            None => {}
        }
    }
    for (member, field) in wanted {
        let (grade, says) = match (metadata.text(member), profile.text(field)) {
            (Some(said), Some(own)) if said != own => (
                Grade::Note,
                format!("{field} overrides the advertised {member}: {own} instead of {said}."),
            ),
            (Some(said), _) => (Grade::Ok, format!("{member} is {said}.")),
            (None, Some(own)) => (
                Grade::Note,
                format!("{member} is not advertised; {field} is used: {own}."),
            ),
            (None, None) => (
                Grade::Finding,
                format!("{member} is not advertised; fill in {field}."),
            ),
        };
        out.say(server.party, "endpoint", grade, says);
    }
}

/// Returns the grant type of the sign-in that a walk of this profile makes, if it makes one.
fn sign_in(profile: &Profile) -> Option<&'static str> {
    match (profile.subject(), profile.text(fields::SSO_LOGIN)) {
        (Subject::Saml | Subject::SamlRefresh, _) => None,
        (_, Some("device")) => Some(urn::DEVICE_CODE),
        _ => Some(urn::AUTHORIZATION_CODE),
    }
}

fn grants(out: &mut Report, profile: &Profile, party: Party, metadata: &ServerMetadata) {
    let needed: Vec<&str> = if party == Party::Idp {
        sign_in(profile)
            .into_iter()
            .chain([urn::TOKEN_EXCHANGE])
            .collect()
    } else {
        vec![urn::JWT_BEARER]
    };
    let said = metadata.list("grant_types_supported");
    for grant in &needed {
        let (grade, says) = match &said {
            None => (
                Grade::Unknown,
                format!("It does not say which grant types it has, so not {grant} either."),
            ),
            Some(list) if list.contains(grant) => {
                (Grade::Ok, format!("It advertises the grant type {grant}."))
            }
            Some(list) => (
                Grade::Finding,
                format!(
                    "It does not advertise the grant type {grant}, only {}.",
                    list.join(", ")
                ),
            ),
        };
        out.say(party, "grant-type", grade, says);
    }
}

fn auth_methods(out: &mut Report, profile: &Profile, server: Server, metadata: &ServerMetadata) {
    let sides: &[Side] = if server.party == Party::Idp {
        &[Side::Sso, Side::Agent]
    } else {
        &[Side::ResourceAs]
    };
    let methods = metadata.list("token_endpoint_auth_methods_supported");
    let algs = metadata.list("token_endpoint_auth_signing_alg_values_supported");
    for side in sides {
        let client = profile.client(*side);
        let (method, field) = (client.auth.id(), client.auth_field);
        let (grade, says) = match &methods {
            None => (
                Grade::Unknown,
                format!("It does not say how clients prove themselves; {field} is {method}."),
            ),
            Some(list) if list.contains(&method) => {
                (Grade::Ok, format!("It takes {method}, as {field} says."))
            }
            Some(list) => (
                Grade::Finding,
                format!(
                    "It does not advertise {method}, which {field} says; it takes {}.",
                    list.join(", ")
                ),
            ),
        };
        out.say(server.party, "auth-method", grade, says);
        if let (Auth::PrivateKeyJwt, Some(list), Some(alg)) = (client.auth, &algs, &client.alg)
            && !list.contains(&alg.as_str())
        {
            out.say(
                server.party,
                "auth-alg",
                Grade::Finding,
                format!(
                    "It does not take assertions signed with {alg}, only {}.",
                    list.join(", ")
                ),
            );
        }
    }
}

fn id_jag(out: &mut Report, party: Party, metadata: &ServerMetadata) {
    let (member, wanted, does) = if party == Party::Idp {
        (
            "identity_chaining_requested_token_types_supported",
            urn::ID_JAG,
            "issues ID-JAGs",
        )
    } else {
        (
            "authorization_grant_profiles_supported",
            urn::ID_JAG_PROFILE,
            "takes ID-JAGs",
        )
    };
    let (grade, says) = match metadata.list(member) {
        Some(list) if list.contains(&wanted) => {
            (Grade::Ok, format!("It advertises that it {does}."))
        }
        Some(_) => (
            Grade::Finding,
            format!("Its {member} does not have {wanted}: it does not say that it {does}."),
        ),
        None => (
            Grade::Unknown,
            format!(
                "It has no {member}, so it is not known whether it {does}; many servers do and do not say so."
            ),
        ),
    };
    out.say(party, "id-jag", grade, says);
}

fn scopes(out: &mut Report, profile: &Profile, party: Party, metadata: &ServerMetadata) {
    let field = if party == Party::Idp {
        fields::SSO_SCOPE
    } else {
        fields::AGENT_SCOPE
    };
    let (Some(asked), Some(known)) = (profile.text(field), metadata.list("scopes_supported"))
    else {
        return;
    };
    let missing: Vec<&str> = asked
        .split_whitespace()
        .filter(|scope| !known.contains(scope))
        .collect();
    if missing.is_empty() {
        out.say(
            party,
            "scope",
            Grade::Ok,
            format!("Every scope of {field} is advertised."),
        );
    } else {
        out.say(
            party,
            "scope",
            Grade::Note,
            format!(
                "{} of {field} is not among the advertised scopes {}; servers need not list all.",
                missing.join(" "),
                known.join(" ")
            ),
        );
    }
}

fn api(out: &mut Report, profile: &Profile, fetched: &[Fetched]) {
    let Some(url) = profile.text(fields::API_URL) else {
        out.say(
            Party::Api,
            "reach",
            Grade::Note,
            "api.url is empty, so the last step of a walk is skipped.",
        );
        return;
    };
    let of = |document: Document| {
        fetched
            .iter()
            .find(|fetched| fetched.fetch.document == document)
    };
    let Some(asked) = of(Document::Api) else {
        let says = "api.url is no http or https address.";
        return out.say(Party::Api, "reach", Grade::Finding, says);
    };
    let Some(response) = asked.response() else {
        let why = asked.failure().map(ToString::to_string).unwrap_or_default();
        return out.say(Party::Api, "reach", Grade::Unreachable, why);
    };
    let (grade, says) = match response.status {
        401 => (
            Grade::Ok,
            "Without a token it answers 401, as it should.".to_owned(),
        ),
        200..=299 => (
            Grade::Finding,
            format!(
                "It answers {} without any token: nothing protects it.",
                response.status
            ),
        ),
        status => (
            Grade::Note,
            format!(
                "Without a token it answers {status}; 401 with a challenge is expected (RFC 6750 §3)."
            ),
        ),
    };
    out.say(Party::Api, "reach", grade, says);
    let named = challenge_names(asked);
    let document = of(Document::Resource);
    let json = document.map(|document| (document, document.json()));
    let Some((document, Ok(json))) = json else {
        let says = match (&named, document) {
            (Some(named), Some(document)) => {
                let why = document.json().err().unwrap_or_default();
                out.say(
                    Party::Api,
                    "resource-metadata",
                    Grade::Finding,
                    format!("Its challenge names {named}, which is no metadata. {why}"),
                );
                return;
            }
            _ => {
                "It publishes no metadata about itself (RFC 9728), so its authorization server cannot be compared."
            }
        };
        return out.say(Party::Api, "resource-metadata", Grade::Unknown, says);
    };
    let from = if named.is_some() {
        "named by its 401"
    } else {
        "at the usual place"
    };
    out.say(
        Party::Api,
        "resource-metadata",
        Grade::Ok,
        format!(
            "It describes itself at {}, {from} (RFC 9728).",
            document.fetch.url
        ),
    );
    let resource = json["resource"].as_str().unwrap_or("none");
    out.compare(
        Party::Api,
        "resource",
        (
            format!("Its metadata names the resource {resource}."),
            "Its metadata names another resource than the one that was called (RFC 9728 §3.3)."
                .to_owned(),
        ),
        &bare(url).unwrap_or_default(),
        resource,
    );
    let asked_for = profile.list(fields::AGENT_RESOURCE);
    if !asked_for.is_empty() && !asked_for.iter().any(|one| one == resource) {
        out.say(
            Party::Api,
            "agent-resource",
            Grade::Note,
            format!(
                "agent.resource is {}, and the API calls itself {resource}.",
                asked_for.join(", ")
            ),
        );
    }
    let servers: Vec<&str> = json["authorization_servers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if let Some(issuer) = profile.text(fields::RESOURCE_AS_ISSUER) {
        let (grade, says) = if servers.is_empty() {
            (
                Grade::Unknown,
                "It does not say which authorization servers it trusts.".to_owned(),
            )
        } else if servers.contains(&issuer) {
            (Grade::Ok, format!("It trusts {issuer}."))
        } else {
            (
                Grade::Finding,
                format!(
                    "It trusts {}, and resource_as.issuer is {issuer}.",
                    servers.join(", ")
                ),
            )
        };
        out.say(Party::Api, "authorization-server", grade, says);
    }
}

fn redirects(out: &mut Report, profile: &Profile, around: &Around) {
    if sign_in(profile) != Some(urn::AUTHORIZATION_CODE) {
        return;
    }
    let uris = profile.list(fields::SSO_REDIRECT_URI);
    if uris.is_empty() {
        out.say(
            Party::You,
            "redirect-uri",
            Grade::Finding,
            "sso.redirect_uri is empty; http://127.0.0.1:8765/callback is the usual one.",
        );
    }
    for uri in &uris {
        let (grade, says) = redirect(uri);
        out.say(Party::You, "redirect-uri", grade, says);
    }
    for (uri, result) in &around.listeners {
        match result {
            Ok(says) => out.say(Party::You, "listener", Grade::Ok, says.clone()),
            Err(why) => out.say(
                Party::You,
                "listener",
                Grade::Finding,
                format!("{uri}: {why}"),
            ),
        }
    }
}

/// Judges a redirect URI by RFC 8252 and RFC 9700.
fn redirect(uri: &str) -> (Grade, String) {
    let url = match Url::parse(uri) {
        Ok(url) => url,
        Err(error) => return (Grade::Finding, format!("{uri} is no URL ({error}).")),
    };
    if url.fragment().is_some() {
        return (
            Grade::Finding,
            format!("{uri} has a fragment, which a redirect URI must not have (RFC 6749 §3.1.2)."),
        );
    }
    let host = url.host_str().unwrap_or_default();
    match (url.scheme(), host) {
        ("http", "127.0.0.1" | "[::1]") => (
            Grade::Ok,
            format!("{uri} is a loopback address (RFC 8252 §7.3)."),
        ),
        ("http", "localhost") => (
            Grade::Note,
            format!(
                "{uri}: `localhost` is not recommended (RFC 8252 §8.3); 127.0.0.1 or [::1] cannot be led elsewhere, but \
                 has to be registered like that."
            ),
        ),
        ("http", _) => (
            Grade::Finding,
            format!("{uri}: http is for loopback addresses only (RFC 9700 §2.1); use https there."),
        ),
        ("https", _) => (
            Grade::Note,
            format!(
                "{uri}: nothing of ours listens there; paste the address that the browser ends on."
            ),
        ),
        (scheme, _) if scheme.contains('.') => (
            Grade::Note,
            format!(
                "{uri} is a private scheme (RFC 8252 §7.1); paste the address that the browser ends on."
            ),
        ),
        (scheme, _) => (
            Grade::Finding,
            format!(
                "{uri}: the scheme `{scheme}` has no dot, so it is nobody’s own (RFC 8252 §7.1)."
            ),
        ),
    }
}

fn clients(out: &mut Report, profile: &Profile, fetched: &[Fetched], around: &Around) {
    for key in &around.keys {
        match &key.jwk {
            Err(why) => out.say(
                Party::Client,
                "key",
                Grade::Finding,
                format!("{}: {why}", key.field),
            ),
            Ok(jwk) => out.say(
                Party::Client,
                "key",
                Grade::Ok,
                format!(
                    "{} loads: {}, kid {}.",
                    key.field,
                    jwk["alg"].as_str().unwrap_or("?"),
                    jwk["kid"].as_str().unwrap_or("none"),
                ),
            ),
        }
    }
    for (side, id) in client_urls(profile) {
        let Some(one) = fetched
            .iter()
            .find(|fetched| fetched.fetch.document == Document::Client(side))
        else {
            continue;
        };
        client_document(out, &id, one);
        let Ok(document) = one.json() else { continue };
        let set = fetched
            .iter()
            .find(|fetched| fetched.fetch.document == Document::ClientKeys(side))
            .and_then(|fetched| fetched.json().ok())
            .or_else(|| document.get("jwks").cloned());
        let own = around.keys.iter().filter(|key| {
            profile.client(key.side).id.as_deref() == Some(&id)
                && profile.client(key.side).auth == Auth::PrivateKeyJwt
        });
        for key in own {
            let Ok(jwk) = &key.jwk else { continue };
            let published: Vec<String> = set
                .iter()
                .flat_map(|set| set["keys"].as_array().into_iter().flatten())
                .filter_map(thumbprint)
                .collect();
            let ours = thumbprint(jwk).unwrap_or_default();
            let (grade, says) = if published.contains(&ours) {
                (
                    Grade::Ok,
                    format!(
                        "{} is among the keys that the client’s document publishes.",
                        key.field
                    ),
                )
            } else {
                (
                    Grade::Finding,
                    format!(
                        "{} has the thumbprint {ours}, and the client’s document publishes {}.",
                        key.field,
                        if published.is_empty() {
                            "no key".to_owned()
                        } else {
                            published.join(", ")
                        }
                    ),
                )
            };
            out.say(Party::Client, "key-match", grade, says);
        }
    }
}

/// Checks a client id that is a URL, and the document it names (CIMD §3, §4).
fn client_document(out: &mut Report, id: &str, one: &Fetched) {
    let mut wrong: Vec<String> = Vec::new();
    if let Ok(url) = Url::parse(id) {
        let rest = id.split_once("://").map_or("", |(_, rest)| rest);
        let path = rest.split_once('/').map_or("", |(_, path)| path);
        let dots = path
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .split('/')
            .any(|part| matches!(part, "." | ".."));
        for (is, says) in [
            (url.scheme() != "https", "it is not https"),
            (path.is_empty(), "it has no path"),
            (url.fragment().is_some(), "it has a fragment"),
            (
                !url.username().is_empty() || url.password().is_some(),
                "it has user info",
            ),
            (dots, "its path has dot segments"),
        ] {
            if is {
                wrong.push(says.to_owned());
            }
        }
    }
    if let Some(response) = one.response()
        && (300..400).contains(&response.status)
    {
        wrong.push("it redirects, and no server follows".to_owned());
    }
    match one.json() {
        Err(why) => wrong.push(format!(
            "its document cannot be had ({})",
            why.trim_end_matches('.')
        )),
        Ok(json) => {
            let named = json["client_id"].as_str().unwrap_or("none");
            if named != id {
                wrong.push(format!("the document names the client_id {named}"));
            }
            if json.get("client_secret").is_some() {
                wrong.push("the document has a client_secret".to_owned());
            }
            let method = json["token_endpoint_auth_method"]
                .as_str()
                .unwrap_or_default();
            if method.starts_with("client_secret") {
                wrong.push(format!("the document says {method}, a shared secret"));
            }
            if one
                .response()
                .is_some_and(|response| response.body_size > 5 * 1024)
            {
                wrong.push("the document is larger than the 5 KB that servers take".to_owned());
            }
        }
    }
    if wrong.is_empty() {
        out.say(
            Party::Client,
            "client-document",
            Grade::Ok,
            format!("The client id {id} names a document that names it back."),
        );
    } else {
        out.say(
            Party::Client,
            "client-document",
            Grade::Finding,
            format!("The client id {id}: {}.", wrong.join("; ")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        profile::load,
        protocol::{
            exchange::{Answer, Request, Timings},
            http::Bytes,
        },
    };

    const NOW: Timestamp = Timestamp(1_794_000_000_000);

    fn fetched(fetch: Fetch, status: u16, headers: &[(&str, &str)], body: &Value) -> Fetched {
        let body = body.to_string().into_bytes();
        let mut all = vec![("content-type".to_owned(), "application/json".to_owned())];
        all.extend(
            headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
        );
        Fetched {
            exchange: Exchange {
                request: Request::Http(fetch.request()),
                outcome: Ok(Answer::Http(Response {
                    status,
                    headers: all,
                    body_size: body.len() as u64,
                    body: Bytes(body),
                    cut: None,
                })),
                times: Timings {
                    start: NOW,
                    ..Timings::default()
                },
            },
            fetch,
        }
    }

    #[test]
    fn dates_of_http_are_read() {
        assert_eq!(
            Timestamp::from_http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(Timestamp::from_secs(784_111_777))
        );
        assert_eq!(
            Timestamp::from_http_date("Thu, 01 Jan 1970 00:00:00 GMT"),
            Some(Timestamp(0))
        );
        assert_eq!(
            Timestamp::from_http_date("Thu, 29 Feb 2024 00:00:00 GMT"),
            Some(Timestamp::from_secs(1_709_164_800))
        );
        for odd in [
            "",
            "yesterday",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08 GMT",
        ] {
            assert_eq!(Timestamp::from_http_date(odd), None, "{odd}");
        }
    }

    #[test]
    fn nothing_but_the_address_is_asked_for() {
        let (profile, _) = load(
            "x",
            "[idp]\nissuer = 'https://user:pw@idp.example/t1'\n[api]\nurl = 'https://api.example/x?key=s3cret#y'\n",
        );
        let urls: Vec<String> = wanted(&profile, &[])
            .into_iter()
            .map(|fetch| fetch.url)
            .collect();
        assert_eq!(
            urls,
            [
                "https://idp.example/t1/.well-known/openid-configuration",
                "https://idp.example/.well-known/oauth-authorization-server/t1",
                "https://idp.example/t1/.well-known/oauth-authorization-server",
                "https://api.example/x",
            ]
        );
    }

    #[test]
    fn a_walk_through_the_documents_finds_what_is_wrong() {
        let (profile, _) = load(
            "x",
            "[idp]\nissuer = 'https://idp.example'\n[sso]\nclient_id = 'a'\nauth = 'client_secret_post'\n\
             redirect_uri = ['http://localhost:1/cb', 'http://example.com/cb']\n[api]\nurl = 'https://api.example/x'\n",
        );
        let mut had = Vec::new();
        for fetch in wanted(&profile, &[]) {
            let url = fetch.url.clone();
            had.push(match url.as_str() {
                "https://idp.example/.well-known/openid-configuration" => fetched(
                    fetch,
                    200,
                    &[("date", "Fri, 06 Nov 2026 13:20:00 GMT")],
                    &serde_json::json!({
                        "issuer": "https://idp.example/", "jwks_uri": "https://idp.example/keys",
                        "token_endpoint": "https://idp.example/token",
                        "grant_types_supported": ["authorization_code"],
                        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                    }),
                ),
                "https://api.example/x" => fetched(
                    fetch,
                    401,
                    &[(
                        "www-authenticate",
                        "Bearer resource_metadata=\"https://api.example/meta\"",
                    )],
                    &Value::Null,
                ),
                _ => fetched(fetch, 404, &[], &Value::Null),
            });
        }
        let next = wanted(&profile, &had);
        let urls: Vec<&str> = next.iter().map(|fetch| fetch.url.as_str()).collect();
        assert_eq!(
            urls,
            ["https://idp.example/keys", "https://api.example/meta"]
        );
        for fetch in next {
            let body = match fetch.document {
                Document::Keys => {
                    serde_json::json!({ "keys": [{ "kty": "RSA", "kid": "k1", "alg": "RS256" }] })
                }
                _ => serde_json::json!({ "resource": "https://api.example/other" }),
            };
            had.push(fetched(fetch, 200, &[], &body));
        }
        assert_eq!(wanted(&profile, &had), []);
        let report = read(&profile, &had, &Around::default());
        let found = |id: &str, grade: Grade, says: &str| {
            assert!(
                report
                    .iter()
                    .any(|one| one.id == id && one.grade == grade && one.says.contains(says)),
                "{id} {says}\n{report:#?}"
            );
        };
        found("issuer", Grade::Finding, "only a slash at the end differs");
        found("discovery", Grade::Ok, "does not: It answered 404");
        found("clock", Grade::Finding, "ours");
        found(
            "keys",
            Grade::Ok,
            "1 key at https://idp.example/keys: k1 (RS256)",
        );
        found(
            "endpoint",
            Grade::Finding,
            "authorization_endpoint is not advertised",
        );
        found("grant-type", Grade::Finding, "token-exchange");
        found(
            "auth-method",
            Grade::Finding,
            "does not advertise client_secret_post",
        );
        found("id-jag", Grade::Unknown, "not known whether");
        found("issuer", Grade::Finding, "resource_as.issuer is empty");
        found("resource", Grade::Finding, "another resource");
        found("redirect-uri", Grade::Note, "localhost");
        found("redirect-uri", Grade::Finding, "loopback addresses only");
        let issuer = report.iter().find(|one| one.id == "issuer").unwrap();
        assert_eq!(issuer.expected.as_deref(), Some("https://idp.example"));
        assert_eq!(issuer.got.as_deref(), Some("https://idp.example/"));
    }

    #[test]
    fn the_way_to_sign_in_decides_what_the_idp_must_offer() {
        for (more, grant, endpoint) in [
            ("", "authorization_code", "authorization_endpoint"),
            (
                "[sso]\nlogin = 'device'\n",
                urn::DEVICE_CODE,
                "device_authorization_endpoint",
            ),
            ("[agent]\nsubject = 'saml2'\n", "", ""),
        ] {
            let (profile, _) = load(
                "x",
                &format!("[idp]\nissuer = 'https://idp.example'\n{more}"),
            );
            let fetch = wanted(&profile, &[]).remove(0);
            let metadata = serde_json::json!({
                "issuer": "https://idp.example", "token_endpoint": "https://idp.example/token",
                "grant_types_supported": [urn::TOKEN_EXCHANGE],
            });
            let had = [fetched(fetch, 200, &[], &metadata)];
            let checks = read(&profile, &had, &Around::default());
            let about = |id: &str| -> Vec<String> {
                let findings = checks.iter().filter(|check| check.grade == Grade::Finding);
                findings
                    .filter(|check| check.party == Party::Idp && check.id == id)
                    .map(|check| check.says.clone())
                    .collect()
            };
            let (grants, endpoints) = (about("grant-type"), about("endpoint"));
            assert_eq!(grants.len(), usize::from(!grant.is_empty()), "{grants:?}");
            assert!(
                grants
                    .iter()
                    .all(|says| says.contains(&format!("grant type {grant},"))),
                "{grants:?}"
            );
            assert_eq!(
                endpoints.len(),
                usize::from(!endpoint.is_empty()),
                "{endpoints:?}"
            );
            assert!(
                endpoints.iter().all(|says| says.starts_with(endpoint)),
                "{endpoints:?}"
            );
            let redirect = checks.iter().any(|check| check.id == "redirect-uri");
            assert_eq!(redirect, endpoint == "authorization_endpoint", "{more}");
        }
    }

    #[test]
    fn an_issuer_that_the_api_names_is_no_gap() {
        let (profile, _) = load(
            "x",
            "[api]\nurl = 'https://api.example/x'\ndiscover = true\n",
        );
        let report = read(&profile, &[], &Around::default());
        let issuer = |party: Party| {
            let mut of = report.iter().filter(|one| one.party == party);
            of.find(|one| one.id == "issuer").map(|one| one.grade)
        };
        assert_eq!(issuer(Party::ResourceAs), Some(Grade::Note));
        assert_eq!(issuer(Party::Idp), Some(Grade::Finding));
    }

    #[test]
    fn a_client_id_that_is_a_url_is_compared_with_its_document() {
        let (profile, _) = load(
            "x",
            "[sso]\nclient_id = 'https://app.example/client.json'\nauth = 'private_key_jwt'\n",
        );
        let key = serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA", "alg": "EdDSA", "kid": "k" });
        let around = Around {
            keys: vec![OwnKey {
                side: Side::Sso,
                field: fields::SSO_PRIVATE_KEY,
                jwk: Ok(key.clone()),
            }],
            ..Around::default()
        };
        let judged = |body: &Value| {
            let fetch = wanted(&profile, &[]).pop().unwrap();
            let report = read(&profile, &[fetched(fetch, 200, &[], body)], &around);
            let grade = |id: &str| report.iter().find(|one| one.id == id).map(|one| one.grade);
            (grade("client-document"), grade("key-match"))
        };
        let good = serde_json::json!({ "client_id": "https://app.example/client.json", "jwks": { "keys": [key] } });
        assert_eq!(judged(&good), (Some(Grade::Ok), Some(Grade::Ok)));
        let bad = serde_json::json!({ "client_id": "https://app.example/", "client_secret": "x" });
        assert_eq!(judged(&bad), (Some(Grade::Finding), Some(Grade::Finding)));
    }
}
