//! Instances of a client at the token endpoint: the assertion about one, judged in the order of CIA §8.2, and the tokens
//! that name it.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, json};

use super::Idp;
use crate::{
    lab::{
        api::REPOS_AUDIENCE,
        cimd::{Documents, SOLE_METHODS, only},
        clients::{Auth, Client},
        dpop,
        faults::Minted,
        form::{Form, scope_words},
        jwt::{Kind, as_text},
        message::Incoming,
        people::{IDP_SCOPES, REPOS_SCOPES},
        refusal::{Refusal, must, received},
        shape,
    },
    protocol::{
        jwt::{Claims, Token, token},
        keys::{Alg, thumbprint},
        oauth::urn,
        secret::Secret,
        time::Timestamp,
    },
};

use super::token::TOKEN_LIFE;

/// The parameter of the newer version (CIA-01 §4.1).
const OWN: &str = "client_instance_assertion";

/// The `typ` of an assertion (CIA §7.3).
const TYP: &str = "client-instance+jwt";

/// What the server remembers of clients with instances.
#[derive(Debug, Default)]
pub(super) struct Instances {
    /// The clients' documents.
    pub documents: Documents,
    /// The assertions that were shown, by issuer and number.
    used: HashMap<(String, String), Timestamp>,
}

/// An instance whose assertion was judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Instance {
    iss: String,
    sub: String,
    profile: Option<String>,
    /// The thumbprint of its key.
    pub jkt: String,
}

impl Instance {
    /// Says that it acts (CIA §8.6.2); what the key is stands beside the subject, not in here.
    pub fn act(&self) -> Value {
        let mut act = json!({ "iss": self.iss, "sub": self.sub });
        if let Some(profile) = &self.profile {
            act["sub_profile"] = json!(profile);
        }
        act
    }
}

/// An assertion as a request carries it.
#[derive(Clone, Copy, Debug)]
struct Carried<'a> {
    raw: &'a str,
    /// Whether it came as version -00 sends it: then the replay check comes before the proof of possession.
    older: bool,
}

/// Says in a server's metadata that it reads clients' documents and takes assertions about their instances. Both
/// versions are taken, so both are advertised: a client of the older one looks for the token type (CIA §6.2), one of
/// the newer for the flag (CIA-01 §6.2).
pub(super) fn advertise(metadata: &mut Value) {
    metadata["client_id_metadata_document_supported"] = json!(true);
    metadata["client_instance_assertion_supported"] = json!(true);
    metadata["actor_token_types_supported"] = json!([urn::CLIENT_INSTANCE]);
    for (member, more) in [
        ("grant_types_supported", &[urn::CLIENT_CREDENTIALS][..]),
        ("scopes_supported", &REPOS_SCOPES),
        ("token_endpoint_auth_methods_supported", &SOLE_METHODS),
    ] {
        if let Some(list) = metadata[member].as_array_mut() {
            list.extend(more.iter().map(|one| json!(one)));
        }
    }
}

impl Idp {
    /// Returns the document or the keys that are needed before a request can be judged.
    pub(super) fn wants_of_clients(&self, incoming: &Incoming) -> Option<String> {
        if !self.habits.knows_instances {
            return None;
        }
        let documents = &self.instances.documents;
        match shape::plain(self.habits.idp_paths, &incoming.path) {
            "/authorize" => {
                let form = if incoming.method == "POST" {
                    Form::body(incoming).ok()?
                } else {
                    Form::lenient(&incoming.query)
                };
                documents.wants(form.get("client_id")?, true)
            }
            "/token" => {
                let form = Form::body(incoming).ok()?;
                let id = client_named(&form)?;
                let assertion = || {
                    let raw = form.get(OWN).or_else(|| form.get("actor_token"))?;
                    let issuer = claim(raw, "iss")?;
                    documents.wants_keys(&id, &issuer, raw)
                };
                documents.wants(&id, false).or_else(assertion)
            }
            _ => None,
        }
    }

    /// Takes in what such a fetch brought: a client that it describes is known from then on.
    pub(super) fn learn_of_clients(&mut self, url: &str, fetched: &Result<Vec<u8>, String>) {
        let documents = &mut self.instances.documents;
        documents.learn_keys(url, fetched);
        if documents.is_document(url) {
            match documents.learn(url, fetched) {
                Some(client) => self.gate.put(client),
                None => self.gate.remove(url),
            }
        }
    }

