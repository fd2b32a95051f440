//! Import: reads what a profile can be made of out of a `.env`, a cURL command, a HAR or a metadata document.
//!
//! Nothing is executed and nothing is sent. Tokens, codes and assertions are never taken over; ids, addresses and
//! credentials of clients are.

mod words;

use std::collections::BTreeMap;

use serde_json::Value as Json;
use url::Url;

pub use words::{INLINE, is_source, understand};

use super::{FieldPath, FieldValue, Profile, ProfileDoc, SecretSource, fields, load};
use crate::protocol::{
    http::{Params, Value},
    oauth::urn,
    secret::Secret,
};

/// What a source is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// Lines of `NAME=value`.
    Env,
    /// A cURL command.
    Curl,
    /// Recorded requests of a browser or proxy.
    Har,
    /// What a server says about itself.
    Metadata,
    /// A profile of this program.
    Profile,
}

impl Source {
    /// Returns what it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Env => ".env file",
            Self::Curl => "cURL command",
            Self::Har => "HAR",
            Self::Metadata => "metadata document",
            Self::Profile => "profile",
        }
    }
}

/// A value that was understood.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Understood {
    /// The field it goes to.
    pub field: FieldPath,
    /// The value; a secret stands inline.
    pub value: FieldValue,
    /// Where it was found.
    pub from: String,
}

/// What came out of a source.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Import {
    /// What the source is.
    pub source: Source,
    /// What was understood, one value a field.
    pub understood: Vec<Understood>,
    /// What was not taken over, each with the reason; never with its value.
    pub left: Vec<(String, String)>,
    /// The whole text, where it is a profile already.
    pub text: Option<String>,
}

/// Reads a source.
///
/// # Errors
/// A sentence, when it is none of the known forms.
pub fn read(text: &str) -> Result<Import, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let mut import = Import {
        source: Source::Env,
        understood: Vec::new(),
        left: Vec::new(),
        text: None,
    };
    if text.starts_with('{') {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| format!("It begins like JSON and does not parse: {error}."))?;
        if json["log"]["entries"].is_array() {
            import.source = Source::Har;
            import.har(&json);
        } else if json["issuer"].is_string() || json["token_endpoint"].is_string() {
            import.source = Source::Metadata;
            import.metadata(&json);
        } else {
            return Err(
                "It is JSON, but neither a HAR (log.entries) nor metadata of a server (issuer)."
                    .to_owned(),
            );
        }
    } else if is_curl(text) {
        import.source = Source::Curl;
        import.curl(text)?;
    } else if is_profile(text) {
        import.source = Source::Profile;
        import.profile_text(text)?;
    } else if text.lines().any(|line| assignment(line).is_some()) {
        import.env(text);
    } else {
        return Err(
            "It is no .env file (NAME=value), no cURL command, no HAR, no metadata document and no profile."
                .to_owned(),
        );
    }
    Ok(import)
}

impl Import {
    /// Makes a profile of what was understood.
    ///
    /// # Errors
    /// A sentence, when a value cannot be written.
    pub fn profile(&self, title: &str) -> Result<ProfileDoc, String> {
        if let Some(text) = &self.text {
            // It has a title of its own, if it has one.
            return ProfileDoc::parse(text).map_err(|problem| problem.to_string());
        }
        let text = "format = 1\nflow = \"xaa\"\nenvironment = \"test\"\n";
        let mut doc = ProfileDoc::parse(text).map_err(|problem| problem.to_string())?;
        let title = FieldValue::Text(title.to_owned());
        let all = std::iter::once((fields::TITLE, &title))
            .chain(self.understood.iter().map(|one| (one.field, &one.value)));
        for (field, value) in all {
            doc.set(field, value)
                .map_err(|problem| problem.to_string())?;
        }
        Ok(doc)
    }

    /// Takes a profile as it stands, comments and all; only one that can be read.
    fn profile_text(&mut self, text: &str) -> Result<(), String> {
        let (profile, problems) = load::load("", text);
        if let Some(problem) = problems.first() {
            return Err(format!("It is a profile, and {problem}"));
        }
        self.text = Some(format!("{text}\n"));
        let own = fields::FIELDS
            .iter()
            .filter(|field| field.path.0 != "format");
        self.understood = own
            .filter_map(|field| {
                Some(Understood {
                    field: field.path,
                    value: profile.own(field.path)?.clone(),
                    from: "its text".to_owned(),
                })
            })
            .collect();
        Ok(())
    }

