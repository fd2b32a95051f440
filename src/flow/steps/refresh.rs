//! A refresh token gives fresh tokens of the user, so that nobody has to sign in again.

use super::{
    support::IDP,
    user_tokens::{self, Expected, Nonce},
};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Gain, Held, Inputs, Made, Origin, Reading, Step, StepId,
        StepInfo, Verdict, client_auth::finish,
    },
    profile::{Profile, Side, Subject, fields},
    protocol::{
        http::Params,
        jwt::Token,
        oauth::urn,
        party::Party,
        pointer::Pointer,
        time::{Lifetime, Timestamp},
    },
};

/// A token that ends sooner than this counts as ended: it would hardly outlive the step that hands it on.
const SOON: Lifetime = Lifetime(60_000);

/// The step.
pub static REFRESH: Refresh = Refresh {
    info: StepInfo {
        id: StepId("refresh"),
        title: "Renew the user’s tokens with the refresh token",
        short: "Refresh",
        from: Party::Client,
        to: Party::Idp,
        needs: &[Artifact::IdpMetadata, Artifact::RefreshToken],
        gives: &[
            Artifact::IdToken,
            Artifact::SsoAccessToken,
            Artifact::RefreshToken,
        ],
        fields: &[
            fields::SSO_CLIENT_ID,
            fields::SSO_AUTH,
            fields::SSO_CLIENT_SECRET,
            fields::SSO_PRIVATE_KEY,
            fields::SSO_KID,
            fields::SSO_ALG,
            fields::SSO_ASSERTION_AUDIENCE,
            fields::IDP_TOKEN_ENDPOINT,
        ],
        spec: &["RFC 6749 §6", "OIDC §12.2"],
        why: "The user’s token has ended, is about to, or is stale, and a refresh token is there: it gives a fresh one \
              without a sign-in. What was made from the old one, an ID-JAG or an access token, lives on until its own \
              end.",
        optional: false,
    },
};

/// Renews the tokens of the sign-in.
pub struct Refresh {
    info: StepInfo,
}

/// Which token is renewed: the subject of the exchange, if it comes of a sign-in at all.
fn subject(profile: &Profile) -> Option<Artifact> {
    match profile.subject() {
        Subject::IdToken => Some(Artifact::IdToken),
        Subject::AccessToken => Some(Artifact::SsoAccessToken),
        Subject::RefreshToken | Subject::Saml | Subject::SamlRefresh => None,
    }
}

fn is_usable(held: &Held, now: Timestamp) -> bool {
    !held.foreign && held.expires.is_none_or(|end| end > now)
}

/// Tells whether a token is to be renewed; one that was handed in is left as it is.
fn is_worn(held: &Held, now: Timestamp) -> bool {
    held.origin != Origin::Given
        && (held.stale || held.expires.is_some_and(|end| end.since(now) < SOON))
}

impl Step for Refresh {
    fn info(&self) -> &'static StepInfo {
        &REFRESH.info
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        // The refresh token is there, else nothing asks for this step; that it is stale is no reason to sign in again.
        match profile.text(fields::IDP_TOKEN_ENDPOINT) {
            Some(_) => Vec::new(),
            None => vec![Artifact::IdpMetadata],
        }
    }

    fn asked(&self, inputs: &Inputs<'_>) -> bool {
        let now = inputs.ink.now;
        let Some(subject) = subject(inputs.profile) else {
            return false;
        };
        let refresh = inputs.bag.held(Artifact::RefreshToken);
        refresh.is_some_and(|held| is_usable(held, now))
            && inputs
                .bag
                .held(subject)
                .is_none_or(|held| is_worn(held, now))
    }

    fn when(&self) -> Option<&'static str> {
        Some("the user’s token has ended or is stale, and a refresh token is there")
    }

    fn renews(&self) -> bool {
        true
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let (endpoint, refresh) = IDP.shown(inputs, Artifact::RefreshToken)?;
        let mut params = Params::default();
        params.push("grant_type", urn::REFRESH);
        params.push("refresh_token", refresh.clone());
        let mut draft = IDP.asked(inputs, self.info.id, Side::Sso, endpoint, params)?;
        draft.notes.push((
            Pointer::Form("refresh_token".to_owned()),
            "Without a scope beside it, what was granted before is kept (RFC 6749 §6).".to_owned(),
        ));
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let before = inputs
            .bag
            .value(Artifact::IdToken)
            .and_then(|raw| Token::parse(raw).claims.json);
        let expected = Expected {
            nonce: inputs
                .bag
                .value(Artifact::Nonce)
                .map_or(Nonce::Any, |nonce| Nonce::IfThere(nonce.reveal())),
            before: before.as_ref(),
        };
        let mut reading = user_tokens::read(inputs, made, Artifact::RefreshToken, expected);
        let later: Vec<String> = [Artifact::IdJag, Artifact::AccessToken]
            .into_iter()
            .filter_map(|artifact| {
                let held = inputs.bag.held(artifact)?;
                let end = held.expires.filter(|end| *end > inputs.ink.now)?;
                let now = inputs.ink.now;
                Some(format!(
                    "the {} ends {}",
                    artifact.name(),
                    end.in_words(now)
                ))
            })
            .collect();
        match &reading.verdict {
            Verdict::Done if !later.is_empty() => {
                let says = format!(
                    " Made from the old one and unaffected: {}.",
                    later.join("; ")
                );
                reading.says.push_str(&says);
            }
            Verdict::Refused(error) if error.error.as_deref() == Some("invalid_grant") => {
                reading.gained.push(Gain::Spent(Artifact::RefreshToken));
                reading
                    .says
                    .push_str(" The refresh token is dropped; a new sign-in gives another.");
            }
            Verdict::Rejected(_) => reading.gained.push(Gain::Spent(Artifact::RefreshToken)),
            _ => {}
        }
        reading
    }
}