    /// Forgets what was fetched.
    pub(super) fn forget_clients(&mut self) {
        self.instances.documents.forget();
    }

    /// Refuses a client whose document is not usable.
    pub(super) fn known_document(&self, id: &str) -> Result<(), Refusal> {
        if self.habits.knows_instances {
            self.instances.documents.judge(id)
        } else {
            Ok(())
        }
    }

    /// Returns what a client may ask for when a user signs in.
    pub(super) fn scopes_of(&self, client_id: &str) -> Vec<&'static str> {
        let instances = self.instances.documents.read(client_id).is_some();
        let repos = REPOS_SCOPES.iter().filter(|_| instances);
        IDP_SCOPES.iter().chain(repos).copied().collect()
    }

    /// Lets a token request in: its parameters fit together, the client's document is usable, the client proves itself.
    pub(super) fn admitted(
        &mut self,
        incoming: &Incoming,
        now: Timestamp,
    ) -> Result<(Form, Arc<Client>, &'static str), Refusal> {
        if let Ok(form) = Form::body(incoming) {
            preconditions(&form)?;
            if let Some(id) = client_named(&form) {
                self.known_document(&id)?;
            }
        }
        self.gate.admit(incoming, now)
    }

    /// Judges the instance assertion of a request, where there is one. Where it is the client's only credential, every
    /// fault in it is `invalid_client` (CIA §8.9).
    pub(super) fn instance_of(
        &mut self,
        form: &Form,
        client: &Client,
        grant: &str,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Option<Instance>, Refusal> {
        let judged = match carried(form, client, grant)? {
            None => return Ok(None),
            Some(carried) => self.judged(carried, client, jkt, now),
        };
        let sole = matches!(client.auth, Auth::Instance);
        judged.map(Some).map_err(|refusal| {
            if sole && refusal.error != "temporarily_unavailable" {
                Refusal::new("invalid_client", refusal.says)
            } else {
                refusal
            }
        })
    }

    fn judged(
        &mut self,
        carried: Carried<'_>,
        client: &Client,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Instance, Refusal> {
        let raw = carried.raw;
        let (claims, typ) = self.signed_by_an_issuer_of(client, raw)?;
        let kind = Kind {
            name: "instance assertion",
            error: "invalid_grant",
            types: &[],
            algs: &[],
        };
        must(typ == TYP, "invalid_request", || {
            format!(
                "Expected the instance assertion with typ {TYP}, received {}.",
                received(Some(&typ))
            )
        })?;
        let sub = kind.needs(&claims, "sub")?.to_owned();
        let iss = kind.needs(&claims, "iss")?.to_owned();
        let audience = Claims(&claims).list("aud");
        let for_us = audience
            .iter()
            .any(|one| *one == self.issuer || *one == self.endpoint);
        must(for_us, "invalid_grant", || {
            format!(
                "Expected aud {} or {} in the instance assertion, received {}.",
                self.issuer,
                self.endpoint,
                as_text(claims.get("aud"))
            )
        })?;
        kind.in_time(&claims, now)?;
        kind.time(&claims, "iat")?;
        let jti = kind.needs(&claims, "jti")?.to_owned();
        let key = one_key(&claims)?.to_owned();
        must(claims.get("act").is_none(), "invalid_grant", || {
            "Expected no act in the instance assertion: it has to be about the instance itself (CIA section 7.2)."
                .to_owned()
        })?;
        kind.equals(&claims, "client_id", &client.id)?;
        let end = kind.time(&claims, "exp")?;
        if carried.older {
            self.first_time(&iss, &jti, end, now)?;
        }
        possessed(client, &key, jkt)?;
        if !carried.older {
            self.first_time(&iss, &jti, end, now)?;
        }
        Ok(Instance {
            iss,
            sub,
            profile: Claims(&claims).text("sub_profile").map(str::to_owned),
            jkt: key,
        })
    }

    /// Finds the entry of the assertion's issuer in the client's document and verifies the signature with its keys;
    /// returns the claims and the `typ`, which is judged after the signature.
    fn signed_by_an_issuer_of(
        &self,
        client: &Client,
        raw: &str,
    ) -> Result<(Value, String), Refusal> {
        let parsed = Token::parse(&Secret::minted("instance assertion", raw));
        let header = parsed
            .header
            .json
            .filter(|_| parsed.form == token::Form::Jws);
        let header = header.ok_or_else(|| {
            Refusal::new(
                "invalid_request",
                "Expected the instance assertion to be a signed JWT, received another form.",
            )
        })?;
        let typ = header["typ"]
            .as_str()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let typ = typ.strip_prefix("application/").unwrap_or(&typ).to_owned();
        let issuer = claim(raw, "iss").unwrap_or_default();
        let published = self.instances.documents.read(&client.id);
        let names = || {
            let all = published.into_iter().flat_map(|read| &read.issuers);
            let all: Vec<&str> = all.map(|one| one.issuer.as_str()).collect();
            all.join(" or ")
        };
        let descriptor = self.instances.documents.descriptor(&client.id, &issuer);
        let descriptor = descriptor.ok_or_else(|| {
            Refusal::new(
                "invalid_grant",
                format!(
                    "Expected iss {} in the instance assertion, as the instance_issuers of the client {} have it, received {}.",
                    received(Some(&names())),
                    client.id,
                    received(Some(&issuer))
                ),
            )
        })?;
        let algs: Vec<&str> = descriptor.algs.iter().map(String::as_str).collect();
        let kind = Kind {
            name: "instance assertion",
            error: "invalid_grant",
            types: &[&typ],
            algs: &algs,
        };
        let claims = kind.open(raw, descriptor.keys.keys()?, descriptor.keys.from())?;
        Ok((claims, typ))
    }

    fn first_time(
        &mut self,
        iss: &str,
        jti: &str,
        end: Timestamp,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let used = &mut self.instances.used;
        used.retain(|_, until| *until > now);
        let first = used.insert((iss.to_owned(), jti.to_owned()), end).is_none();
        must(first, "invalid_grant", || {
            format!(
                "Expected an instance assertion that was not shown before, received jti {} again.",
                received(Some(jti))
            )
        })
    }

    /// Issues an access token to an instance that acts for itself (CIA §8.6.3).
    pub(super) fn for_itself(
        &self,
        form: &Form,
        client: &Client,
        instance: Option<Instance>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let instance = instance.ok_or_else(|| {
            Refusal::new(
                "invalid_request",
                "Expected an instance assertion with grant_type client_credentials, received none: only instances act \
                 for themselves here.",
            )
        })?;
        let scope = scope_words(form.get("scope").unwrap_or("repo.read"))?;
        only(&scope, &REPOS_SCOPES)?;
        let scope = scope.join(" ");
        let mut claims = json!({
            "iss": self.issuer, "sub": instance.sub, "aud": REPOS_AUDIENCE, "client_id": client.id,
            "iat": now.secs(), "exp": now.plus_secs(TOKEN_LIFE).secs(), "jti": self.chance.token(16),
            "scope": scope, "cnf": dpop::cnf(&instance.jkt),
        });
        if let Some(profile) = &instance.profile {
            claims["sub_profile"] = json!(profile);
        }
        let minted = Minted::SsoAccessToken;
        let token = self
            .switches
            .mint(minted, &client.id, &claims, &self.keys.rsa, Alg::RS256)?;
        Ok(json!({
            "access_token": token, "token_type": dpop::token_type(Some(&instance.jkt)),
            "expires_in": TOKEN_LIFE, "scope": scope,
        }))
    }
}

/// Holds a refresh against the instance that the grant is bound to (CIA §8.7).
pub(super) fn same_instance(
    bound: Option<&Instance>,
    fresh: Option<&Instance>,
    jkt: Option<&String>,
) -> Result<(), Refusal> {
    let Some(bound) = bound else {
        return must(fresh.is_none(), "invalid_grant", || {
            "The grant was given to no instance, and a refresh cannot bring one in (CIA section 8.7).".to_owned()
        });
    };
    must(jkt == Some(&bound.jkt), "invalid_grant", || {
        format!(
            "Expected a DPoP proof by the key {} that the refresh token is bound to, received {}.",
            bound.jkt,
            received(jkt.map(String::as_str))
        )
    })?;
    let same = |fresh: &Instance| {
        fresh.iss == bound.iss && fresh.sub == bound.sub && fresh.jkt == bound.jkt
    };
    must(fresh.is_none_or(same), "invalid_grant", || {
        format!(
            "Expected an assertion about the instance {} with the same key, received one about {}.",
            bound.sub,
            received(fresh.map(|fresh| fresh.sub.as_str()))
        )
    })
}

/// Refuses parameters that do not fit together, before anything else is looked at (CIA §8.2).
fn preconditions(form: &Form) -> Result<(), Refusal> {
    if form.get("grant_type") == Some(urn::TOKEN_EXCHANGE) {
        return must(form.get(OWN).is_none(), "invalid_request", || {
            format!(
                "Expected the instance assertion as actor_token in a token exchange, received {OWN}."
            )
        });
    }
    let actor = form.get("actor_token").is_some();
    let typed = form.get("actor_token_type").is_some();
    must(actor == typed, "invalid_request", || {
        "Expected actor_token and actor_token_type together, received one of them.".to_owned()
    })?;
    must(
        !(actor && form.get(OWN).is_some()),
        "invalid_request",
        || format!("Expected one instance assertion, received {OWN} and actor_token."),
    )
}

/// Finds the assertion of a request and refuses one where none may be.
fn carried<'a>(
    form: &'a Form,
    client: &Client,
    grant: &str,
) -> Result<Option<Carried<'a>>, Refusal> {
    if grant == urn::TOKEN_EXCHANGE {
        return Ok(None);
    }
    let own = form.get(OWN).map(|raw| Carried { raw, older: false });
    let actor = form
        .get("actor_token")
        .map(|raw| Carried { raw, older: true });
    let Some(carried) = own.or(actor) else {
        return Ok(None);
    };
    let typed = form.get("actor_token_type");
    let known = !carried.older || typed == Some(urn::CLIENT_INSTANCE);
    must(known, "unsupported_token_type", || {
        format!(
            "Expected actor_token_type {} with grant_type {grant}, received {}.",
            urn::CLIENT_INSTANCE,
            received(typed)
        )
    })?;
    let classified = [
        urn::AUTHORIZATION_CODE,
        urn::CLIENT_CREDENTIALS,
        urn::REFRESH,
    ];
    must(classified.contains(&grant), "invalid_grant", || {
        format!(
            "The client {} may not show an instance assertion with grant_type {grant}: who acts for whom is not defined \
             there (CIA section 8.6.1).",
            client.id
        )
    })?;
    Ok(Some(carried))
}