    /// Takes a value over; the first word on a field counts.
    fn take(&mut self, field: FieldPath, text: &str, from: &str) {
        if text.is_empty() {
            return self.leave(from, "it is empty");
        }
        let known = self.understood.iter().find(|one| one.field == field);
        let mut typed = Profile::named("");
        let value = if matches!(field.field().kind, super::Kind::Secret) {
            FieldValue::Secret(SecretSource::Inline(Secret::typed(field.0, text)))
        } else {
            match typed.edit(field, text) {
                Ok(()) => match typed.own(field) {
                    Some(value) => value.clone(),
                    None => return self.leave(from, "it is empty"),
                },
                Err(_) => return self.leave(from, &format!("it is no value for {field}")),
            }
        };
        match known {
            None => self.understood.push(Understood {
                field,
                value,
                from: from.to_owned(),
            }),
            Some(known) if known.value == value => {}
            Some(known) => {
                let why = format!("{field} is already taken from {}", known.from);
                self.leave(from, &why);
            }
        }
    }

    fn leave(&mut self, what: &str, why: &str) {
        let one = (what.to_owned(), why.to_owned());
        if !self.left.contains(&one) {
            self.left.push(one);
        }
    }

    fn has(&self, field: FieldPath) -> bool {
        self.understood.iter().any(|one| one.field == field)
    }

    fn metadata(&mut self, json: &Json) {
        let text = |name: &str| json[name].as_str().unwrap_or_default();
        let grants: Vec<&str> = texts(&json["grant_types_supported"]);
        // Who signs users in is an IdP; who only redeems is not.
        let redeems = texts(&json["authorization_grant_profiles_supported"])
            .contains(&urn::ID_JAG_PROFILE)
            || (grants.contains(&urn::JWT_BEARER) && !grants.contains(&urn::TOKEN_EXCHANGE));
        let mints = texts(&json["identity_chaining_requested_token_types_supported"])
            .contains(&urn::ID_JAG);
        let is_idp = mints || !redeems;
        let issuer = if is_idp {
            fields::IDP_ISSUER
        } else {
            fields::RESOURCE_AS_ISSUER
        };
        if text("issuer").is_empty() {
            self.leave(
                "issuer",
                "there is none, so the endpoints are taken over instead",
            );
            let pairs = if is_idp {
                [
                    ("authorization_endpoint", fields::IDP_AUTHORIZATION_ENDPOINT),
                    ("token_endpoint", fields::IDP_TOKEN_ENDPOINT),
                    ("jwks_uri", fields::IDP_JWKS_URI),
                ]
            } else {
                [
                    (
                        "authorization_endpoint",
                        fields::RESOURCE_AS_AUTHORIZATION_ENDPOINT,
                    ),
                    ("token_endpoint", fields::RESOURCE_AS_TOKEN_ENDPOINT),
                    ("jwks_uri", fields::RESOURCE_AS_JWKS_URI),
                ]
            };
            for (name, field) in pairs {
                if !text(name).is_empty() {
                    self.take(field, text(name), name);
                }
            }
        } else {
            self.take(issuer, text("issuer"), "issuer");
            self.leave(
                "endpoints and jwks_uri",
                "discovery finds them from the issuer at every walk",
            );
        }
        let methods = texts(&json["token_endpoint_auth_methods_supported"]);
        let auth = if is_idp {
            fields::SSO_AUTH
        } else {
            fields::RESOURCE_AS_AUTH
        };
        if let [one] = methods.as_slice() {
            self.take(auth, one, "token_endpoint_auth_methods_supported");
        }
    }

