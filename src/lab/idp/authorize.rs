//! The authorization endpoint: what makes a page, what redirects with an error, and who has to be asked.

use url::Url;

use super::{
    Idp, pages,
    sign_in::{Pending, REQUEST_LIFE},
};
use crate::{
    lab::{
        form::{Form, known_scope, scope_words},
        message::{Incoming, Outgoing},
        people::{User, user_named},
        refusal::{Refusal, must, received},
    },
    protocol::{http::Params, time::Timestamp},
};

/// Redirect URIs of every client, as what stands before and after the port: any port fits (RFC 8252 §7.3).
const REDIRECTS: [(&str, &str); 2] = [
    ("http://127.0.0.1", "/callback"),
    ("http://[::1]", "/callback"),
];

/// An authorization request that may go on.
struct Asked {
    scope: Vec<String>,
    nonce: Option<String>,
    challenge: String,
    jkt: Option<String>,
    prompt: Vec<String>,
    max_age: Option<i64>,
    hint: Option<&'static User>,
}

impl Idp {
    /// Takes an authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
    pub(super) fn authorize(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let params = if incoming.method == "POST" {
            match Form::body(incoming) {
                Ok(params) => params,
                Err(refusal) => return pages::problem(400, &refusal.says),
            }
        } else {
            Form::lenient(&incoming.query)
        };
        let (client_id, redirect_uri) = match self.who_asks(&params) {
            Ok(who) => who,
            Err(refusal) => return pages::problem(400, &refusal.says),
        };
        let state = params.get("state").map(str::to_owned);
        let back = Back {
            redirect_uri,
            state,
        };
        let asked = match asked(&params, &self.scopes_of(&client_id)) {
            Ok(asked) => asked,
            Err(refusal) => return back.refused(&refusal, &self.issuer),
        };
        self.ask_or_go_on(incoming, client_id, back, asked, now)
    }

    /// Finds client and redirect URI. Without both nothing is redirected (RFC 6749 §4.1.2.1).
    fn who_asks(&self, params: &Form) -> Result<(String, String), Refusal> {
        let once = |name: &'static str| {
            must(params.all(name).count() <= 1, "invalid_request", || {
                format!("Expected {name} once, received it more than once.")
            })?;
            params.need(name)
        };
        let id = once("client_id")?;
        self.known_document(id)?;
        let client = self.gate.client(id).ok_or_else(|| {
            Refusal::new(
                "invalid_client",
                format!(
                    "No client {} is registered at {}.",
                    received(Some(id)),
                    self.issuer
                ),
            )
        })?;
        let redirect = once("redirect_uri")?;
        must(
            REDIRECTS
                .iter()
                .any(|(host, path)| fits(redirect, host, path)),
            "invalid_request",
            || {
                let registered: Vec<String> = REDIRECTS
                    .iter()
                    .map(|(host, path)| format!("{host}:PORT{path}"))
                    .collect();
                format!(
                    "Expected redirect_uri {} with any port, received {}.",
                    registered.join(" or "),
                    received(Some(redirect))
                )
            },
        )?;
        Ok((client.id.clone(), redirect.to_owned()))
    }

    fn ask_or_go_on(
        &mut self,
        incoming: &Incoming,
        client_id: String,
        back: Back,
        asked: Asked,
        now: Timestamp,
    ) -> Outgoing {
        let wants = |word: &str| asked.prompt.iter().any(|other| other == word);
        let session = incoming.cookie(&self.cookie).map(str::to_owned);
        let signed_in = session
            .as_ref()
            .and_then(|id| self.sessions.get(id))
            .and_then(|session| session.who.as_ref());
        let fresh = signed_in.is_some_and(|who| {
            asked.hint.is_none_or(|hint| hint == who.user)
                && asked
                    .max_age
                    .is_none_or(|age| who.auth_time.plus_secs(age) >= now)
        });
        let agreed = signed_in.is_some_and(|who| who.has_agreed(&client_id, &asked.scope));
        let pick = wants("login") || wants("select_account") || !fresh;
        let consent = wants("consent") || !agreed;
        if wants("none") && (pick || consent) {
            let (error, what) = if pick {
                ("login_required", "sign in")
            } else {
                ("consent_required", "agree")
            };
            let says = format!(
                "Expected a session that needs no person, but the user has to {what} and prompt=none forbids to ask."
            );
            return back.refused(&Refusal::new(error, says), &self.issuer);
        }
        // The lab's own shortcut for clients that follow redirects: a hint signs that user in, unless prompt says to ask.
        let shortcut = asked.hint.filter(|_| asked.prompt.is_empty());
        let (session, set_cookie) = self.session_for(session, now);
        if let Some(user) = shortcut {
            self.sign_in(&session, user, now);
            self.agree(&session, &client_id, &asked.scope);
        }
        let request = self.chance.token(16);
        let (pick, consent) = if shortcut.is_some() {
            (false, false)
        } else {
            (pick, pick || consent)
        };
        let next = match (pick, consent) {
            (true, _) => "/sign-in",
            (false, true) => "/consent",
            (false, false) => "/continue",
        };
        let pending = Pending {
            session,
            csrf: self.chance.token(16),
            client_id,
            back,
            scope: asked.scope,
            nonce: asked.nonce,
            challenge: asked.challenge,
            jkt: asked.jkt,
            hint: asked.hint.map(|user| user.name),
            always_consent: asked.prompt.iter().any(|word| word == "consent"),
            pick,
            consent,
            device: None,
            until: now.plus_secs(REQUEST_LIFE),
        };
        self.pending.insert(request.clone(), pending);
        let answer = Outgoing::redirect(&format!("{}{next}?request={request}", self.issuer));
        match set_cookie {
            Some(cookie) => answer.with("set-cookie", cookie),
            None => answer,
        }
    }
}

