//! Sign-in: the user's browser goes to the IdP and comes back with a code.

use super::{
    instance_assertion::Variant,
    support::{self, IDP},
};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Gain, Inputs, Made, Reading, Step, StepId, StepInfo, Verdict,
        Want, client_auth::finish, dpop,
    },
    profile::{Profile, Side, fields},
    protocol::{
        digest::pkce_s256,
        exchange::{Answer, AuthorizeRequest, Failure, Login, Redirect, Request, Via},
        http::{HttpRequest, Response, Value},
        oauth::OAuthError,
        page,
        party::Party,
        pointer::Pointer,
        redirect,
        secret::Secret,
    },
};

/// The step.
pub static AUTHORIZE: Authorize = Authorize {
    info: StepInfo {
        id: StepId("authorize"),
        title: "Send the user to the IdP to sign in",
        short: "Authorize",
        from: Party::User,
        to: Party::Idp,
        needs: &[Artifact::IdpMetadata],
        gives: &[
            Artifact::Code,
            Artifact::Verifier,
            Artifact::Nonce,
            Artifact::RedirectUri,
        ],
        fields: &[
            fields::SSO_CLIENT_ID,
            fields::SSO_SCOPE,
            fields::SSO_REDIRECT_URI,
            fields::SSO_LISTEN,
            fields::SSO_LOGIN,
            fields::SSO_PARAMS,
            fields::IDP_AUTHORIZATION_ENDPOINT,
        ],
        spec: &[
            "OIDC §3.1.2.1",
            "RFC 7636 §4.3",
            "RFC 9207 §2",
            "RFC 8252 §7.3",
        ],
        why: "The user signs in at the IdP, in a browser, where this program cannot see the password. What comes back \
              is a code that is worthless without the verifier kept here. state and iss prove that the answer belongs \
              to this walk and to this IdP.",
        optional: false,
    },
    binds: false,
};

/// The step where the code is to be bound to the walk's key (RFC 9449 §10).
pub static AUTHORIZE_BOUND: Authorize = Authorize {
    info: StepInfo {
        id: StepId("authorize"),
        title: "Send the user to the authorization server to agree",
        short: "Authorize",
        from: Party::User,
        to: Party::Idp,
        needs: &[Artifact::IdpMetadata],
        gives: &[
            Artifact::Code,
            Artifact::Verifier,
            Artifact::Nonce,
            Artifact::RedirectUri,
        ],
        fields: &[
            fields::VARIANT,
            fields::SSO_CLIENT_ID,
            fields::SSO_SCOPE,
            fields::SSO_REDIRECT_URI,
            fields::SSO_LISTEN,
            fields::SSO_LOGIN,
            fields::SSO_PARAMS,
            fields::IDP_AUTHORIZATION_ENDPOINT,
            fields::DPOP_MODE,
        ],
        spec: &[
            "CIA §8.4",
            "RFC 6749 §4.1.1",
            "RFC 7636 §4.3",
            "RFC 9207 §2",
            "RFC 9449 §10",
        ],
        why: "The user agrees that the client may act: the client as such, not one of its instances, of which there may \
              be thousands. dpop_jkt announces the key of the instance that will redeem the code, so that no other \
              instance can; the assertion about it comes only later, and to this same server.",
        optional: false,
    },
    binds: true,
};

/// Sends the browser to the authorization endpoint.
pub struct Authorize {
    info: StepInfo,
    /// Whether the code is bound to the key of the walk, where the profile wants proofs.
    binds: bool,
}