    fn env(&mut self, text: &str) {
        let all: Vec<(String, String)> = text.lines().filter_map(assignment).collect();
        let known: BTreeMap<&str, &str> = all
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let get = |names: &[&str]| names.iter().find_map(|name| known.get(name).copied());
        // Two vendors in one file: Okta mints there, and Auth0 redeems.
        for (name, value) in &all {
            let name = name.as_str();
            match name {
                _ if value.is_empty() => self.leave(name, "it is empty"),
                "AUTH0_DOMAIN" | "AUTH0_ISSUER" | "AUTH0_ISSUER_BASE_URL" => {
                    let issuer = format!("{}/", address(value).trim_end_matches('/'));
                    self.take(fields::RESOURCE_AS_ISSUER, &issuer, name);
                    self.take(fields::RESOURCE_AS_VENDOR, "auth0", name);
                }
                "AUTH0_CLIENT_ID" => self.take(fields::RESOURCE_AS_CLIENT_ID, value, name),
                "AUTH0_CLIENT_SECRET" => {
                    self.take(fields::RESOURCE_AS_CLIENT_SECRET, value, name);
                    self.take(fields::RESOURCE_AS_AUTH, "client_secret_post", name);
                }
                "AUTH0_AUDIENCE" => self.take(fields::AGENT_RESOURCE, value, name),
                "OKTA_DOMAIN" | "OKTA_ORG_URL" | "OKTA_BASE_URL" => {
                    self.take(
                        fields::IDP_ISSUER,
                        address(value).trim_end_matches('/'),
                        name,
                    );
                    self.take(fields::IDP_VENDOR, "okta", name);
                }
                "OKTA_ISSUER" | "OKTA_OAUTH2_ISSUER" => {
                    // The custom server redeems; the org server, which mints, is its host.
                    let issuer = address(value);
                    match issuer.split_once("/oauth2/") {
                        Some((org, id)) if !id.is_empty() => {
                            self.take(fields::IDP_ISSUER, org, name);
                            self.take(
                                fields::RESOURCE_AS_ISSUER,
                                issuer.trim_end_matches('/'),
                                name,
                            );
                        }
                        _ => self.take(fields::IDP_ISSUER, issuer.trim_end_matches('/'), name),
                    }
                    self.take(fields::IDP_VENDOR, "okta", name);
                }
                "OKTA_AUTH_SERVER_ID" | "OKTA_AUTHORIZATION_SERVER_ID" | "OKTA_AUTH_SERVER" => {
                    match get(&["OKTA_DOMAIN", "OKTA_ORG_URL", "OKTA_BASE_URL"]) {
                        Some(host) => {
                            let host = address(host);
                            let issuer = format!("{}/oauth2/{value}", host.trim_end_matches('/'));
                            self.take(fields::RESOURCE_AS_ISSUER, &issuer, name);
                        }
                        None => self.leave(name, "there is no OKTA_DOMAIN to put it after"),
                    }
                }
                "JAG_TARGET_AUDIENCE" => self.take(fields::RESOURCE_AS_ISSUER, value, name),
                "RESOURCE_TOKEN_ENDPOINT" => {
                    // Okta's token endpoints are their issuer and /v1/token.
                    match value.strip_suffix("/v1/token") {
                        Some(issuer) => self.take(fields::RESOURCE_AS_ISSUER, issuer, name),
                        None => self.take(fields::RESOURCE_AS_TOKEN_ENDPOINT, value, name),
                    }
                }
                "JAG_AUDIENCE" | "RESOURCE_AUDIENCE" if value.ends_with("/token") => {
                    let field = if name == "JAG_AUDIENCE" {
                        fields::AGENT_ASSERTION_AUDIENCE
                    } else {
                        fields::RESOURCE_AS_ASSERTION_AUDIENCE
                    };
                    self.take(field, "token-endpoint", name);
                }
                "JAG_SCOPE" | "AUTH0_SCOPE" | "AGENT_SCOPE" | "RESOURCE_SCOPE" => {
                    self.take(fields::AGENT_SCOPE, value, name);
                }
                "ISSUER" | "ISSUER_URL" | "OIDC_ISSUER" | "IDP_ISSUER" | "SSO_ISSUER" => {
                    self.take(fields::IDP_ISSUER, value, name);
                }
                "CLIENT_ID"
                | "OKTA_CLIENT_ID"
                | "OKTA_OAUTH2_CLIENT_ID"
                | "OIDC_CLIENT_ID"
                | "IDP_CLIENT_ID"
                | "SSO_CLIENT_ID" => self.take(fields::SSO_CLIENT_ID, value, name),
                "CLIENT_SECRET"
                | "OKTA_CLIENT_SECRET"
                | "OKTA_OAUTH2_CLIENT_SECRET"
                | "OIDC_CLIENT_SECRET"
                | "IDP_CLIENT_SECRET"
                | "SSO_CLIENT_SECRET" => {
                    self.take(fields::SSO_CLIENT_SECRET, value, name);
                }
                "REDIRECT_URI" | "REDIRECT_URL" | "CALLBACK_URL" | "OKTA_REDIRECT_URI"
                | "OIDC_REDIRECT_URI" => {
                    self.take(fields::SSO_REDIRECT_URI, value, name);
                }
                "SCOPE" | "SCOPES" | "OKTA_SCOPES" | "OKTA_SCOPE" => {
                    self.take(fields::SSO_SCOPE, value, name);
                }
                "AGENT_CLIENT_ID"
                | "AGENT_ID"
                | "OKTA_AI_AGENT_ID"
                | "OKTA_AGENT_ID"
                | "OKTA_AGENT_CLIENT_ID" => {
                    self.take(fields::AGENT_CLIENT_ID, value, name);
                    self.take(fields::RESOURCE_AS_CLIENT_ID, value, name);
                }
                "AGENT_PRIVATE_KEY_JWK"
                | "AGENT_PRIVATE_KEY"
                | "OKTA_PRIVATE_KEY"
                | "OKTA_AGENT_PRIVATE_KEY"
                | "PRIVATE_KEY" => {
                    let key = value.replace("\\n", "\n");
                    self.take(fields::AGENT_PRIVATE_KEY, &key, name);
                    self.take(fields::AGENT_AUTH, "private_key_jwt", name);
                    self.take(fields::RESOURCE_AS_PRIVATE_KEY, &key, name);
                    self.take(fields::RESOURCE_AS_AUTH, "private_key_jwt", name);
                }
                "AGENT_KEY_ID" | "OKTA_PRIVATE_KEY_KID" | "OKTA_KEY_ID" => {
                    self.take(fields::AGENT_KID, value, name);
                    self.take(fields::RESOURCE_AS_KID, value, name);
                }
                "RESOURCE_AS_ISSUER" | "RESOURCE_ISSUER" | "AUTH_SERVER_ISSUER" => {
                    self.take(fields::RESOURCE_AS_ISSUER, value, name);
                }
                "RESOURCE_AS_CLIENT_ID" | "RESOURCE_CLIENT_ID" => {
                    self.take(fields::RESOURCE_AS_CLIENT_ID, value, name);
                }
                "RESOURCE_AS_CLIENT_SECRET" | "RESOURCE_CLIENT_SECRET" => {
                    self.take(fields::RESOURCE_AS_CLIENT_SECRET, value, name);
                }
                "OKTA_API_TOKEN" => self.take(fields::RESOURCE_AS_MANAGEMENT_TOKEN, value, name),
                "API_URL" | "RESOURCE_URL" | "PROTECTED_API_URL" | "TODO_API_URL" => {
                    self.take(fields::API_URL, value, name);
                }
                _ => self.leave(name, "its name is not known here"),
            }
        }
    }

