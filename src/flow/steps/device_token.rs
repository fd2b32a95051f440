//! While the user signs in on another device, the IdP is asked for the tokens again and again, as slowly as it wants.

use super::{
    support::{self, IDP},
    user_tokens::{self, Expected, Nonce},
};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Ink, Inputs, Made, Reading, Step, StepId, StepInfo, Verdict,
        client_auth::finish,
    },
    profile::{Profile, Side, fields},
    protocol::{
        exchange::{Exchange, Failure, Request},
        http::Params,
        oauth::{OAuthError, urn},
        party::Party,
        pointer::Pointer,
        time::{Lifetime, Timestamp},
    },
};

/// What each `slow_down` adds to the interval, in seconds (RFC 8628 §3.5).
const SLOWER: i64 = 5;

/// However long nothing comes through, it is tried again after so many seconds: a network that is back is soon noticed.
const SLOWEST: i64 = 60;

/// The step.
pub static DEVICE_TOKEN: DeviceToken = DeviceToken {
    info: StepInfo {
        id: StepId("device-token"),
        title: "Ask for the user’s tokens until they have signed in",
        short: "Device token",
        from: Party::Client,
        to: Party::Idp,
        needs: &[Artifact::IdpMetadata, Artifact::DeviceCode],
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
        spec: &["RFC 8628 §3.4", "RFC 8628 §3.5", "OIDC §3.1.3.7"],
        why: "The IdP cannot call back, so the client asks: not yet, not yet, here they are. Each question is an exchange \
              of its own; the time between them is the IdP’s to say. A question that gets nowhere is asked again, each \
              time after twice as long. The ID Token is checked as after a code, only \
              that no nonce was sent.",
        optional: false,
    },
};

/// Polls for the tokens.
pub struct DeviceToken {
    info: StepInfo,
}

impl Step for DeviceToken {
    fn info(&self) -> &'static StepInfo {
        &DEVICE_TOKEN.info
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        match profile.text(fields::IDP_TOKEN_ENDPOINT) {
            Some(_) => vec![Artifact::DeviceCode],
            None => self.info().needs.to_vec(),
        }
    }

    fn asked(&self, inputs: &Inputs<'_>) -> bool {
        support::by_device(inputs.profile)
    }

    fn when(&self) -> Option<&'static str> {
        Some("`sso.login` is `device`, instead of `redeem-code`")
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let (endpoint, code) = IDP.shown(inputs, Artifact::DeviceCode)?;
        let mut params = Params::default();
        params.push("grant_type", urn::DEVICE_CODE);
        params.push("device_code", code.clone());
        let mut draft = IDP.asked(inputs, self.info.id, Side::Sso, endpoint, params)?;
        draft.notes.push((
            Pointer::Form("device_code".to_owned()),
            format!(
                "Sent every {} s, until the user has signed in or the code has ended.",
                interval(inputs)
            ),
        ));
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        if let Some(failure) = support::main(made).and_then(|exchange| passing(exchange)) {
            return self.unreached(inputs, made, failure);
        }
        let error = support::main(made).and_then(|exchange| error_of(exchange.response()?));
        let Some(error) = error else {
            let expected = Expected {
                nonce: Nonce::Any,
                before: None,
            };
            return user_tokens::read(inputs, made, Artifact::DeviceCode, expected);
        };
        match error.error.as_deref() {
            Some("authorization_pending" | "slow_down") => self.again(inputs, made),
            Some("expired_token") => refused(
                error,
                "The code has ended before the sign-in did; device-authorize gives a new one.",
            ),
            Some("access_denied") => {
                refused(error, "The sign-in was declined on the other device.")
            }
            _ => {
                let says = format!("The IdP refused: {error}.");
                Reading::bare(Verdict::Refused(error), says)
            }
        }
    }
}