impl Step for Authorize {
    fn info(&self) -> &'static StepInfo {
        if self.binds {
            &AUTHORIZE_BOUND.info
        } else {
            &AUTHORIZE.info
        }
    }

    fn skipped(&self, profile: &Profile) -> Option<String> {
        (self.binds && Variant::of(profile) == Variant::Itself)
            .then(|| "The instance acts for itself (variant self): no user is asked.".to_owned())
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        match profile.text(fields::IDP_AUTHORIZATION_ENDPOINT) {
            Some(_) => Vec::new(),
            None => vec![Artifact::IdpMetadata],
        }
    }

    fn asked(&self, inputs: &Inputs<'_>) -> bool {
        !support::by_device(inputs.profile)
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let profile = inputs.profile;
        let mut blocked = Vec::new();
        let endpoint = IDP
            .find(
                inputs,
                fields::IDP_AUTHORIZATION_ENDPOINT,
                "authorization_endpoint",
            )
            .map_err(|why| blocked.push(why))
            .ok();
        let client = profile.client(Side::Sso);
        if client.id.is_none() {
            blocked.push(Blocked::Missing(client.id_field.0.to_owned()));
        }
        let uris = profile.list(fields::SSO_REDIRECT_URI);
        if uris.is_empty() {
            blocked.push(Blocked::Missing(fields::SSO_REDIRECT_URI.0.to_owned()));
        }
        let (Some(endpoint), Some(client_id), Some(first)) =
            (endpoint, client.id, uris.first().cloned())
        else {
            return Err(blocked);
        };
        let login = match profile.text(fields::SSO_LOGIN) {
            Some("follow") => Login::Follow,
            Some("show") => Login::Show,
            _ => Login::Open,
        };
        let mut wants = Vec::new();
        let redirect_uri = match (login, inputs.listening) {
            (Login::Follow, _) => first.replace(":0/", "/"),
            (_, Some(uri)) => uri.to_owned(),
            (_, None) => {
                wants.push(Want::Listener {
                    redirect_uris: uris,
                    listen: profile.text(fields::SSO_LISTEN).map(str::to_owned),
                });
                first
            }
        };
        let (state, nonce) = (
            self::state(inputs),
            inputs.ink.token(&format!("nonce {}", inputs.attempt)),
        );
        let scope = profile.text(fields::SSO_SCOPE).unwrap_or("openid");
        let mut http = HttpRequest::get(&endpoint, "text/html");
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", &client_id),
            ("redirect_uri", &redirect_uri),
            ("scope", scope),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &pkce_s256(&verifier(inputs))),
            ("code_challenge_method", "S256"),
        ] {
            http.query.push(name, value);
        }
        let mut notes = vec![
            (
                Pointer::Query("client_id".to_owned()),
                format!("From {}.", client.id_field.0),
            ),
            (
                Pointer::Query("scope".to_owned()),
                "From sso.scope. openid is what makes an ID Token come.".to_owned(),
            ),
        ];
        if self.binds && dpop::mode(profile) != dpop::Mode::Off {
            let thumbprint = dpop::thumbprint(inputs).map_err(|why| vec![why])?;
            http.query.push("dpop_jkt", thumbprint);
        }
        for (name, value) in profile.map(fields::SSO_PARAMS) {
            http.query.set(name, value.as_str());
            notes.push((
                Pointer::Query(name.clone()),
                "Set by sso.params in the profile.".to_owned(),
            ));
        }
        let resolved_uri = redirect_uri.clone();
        let draft = Draft {
            request: Request::Browser(AuthorizeRequest {
                http,
                redirect_uri,
                state,
                login,
                patience: inputs.patience,
            }),
            notes,
            wants,
            resolved: vec![
                (fields::IDP_AUTHORIZATION_ENDPOINT, endpoint),
                (fields::SSO_REDIRECT_URI, resolved_uri),
            ],
            made: inputs.ink.now,
        };
        let mut draft = finish(draft, inputs, self.info.id.0);
        if let Request::Browser(asked) = &mut draft.request
            && let Some(state) = sent(asked, "state")
        {
            // The profile may have its own; the answer has to carry what is really sent.
            asked.state = state;
        }
        Ok(draft)
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let exchange = support::main(made).expect("a step is read after its main exchange");
        let arrived = match &exchange.outcome {
            Ok(Answer::Redirect(arrived)) => arrived,
            Ok(Answer::Http(response)) => return no_way_back(response, &exchange.request),
            Err(failure) => {
                let mut says = failure.to_string();
                if let (Failure::Timeout(_), Request::Browser(asked)) = (failure, &exchange.request)
                    && asked.login != Login::Follow
                {
                    says.push_str(&never_returned(inputs, asked));
                }
                return Reading::bare(Verdict::Unreachable(failure.clone()), says);
            }
        };
        let Request::Browser(asked) = &exchange.request else {
            return Reading::bare(
                Verdict::Unreadable("the request was not for a browser".to_owned()),
                "",
            );
        };
        read_answer(inputs, asked, arrived)
    }
}

/// Reads what the authorization endpoint itself answered in place of a redirect.
fn no_way_back(response: &Response, asked: &Request) -> Reading {
    let address = asked
        .http()
        .url
        .split(['?', '#'])
        .next()
        .unwrap_or_default();
    let what = page::no_redirect(response, address);
    if response.status < 400 {
        return Reading::bare(Verdict::Unreadable(format!("{what}.")), format!("{what}."));
    }
    let mut error = OAuthError::of(response);
    if error.error.is_none() && error.description.is_none() {
        error.description = Some(page::words(response)).filter(|words| !words.is_empty());
    }
    Reading::bare(Verdict::Refused(error), format!("{what}."))
}