    fn curl(&mut self, text: &str) -> Result<(), String> {
        let words = words(text)?;
        let mut asked = Asked::default();
        let mut rest = words.into_iter().skip(1);
        while let Some(word) = rest.next() {
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => {
                    (name.to_owned(), Some(value.to_owned()))
                }
                _ if word.len() > 2
                    && word.starts_with('-')
                    && !word.starts_with("--")
                    && takes_value(&word[..2]) =>
                {
                    (word[..2].to_owned(), Some(word[2..].to_owned()))
                }
                _ => (word.clone(), None),
            };
            if !name.starts_with('-') {
                asked.url = word;
                continue;
            }
            if !takes_value(&name) {
                continue;
            }
            let Some(value) = inline.or_else(|| rest.next()) else {
                break;
            };
            match name.as_str() {
                "-H" | "--header" => {
                    if let Some((name, value)) = value.split_once(':') {
                        asked
                            .headers
                            .push((name.trim().to_lowercase(), value.trim().to_owned()));
                    }
                }
                "-d" | "--data" | "--data-ascii" | "--data-raw" | "--data-binary" => {
                    if value.starts_with('@') && name != "--data-raw" {
                        self.leave(&name, "it names a file, which is not read");
                    } else {
                        asked.form.0.extend(Params::decode(&value).0);
                    }
                }
                "--data-urlencode" => match value.split_once('=') {
                    Some((name, value)) if !name.is_empty() => asked.form.push(name, value),
                    _ => self.leave(&name, "it has no name"),
                },
                "-u" | "--user" => asked.user = Some(value),
                "--url" => asked.url = value,
                "-x" | "--proxy" => self.take(fields::NETWORK_PROXY, &value, &name),
                "--cacert" => self.take(fields::NETWORK_CA_FILE, &value, &name),
                _ => {}
            }
        }
        self.request(&asked);
        if self.understood.is_empty() && self.left.is_empty() {
            return Err("The cURL command is no request of OAuth that is known here.".to_owned());
        }
        Ok(())
    }

    fn har(&mut self, json: &Json) {
        let entries = json["log"]["entries"].as_array().into_iter().flatten();
        let mut skipped = 0;
        for entry in entries {
            let request = &entry["request"];
            let pairs = |list: &Json| -> Vec<(String, String)> {
                list.as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|one| {
                        Some((
                            one["name"].as_str()?.to_owned(),
                            one["value"].as_str()?.to_owned(),
                        ))
                    })
                    .collect()
            };
            let post = &request["postData"];
            let form = match post["text"].as_str() {
                Some(text)
                    if post["mimeType"]
                        .as_str()
                        .is_some_and(|kind| kind.contains("form")) =>
                {
                    Params::decode(text)
                }
                _ => {
                    let mut form = Params::default();
                    for (name, value) in pairs(&post["params"]) {
                        form.push(name, value);
                    }
                    form
                }
            };
            let asked = Asked {
                url: request["url"].as_str().unwrap_or_default().to_owned(),
                headers: pairs(&request["headers"])
                    .into_iter()
                    .map(|(name, value)| (name.to_lowercase(), value))
                    .collect(),
                form,
                user: None,
            };
            if !self.request(&asked) {
                skipped += 1;
            }
        }
        if skipped > 0 {
            self.leave(
                &format!("{skipped} other requests"),
                "they are neither authorize nor token requests",
            );
        }
    }

    /// Reads one request; tells whether it was one of OAuth.
    fn request(&mut self, asked: &Asked) -> bool {
        let Ok(url) = Url::parse(&asked.url) else {
            self.leave("the address", "it is no URL");
            return false;
        };
        let query = Params::decode(url.query().unwrap_or_default());
        let endpoint = {
            let mut url = url.clone();
            url.set_query(None);
            url.set_fragment(None);
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string()
        };
        let of = |params: &Params, name: &str| params.get(name).map(Value::wire);
        if query.get("response_type").is_some() && query.get("client_id").is_some() {
            self.take(
                fields::IDP_AUTHORIZATION_ENDPOINT,
                &endpoint,
                "the address of the authorize request",
            );
            for (name, field) in [
                ("client_id", fields::SSO_CLIENT_ID),
                ("redirect_uri", fields::SSO_REDIRECT_URI),
                ("scope", fields::SSO_SCOPE),
            ] {
                if let Some(value) = of(&query, name) {
                    self.take(field, &value, &format!("{name} of the authorize request"));
                }
            }
            return true;
        }
        let form = &asked.form;
        let Some(grant) = of(form, "grant_type") else {
            return false;
        };
        let (side, what) = match grant.as_str() {
            urn::AUTHORIZATION_CODE | urn::REFRESH => (&SSO, "the code request"),
            urn::TOKEN_EXCHANGE => (&AGENT, "the token exchange"),
            urn::JWT_BEARER => (&RESOURCE_AS, "the jwt-bearer request"),
            _ => {
                self.leave("grant_type", "it is no grant of Cross App Access");
                return true;
            }
        };
        self.take(
            side.token_endpoint,
            &endpoint,
            &format!("the address of {what}"),
        );
        let from = |name: &str| format!("{name} of {what}");
        let basic = asked
            .headers
            .iter()
            .find(|(name, _)| name == "authorization")
            .and_then(|(_, value)| basic(value))
            .or_else(|| {
                let (id, secret) = asked.user.as_deref()?.split_once(':')?;
                Some((decoded(id), decoded(secret)))
            });
        if let Some((id, secret)) = basic {
            self.take(side.client_id, &id, &from("the Basic header"));
            self.secret(
                side,
                &secret,
                "client_secret_basic",
                &from("the Basic header"),
            );
        }
        if let Some(id) = of(form, "client_id") {
            self.take(side.client_id, &id, &from("client_id"));
        }
        if let Some(secret) = of(form, "client_secret") {
            self.secret(side, &secret, "client_secret_post", &from("client_secret"));
        }
        if of(form, "client_assertion").is_some() {
            self.take(side.auth, "private_key_jwt", &from("client_assertion"));
            self.leave(
                &from("client_assertion"),
                "an assertion is made anew each time; its key goes to private_key",
            );
        }
        if grant == urn::AUTHORIZATION_CODE
            && let Some(uri) = of(form, "redirect_uri")
        {
            self.take(fields::SSO_REDIRECT_URI, &uri, &from("redirect_uri"));
        }
        // A SAML assertion may be exchanged for a refresh token first; that asks for what a sign-in asks for.
        let for_refresh = grant == urn::TOKEN_EXCHANGE
            && of(form, "requested_token_type").as_deref() == Some(urn::REFRESH_TOKEN);
        if grant == urn::TOKEN_EXCHANGE {
            for (name, field) in [
                ("audience", fields::RESOURCE_AS_ISSUER),
                ("resource", fields::AGENT_RESOURCE),
            ] {
                if let Some(value) = of(form, name) {
                    self.take(field, &value, &from(name));
                }
            }
            let subject = match of(form, "subject_token_type").as_deref() {
                Some(urn::ID_TOKEN) => Some("id_token"),
                Some(urn::ACCESS_TOKEN) => Some("access_token"),
                Some(urn::REFRESH_TOKEN) => Some("refresh_token"),
                Some(urn::SAML2) if for_refresh => Some("saml2_refresh"),
                Some(urn::SAML2) => Some("saml2"),
                _ => None,
            };
            if let Some(subject) = subject {
                self.take(fields::AGENT_SUBJECT, subject, &from("subject_token_type"));
            }
        }
        let asks = if for_refresh {
            fields::SSO_SCOPE
        } else {
            side.scope
        };
        if grant != urn::AUTHORIZATION_CODE
            && let Some(scope) = of(form, "scope")
            && !self.has(asks)
        {
            self.take(asks, &scope, &from("scope"));
        }
        for name in [
            "code",
            "code_verifier",
            "subject_token",
            "actor_token",
            "assertion",
            "refresh_token",
        ] {
            if form.get(name).is_some() {
                self.leave(&from(name), "a token of one walk is not kept");
            }
        }
        true
    }

    fn secret(&mut self, side: &SideFields, secret: &str, auth: &str, from: &str) {
        if secret.starts_with('$') {
            self.leave(
                from,
                "it is a variable of the shell; name it as { env = \"…\" }",
            );
        } else {
            self.take(side.secret, secret, from);
        }
        self.take(side.auth, auth, from);
    }
}