/// Returns the one key that an assertion is bound to.
fn one_key(claims: &Value) -> Result<&str, Refusal> {
    let cnf = claims.get("cnf");
    let members = cnf.and_then(Value::as_object);
    let jkt = cnf.and_then(|cnf| cnf["jkt"].as_str());
    match (jkt, members.map(serde_json::Map::len)) {
        (Some(jkt), Some(1)) => Ok(jkt),
        _ => Err(Refusal::new(
            "invalid_grant",
            format!(
                "Expected cnf with jkt alone in the instance assertion, received {}.",
                as_text(cnf)
            ),
        )),
    }
}

/// Refuses an assertion whose key is not proven, or is not the instance's own (CIA §8.4, §8.5).
fn possessed(client: &Client, key: &str, jkt: Option<&String>) -> Result<(), Refusal> {
    if let Auth::Jwt { jwk, .. } = &client.auth {
        must(
            thumbprint(jwk).as_deref() != Some(key),
            "invalid_request",
            || {
                format!(
                    "Expected the key of the instance in cnf of the instance assertion, received {key}, the key of the client."
                )
            },
        )?;
    }
    must(jkt.is_some_and(|jkt| jkt == key), "invalid_request", || {
        format!(
            "Expected a DPoP proof by the key {key} that the instance assertion is bound to, received {}.",
            received(jkt.map(String::as_str))
        )
    })
}

/// Returns the client that a form speaks of, before anything in it is trusted.
fn client_named(form: &Form) -> Option<String> {
    let named = form.get("client_id").map(str::to_owned);
    named.or_else(|| claim(form.get("client_assertion")?, "sub"))
}

/// Reads a claim before it is trusted.
fn claim(raw: &str, name: &str) -> Option<String> {
    let claims = Token::parse(&Secret::minted("token", raw)).claims.json?;
    Claims(&claims).text(name).map(str::to_owned)
}