fn read_answer(inputs: &Inputs<'_>, asked: &AuthorizeRequest, arrived: &Redirect) -> Reading {
    let answer = redirect::read(arrived.url.reveal());
    let bare = arrived.via == Via::PasteCode;
    let mut wrong = Vec::new();
    match answer.state.as_deref() {
        Some(state) if state == asked.state => {}
        None if bare => {}
        came => wrong.push(format!(
            "The answer’s state is not the one that was sent: expected {}, received {}. It belongs to another \
             sign-in, or was made up (RFC 6749 §10.12).",
            asked.state,
            came.unwrap_or("none")
        )),
    }
    let issuer = IDP.issuer(inputs);
    let advertised = inputs
        .bag
        .metadata(Party::Idp)
        .and_then(|metadata| metadata.flag("authorization_response_iss_parameter_supported"))
        .unwrap_or(false);
    match answer.iss.as_deref() {
        Some(iss) if iss == issuer || issuer.is_empty() => {}
        Some(iss) => wrong.push(format!(
            "The answer names another issuer: expected {issuer}, received {iss}. It may come from another server \
             (RFC 9207 §2.4)."
        )),
        None if advertised && !bare => wrong.push(format!(
            "The IdP’s metadata promises iss in the answer, and it is missing: expected {issuer} (RFC 9207 §2.4)."
        )),
        None => {}
    }
    if !wrong.is_empty() {
        let says = format!(
            "{} The code was not used; send the step again for a new sign-in.",
            wrong.join(" ")
        );
        return Reading::bare(Verdict::Rejected(wrong), says);
    }
    if let Some(error) = answer.error {
        let error = OAuthError {
            status: None,
            error: Some(error),
            description: answer.error_description,
            uri: answer.error_uri,
        };
        return Reading::bare(
            Verdict::Refused(error.clone()),
            format!(
                "The IdP sent the user back with an error: {error}. {}",
                way_on(error.error.as_deref().unwrap_or_default())
            ),
        );
    }
    let Some(code) = answer.code else {
        let why = "The answer has neither a code nor an error (RFC 6749 §4.1.2).".to_owned();
        let says = format!("{why} Send the step again for a new sign-in.");
        return Reading::bare(Verdict::Rejected(vec![why]), says);
    };
    let mut says = match arrived.via {
        Via::Listener => "The browser came back with a code".to_owned(),
        Via::Paste => "The pasted address holds a code".to_owned(),
        Via::PasteCode => {
            "A bare code was pasted, so state and iss could not be checked; the code goes on"
                .to_owned()
        }
        Via::Follow => format!(
            "The login was followed over {} hops and ended with a code",
            arrived.hops.len()
        ),
    };
    if !bare {
        says.push_str(if answer.iss.is_some() {
            "; state and iss are right"
        } else {
            "; state is right"
        });
    }
    says.push('.');
    Reading {
        gained: vec![
            Gain::Held(Artifact::Code, code, None),
            Gain::Held(
                Artifact::Verifier,
                Secret::minted("code-verifier", verifier(inputs)),
                None,
            ),
            Gain::Held(
                Artifact::Nonce,
                Secret::minted("nonce", sent(asked, "nonce").unwrap_or_default()),
                None,
            ),
            Gain::Held(
                Artifact::RedirectUri,
                Secret::minted(
                    "redirect-uri",
                    sent(asked, "redirect_uri").unwrap_or_default(),
                ),
                None,
            ),
        ],
        tokens: Vec::new(),
        verdict: Verdict::Done,
        says,
    }
}

/// Says what usually keeps a browser from coming back, and what to do.
fn never_returned(inputs: &Inputs<'_>, asked: &AuthorizeRequest) -> String {
    let client = inputs
        .profile
        .client(Side::Sso)
        .id
        .map_or_else(String::new, |id| format!(" for the client {id}"));
    format!(
        " If the browser shows an error page of the IdP, see that {} is registered there{client}, letter by letter. If \
         it ended on a page that does not load, send the step again and paste the address of that page.",
        asked.redirect_uri
    )
}

/// Says what to do about an error of the authorization response (RFC 6749 §4.1.2.1, OIDC §3.1.2.6).
fn way_on(error: &str) -> &'static str {
    match error {
        "access_denied" => {
            "The user declined, or may not use this client: assign the user to it at the IdP, then send the step again."
        }
        "login_required"
        | "interaction_required"
        | "consent_required"
        | "account_selection_required" => {
            "The IdP needs to show a page: take prompt=none out of sso.params, then send the step again."
        }
        "invalid_scope" => {
            "Set sso.scope to what the IdP grants this client, then send the step again."
        }
        "unauthorized_client" | "unsupported_response_type" => {
            "Allow the authorization code grant for sso.client_id at the IdP, then send the step again."
        }
        "server_error" | "temporarily_unavailable" => {
            "That is the IdP’s own trouble: send the step again later."
        }
        _ => "Compare the request with what is registered at the IdP, then send the step again.",
    }
}

/// Returns a parameter as it was sent.
fn sent(asked: &AuthorizeRequest, name: &str) -> Option<String> {
    asked.http.query.get(name).map(Value::wire)
}

fn state(inputs: &Inputs<'_>) -> String {
    inputs.ink.token(&format!("state {}", inputs.attempt))
}

fn verifier(inputs: &Inputs<'_>) -> String {
    inputs.ink.token(&format!("verifier {}", inputs.attempt))
}