struct SideFields {
    client_id: FieldPath,
    secret: FieldPath,
    auth: FieldPath,
    scope: FieldPath,
    token_endpoint: FieldPath,
}

const SSO: SideFields = SideFields {
    client_id: fields::SSO_CLIENT_ID,
    secret: fields::SSO_CLIENT_SECRET,
    auth: fields::SSO_AUTH,
    scope: fields::SSO_SCOPE,
    token_endpoint: fields::IDP_TOKEN_ENDPOINT,
};

const AGENT: SideFields = SideFields {
    client_id: fields::AGENT_CLIENT_ID,
    secret: fields::AGENT_CLIENT_SECRET,
    auth: fields::AGENT_AUTH,
    scope: fields::AGENT_SCOPE,
    token_endpoint: fields::IDP_TOKEN_ENDPOINT,
};

const RESOURCE_AS: SideFields = SideFields {
    client_id: fields::RESOURCE_AS_CLIENT_ID,
    secret: fields::RESOURCE_AS_CLIENT_SECRET,
    auth: fields::RESOURCE_AS_AUTH,
    scope: fields::RESOURCE_AS_SCOPE,
    token_endpoint: fields::RESOURCE_AS_TOKEN_ENDPOINT,
};

/// A request, as far as it matters here.
#[derive(Default)]
struct Asked {
    url: String,
    headers: Vec<(String, String)>,
    form: Params,
    user: Option<String>,
}