impl DeviceToken {
    fn again(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let now = inputs.ink.now;
        let end = inputs
            .bag
            .held(Artifact::DeviceCode)
            .and_then(|held| held.expires);
        if end.is_some_and(|end| end <= now) {
            let says = "The code has ended, and the IdP still says that nobody has signed in; device-authorize gives \
                        a new one."
                .to_owned();
            return Reading::bare(Verdict::Rejected(vec![says.clone()]), says);
        }
        let after = Lifetime::from_secs(pace(inputs, made));
        let says = format!("Nobody has signed in yet; the IdP is asked again after {after}.");
        self.ask(inputs, after, says)
    }

    /// A poll that got nowhere says nothing of the sign-in: it is tried again, each time after twice as long.
    fn unreached(&self, inputs: &Inputs<'_>, made: &[Made], failure: &Failure) -> Reading {
        let now = inputs.ink.now;
        let held = inputs.bag.held(Artifact::DeviceCode);
        let left = held
            .and_then(|held| held.expires)
            .map(|end| end.since(now).0);
        if left.is_some_and(|left| left <= 0) {
            let says =
                format!("The code has ended, and the IdP could not be asked any more. {failure}");
            return Reading::bare(Verdict::Unreachable(failure.clone()), says);
        }
        let lost = made
            .iter()
            .rev()
            .take_while(|made| passing(&made.exchange).is_some())
            .count();
        let pace = pace(inputs, made);
        let doubled = u32::try_from(lost)
            .ok()
            .and_then(|lost| 2_i64.checked_pow(lost))
            .map_or(i64::MAX, |times| pace.saturating_mul(times))
            .min(SLOWEST.max(pace));
        // Once more before the code ends, and not long after it.
        let after = doubled
            .saturating_mul(1000)
            .min(left.unwrap_or(i64::MAX))
            .max(1000);
        let after = Lifetime(after);
        let says = format!("{failure} The IdP is asked again after {after}.");
        self.ask(inputs, after, says)
    }

    fn ask(&self, inputs: &Inputs<'_>, after: Lifetime, says: String) -> Reading {
        let now = inputs.ink.now;
        // What is signed is signed for the moment when it goes.
        let then = Inputs {
            ink: Ink {
                now: Timestamp(now.0.saturating_add(after.0)),
                ..inputs.ink
            },
            ..*inputs
        };
        match self.draft(&then).map(|draft| draft.request) {
            Ok(Request::Http(request)) => Reading::bare(Verdict::Again { request, after }, says),
            _ => {
                let says = "The next question to the IdP could not be made.".to_owned();
                Reading::bare(Verdict::Rejected(vec![says.clone()]), says)
            }
        }
    }
}

fn refused(error: OAuthError, says: &str) -> Reading {
    let says = format!("{says} The IdP says {error}.");
    Reading::bare(Verdict::Refused(error), says)
}

fn error_of(response: &crate::protocol::http::Response) -> Option<OAuthError> {
    (response.status >= 400).then(|| OAuthError::of(response))
}

/// Returns why a poll got nowhere, where that may pass: no name, no connection, no answer in time (RFC 8628 §3.5).
fn passing(exchange: &Exchange) -> Option<&Failure> {
    let failure = exchange.outcome.as_ref().err()?;
    matches!(
        failure,
        Failure::Name(_) | Failure::Connect(_) | Failure::Timeout(_)
    )
    .then_some(failure)
}

/// How many seconds lie between two polls, with what each `slow_down` added.
fn pace(inputs: &Inputs<'_>, made: &[Made]) -> i64 {
    let slowed = made
        .iter()
        .filter_map(|made| error_of(made.exchange.response()?))
        .filter(|error| error.error.as_deref() == Some("slow_down"))
        .count();
    let slower = i64::try_from(slowed)
        .unwrap_or_default()
        .saturating_mul(SLOWER);
    interval(inputs).saturating_add(slower)
}

/// How many seconds lie between two polls, as the IdP wants it.
fn interval(inputs: &Inputs<'_>) -> i64 {
    inputs
        .bag
        .shown(Artifact::PollInterval)
        .and_then(|text| text.parse().ok())
        .unwrap_or(5)
}