/// Where an answer goes back to.
#[derive(Clone, Debug)]
pub(super) struct Back {
    /// The redirect URI, checked.
    pub redirect_uri: String,
    /// The state, passed through as it came.
    pub state: Option<String>,
}

impl Back {
    /// Redirects with a code (RFC 6749 §4.1.2) and `iss` (RFC 9207 §2).
    pub fn with_code(&self, code: &str, issuer: &str) -> Outgoing {
        let mut params = Params::default();
        params.push("code", code);
        self.redirect(params, issuer)
    }

    /// Redirects with an error (RFC 6749 §4.1.2.1) and `iss`.
    pub fn refused(&self, refusal: &Refusal, issuer: &str) -> Outgoing {
        let mut params = Params::default();
        params.push("error", refusal.error);
        params.push("error_description", refusal.says.as_str());
        self.redirect(params, issuer)
    }

    fn redirect(&self, mut params: Params, issuer: &str) -> Outgoing {
        if let Some(state) = &self.state {
            params.push("state", state.as_str());
        }
        params.push("iss", issuer);
        Outgoing::redirect(&format!("{}?{}", self.redirect_uri, params.encode()))
    }
}

/// Reads what is asked; every fault here is told to the client by redirect.
fn asked(params: &Form, scopes: &[&str]) -> Result<Asked, Refusal> {
    params.nothing_twice()?;
    for (name, error) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
    ] {
        must(params.get(name).is_none(), error, || {
            format!("Expected plain parameters, received {name}.")
        })?;
    }
    let kind = params.need("response_type")?;
    must(kind == "code", "unsupported_response_type", || {
        format!(
            "Expected response_type code, received {}.",
            received(Some(kind))
        )
    })?;
    let mode = params.get("response_mode");
    must(
        mode.is_none_or(|mode| mode == "query"),
        "invalid_request",
        || format!("Expected response_mode query, received {}.", received(mode)),
    )?;
    let scope = scope_words(params.get("scope").unwrap_or_default())?;
    known_scope(&scope, scopes)?;
    must(
        scope.iter().any(|word| word == "openid"),
        "invalid_scope",
        || {
            format!(
                "Expected a scope with openid in it, received {}.",
                received(params.get("scope"))
            )
        },
    )?;
    let challenge = challenge(params)?;
    let prompt = prompt(params)?;
    Ok(Asked {
        scope,
        nonce: params.get("nonce").map(str::to_owned),
        challenge,
        jkt: bound_to(params)?,
        prompt,
        max_age: max_age(params)?,
        hint: params.get("login_hint").and_then(user_named),
    })
}

/// Reads the PKCE challenge, which every client has to send (RFC 9700 §2.1.1).
fn challenge(params: &Form) -> Result<String, Refusal> {
    let challenge = params.need("code_challenge")?;
    let method = params.get("code_challenge_method");
    must(method == Some("S256"), "invalid_request", || {
        format!(
            "Expected code_challenge_method S256, received {} (left out means plain).",
            received(method)
        )
    })?;
    must(is_sha256(challenge), "invalid_request", || {
        format!(
            "Expected a code_challenge of 43 base64url characters, received {}.",
            received(Some(challenge))
        )
    })?;
    Ok(challenge.to_owned())
}

/// Reads the thumbprint that the code is to be bound to (RFC 9449 §10).
fn bound_to(params: &Form) -> Result<Option<String>, Refusal> {
    let Some(jkt) = params.get("dpop_jkt") else {
        return Ok(None);
    };
    must(is_sha256(jkt), "invalid_request", || {
        format!(
            "Expected a dpop_jkt of 43 base64url characters, received {}.",
            received(Some(jkt))
        )
    })?;
    Ok(Some(jkt.to_owned()))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 43
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn prompt(params: &Form) -> Result<Vec<String>, Refusal> {
    let text = params.get("prompt");
    let words: Vec<String> = text
        .map(|text| text.split(' ').map(str::to_owned).collect())
        .unwrap_or_default();
    let known = ["none", "login", "consent", "select_account"];
    let sound = words.iter().all(|word| known.contains(&word.as_str()))
        && (words.len() == 1 || words.iter().all(|word| word != "none"));
    must(sound, "invalid_request", || {
        format!(
            "Expected prompt none alone, or login, consent, select_account, received {}.",
            received(text)
        )
    })?;
    Ok(words)
}

fn max_age(params: &Form) -> Result<Option<i64>, Refusal> {
    let Some(text) = params.get("max_age") else {
        return Ok(None);
    };
    let seconds = text.parse::<u32>().map_err(|_| {
        Refusal::new(
            "invalid_request",
            format!(
                "Expected max_age in whole seconds, received {}.",
                received(Some(text))
            ),
        )
    })?;
    Ok(Some(i64::from(seconds)))
}

/// Compares as text, so that nothing is normalised away: host, then any port, then path.
fn fits(redirect: &str, host: &str, path: &str) -> bool {
    let port = redirect
        .strip_prefix(host)
        .and_then(|rest| rest.strip_suffix(path));
    let sound = port.is_some_and(|port| {
        port.is_empty()
            || port.strip_prefix(':').is_some_and(|digits| {
                digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok()
            })
    });
    sound && Url::parse(redirect).is_ok()
}