fn texts(list: &Json) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect()
}

fn address(text: &str) -> String {
    if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    }
}

/// Reads id and secret out of a Basic header (RFC 6749 §2.3.1: both are form-encoded inside).
fn basic(value: &str) -> Option<(String, String)> {
    use base64::Engine as _;
    let encoded = value
        .strip_prefix("Basic ")
        .or_else(|| value.strip_prefix("basic "))?;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(encoded.trim())
        .ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decoded(id), decoded(secret)))
}

fn decoded(text: &str) -> String {
    Params::decode(&format!("x={text}"))
        .get("x")
        .map(Value::wire)
        .unwrap_or_default()
}

/// Tells whether a text is a profile: its format stands at the top, before any table.
fn is_profile(text: &str) -> bool {
    let head = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with('['));
    head.filter_map(|line| line.split_once('='))
        .any(|(name, value)| {
            name.trim() == "format" && value.trim().starts_with(|c: char| c.is_ascii_digit())
        })
}

fn is_curl(text: &str) -> bool {
    text.strip_prefix("curl")
        .map(|rest| rest.strip_prefix(".exe").unwrap_or(rest))
        .is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

/// Reads a line of a `.env`: `NAME=value`, `export NAME="value"`, a comment after it.
fn assignment(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let sound = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !sound {
        return None;
    }
    let value = value.trim();
    let value = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &value[1..];
            inner.rfind(quote).map_or(inner, |end| &inner[..end])
        }
        _ => value.split(" #").next().unwrap_or_default().trim_end(),
    };
    Some((name.to_uppercase(), value.to_owned()))
}

/// The options of curl that have a value, as far as copied commands use them.
fn takes_value(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "-H",
        "--header",
        "-d",
        "--data",
        "--data-raw",
        "--data-binary",
        "--data-ascii",
        "--data-urlencode",
        "-u",
        "--user",
        "-X",
        "--request",
        "--url",
        "-x",
        "--proxy",
        "--cacert",
        "-A",
        "--user-agent",
        "-e",
        "--referer",
        "-b",
        "--cookie",
        "-o",
        "--output",
        "-m",
        "--max-time",
        "--connect-timeout",
        "-E",
        "--cert",
        "--key",
        "-w",
        "--write-out",
        "-F",
        "--form",
        "-c",
        "--cookie-jar",
        "--resolve",
        "--retry",
    ];
    NAMES.contains(&name)
}

/// Splits a command as a shell would, without expanding anything: quotes, backslashes, line ends, `$'…'`.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    let unclosed = || "A quote of the cURL command is not closed.".to_owned();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some('\r') => drop(chars.next_if_eq(&'\n')),
                Some(c) => word.get_or_insert_default().push(c),
            },
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or_else(unclosed)? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '$' if chars.peek() == Some(&'\'') => {
                chars.next();
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or_else(unclosed)? {
                        '\'' => break,
                        '\\' => match chars.next().ok_or_else(unclosed)? {
                            'n' => word.push('\n'),
                            't' => word.push('\t'),
                            'r' => word.push('\r'),
                            'u' => {
                                let digits: String = (0..4).filter_map(|_| chars.next()).collect();
                                let code = u32::from_str_radix(&digits, 16).ok();
                                word.extend(code.and_then(char::from_u32));
                            }
                            c => word.push(c),
                        },
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or_else(unclosed)? {
                        '"' => break,
                        '\\' => match chars.next().ok_or_else(unclosed)? {
                            '\n' => {}
                            c @ ('"' | '\\' | '$' | '`') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            // What stands behind is another command, and no business of ours.
            ';' | '|' | '&' | '>' | '<' if word.is_none() => break,
            c if c.is_whitespace() => out.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> (Profile, Import) {
        let import = read(text).unwrap();
        let (profile, problems) = import.profile("x").unwrap().load("x");
        assert!(
            problems.iter().all(|problem| !problem.fatal),
            "{problems:?}"
        );
        (profile, import)
    }

    fn inline(profile: &Profile, field: FieldPath) -> usize {
        match profile.secret(field) {
            Some((_, SecretSource::Inline(secret))) => secret.len(),
            _ => 0,
        }
    }

    #[test]
    fn the_env_file_of_oktas_sample_is_understood() {
        let (profile, import) = profile(
            "# Okta OIDC Configuration\nCLIENT_ID=0oa1\nCLIENT_SECRET=hunter2\nOKTA_ISSUER=https://acme.okta.example\n\
             REDIRECT_URI=http://localhost:3000/callback\nAGENT_CLIENT_ID=wlp1\n\
             AGENT_PRIVATE_KEY_JWK={\"kty\":\"RSA\",\"d\":\"...\"}\nAGENT_KEY_ID=k1\nJAG_ISSUER=https://acme.okta.example/oauth2\n\
             JAG_AUDIENCE=https://acme.okta.example/oauth2/v1/token\n\
             JAG_TARGET_AUDIENCE=https://acme.okta.example/oauth2/aus1\nJAG_SCOPE=ai_agent\n\
             RESOURCE_AUDIENCE=https://acme.okta.example/oauth2/aus1/v1/token\n\
             RESOURCE_TOKEN_ENDPOINT=https://acme.okta.example/oauth2/aus1/v1/token\nPORT=3000\n",
        );
        let is = |field, text| assert_eq!(profile.text(field), Some(text), "{field}");
        is(fields::IDP_ISSUER, "https://acme.okta.example");
        is(
            fields::RESOURCE_AS_ISSUER,
            "https://acme.okta.example/oauth2/aus1",
        );
        is(fields::SSO_CLIENT_ID, "0oa1");
        is(fields::AGENT_CLIENT_ID, "wlp1");
        is(fields::RESOURCE_AS_CLIENT_ID, "wlp1");
        is(fields::AGENT_KID, "k1");
        is(fields::AGENT_ASSERTION_AUDIENCE, "token-endpoint");
        is(fields::RESOURCE_AS_ASSERTION_AUDIENCE, "token-endpoint");
        is(fields::AGENT_SCOPE, "ai_agent");
        assert_eq!(inline(&profile, fields::SSO_CLIENT_SECRET), 7);
        assert_eq!(inline(&profile, fields::AGENT_PRIVATE_KEY), 23);
        let left: Vec<&str> = import.left.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(left, ["JAG_ISSUER", "PORT"]);
        assert!(!format!("{import:?}").contains("hunter2"));
    }

    #[test]
    fn the_env_file_of_auth0s_inspector_is_understood() {
        let (profile, import) = profile(
            "APP_BASE_URL=http://localhost:3000\nSESSION_SECRET=x\nexport OKTA_ISSUER='https://acme.okta.example'\n\
             OKTA_CLIENT_ID=\"0oa1\"\nOKTA_CLIENT_SECRET=s1\nAUTH0_DOMAIN=acme.auth0.example\nAUTH0_CLIENT_ID=abc # here\n\
             AUTH0_CLIENT_SECRET=s2\nAUTH0_AUDIENCE=https://api.example\nAUTH0_SCOPE=read:example\n",
        );
        let is = |field, text| assert_eq!(profile.text(field), Some(text), "{field}");
        is(fields::IDP_ISSUER, "https://acme.okta.example");
        is(fields::RESOURCE_AS_ISSUER, "https://acme.auth0.example/");
        is(fields::RESOURCE_AS_CLIENT_ID, "abc");
        is(fields::RESOURCE_AS_AUTH, "client_secret_post");
        is(fields::AGENT_RESOURCE, "https://api.example");
        is(fields::AGENT_SCOPE, "read:example");
        assert_eq!(import.left.len(), 2);
    }

    #[test]
    fn a_curl_command_of_each_grant_is_understood() {
        let (exchange, import) = profile(
            "curl -sS -X POST 'https://idp.example/token' \\\n  -u 'agent%3A1:s%20x' -H 'Accept: application/json' \\\n  \
             --data-urlencode 'grant_type=urn:ietf:params:oauth:grant-type:token-exchange' \\\n  -d audience=https%3A%2F%2Fas.example \
             -d $'scope=a\\u0020b' -d subject_token=eyJsecret -d subject_token_type=urn:ietf:params:oauth:token-type:id_token | jq .",
        );
        let is = |field, text| assert_eq!(exchange.text(field), Some(text), "{field}");
        is(fields::IDP_TOKEN_ENDPOINT, "https://idp.example/token");
        is(fields::AGENT_CLIENT_ID, "agent:1");
        is(fields::AGENT_AUTH, "client_secret_basic");
        is(fields::RESOURCE_AS_ISSUER, "https://as.example");
        is(fields::AGENT_SCOPE, "a b");
        is(fields::AGENT_SUBJECT, "id_token");
        let doc = import.profile("x").unwrap();
        assert!(!doc.text().contains("eyJsecret"));
        assert!(
            import
                .left
                .iter()
                .any(|(what, _)| what.starts_with("subject_token"))
        );

        let (saml, _) = profile(
            "curl https://idp.example/token -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \
             -d requested_token_type=urn:ietf:params:oauth:token-type:refresh_token -d 'scope=openid offline_access' \
             -d subject_token=PHNhbWw -d subject_token_type=urn:ietf:params:oauth:token-type:saml2",
        );
        assert_eq!(saml.text(fields::AGENT_SUBJECT), Some("saml2_refresh"));
        assert_eq!(saml.text(fields::SSO_SCOPE), Some("openid offline_access"));
        assert_eq!(saml.text(fields::AGENT_SCOPE), None);

        let (code, _) = profile(
            "curl https://idp.example/token -u a:s -d grant_type=authorization_code -d code=c0de \
             -d redirect_uri=http://127.0.0.1:8765/callback",
        );
        assert_eq!(
            code.text(fields::SSO_REDIRECT_URI),
            Some("http://127.0.0.1:8765/callback")
        );

        let (redeem, _) = profile(
            "curl https://as.example/token -H 'Authorization: Basic YSUzQWI6cyt0' --data-raw \
             'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJ'",
        );
        assert_eq!(redeem.text(fields::RESOURCE_AS_CLIENT_ID), Some("a:b"));
        assert_eq!(inline(&redeem, fields::RESOURCE_AS_CLIENT_SECRET), 3);
    }

    #[test]
    fn authorize_and_token_requests_of_a_har_are_understood() {
        let (profile, import) = profile(
            r#"{"log":{"entries":[
            {"request":{"url":"https://idp.example/style.css","headers":[]}},
            {"request":{"url":"https://idp.example/authorize?response_type=code&client_id=a&scope=openid+email&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcb&state=x","headers":[]}},
            {"request":{"url":"https://idp.example/token","headers":[],"postData":{"mimeType":"application/x-www-form-urlencoded","text":"grant_type=authorization_code&code=c0de&client_id=a&client_secret=hunter2"}}}
            ]}}"#,
        );
        assert_eq!(
            profile.text(fields::IDP_AUTHORIZATION_ENDPOINT),
            Some("https://idp.example/authorize")
        );
        assert_eq!(profile.text(fields::SSO_SCOPE), Some("openid email"));
        assert_eq!(profile.text(fields::SSO_AUTH), Some("client_secret_post"));
        assert_eq!(
            profile.text(fields::SSO_REDIRECT_URI),
            Some("http://127.0.0.1:1/cb")
        );
        assert!(!import.profile("x").unwrap().text().contains("c0de"));
        assert!(
            import
                .left
                .iter()
                .any(|(what, _)| what == "1 other requests")
        );
    }

    #[test]
    fn metadata_goes_to_the_side_that_it_describes() {
        let (idp, _) = profile(
            r#"{"issuer":"https://idp.example","grant_types_supported":["authorization_code"],"token_endpoint_auth_methods_supported":["client_secret_post"]}"#,
        );
        assert_eq!(idp.text(fields::IDP_ISSUER), Some("https://idp.example"));
        assert_eq!(idp.text(fields::SSO_AUTH), Some("client_secret_post"));
        let (side, _) = profile(
            r#"{"issuer":"https://as.example/t","authorization_grant_profiles_supported":["urn:ietf:params:oauth:grant-profile:id-jag"]}"#,
        );
        assert_eq!(
            side.text(fields::RESOURCE_AS_ISSUER),
            Some("https://as.example/t")
        );
    }

    #[test]
    fn anything_else_is_refused_and_nothing_panics() {
        for text in [
            "",
            "hello",
            "{",
            "{}",
            "curl",
            "curl 'x",
            "curl -d",
            "curl \\",
            "curl $'\\",
            "curl \"\\",
            "=",
            "{\"log\":{\"entries\":[]}}",
            "curl http://[ -d a=b",
            "curl -u a -H b http://x",
            "\u{feff}A=é\"",
        ] {
            let _ = read(text);
        }
        for text in ["", "hello", "{", "{}", "curl 'x"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
