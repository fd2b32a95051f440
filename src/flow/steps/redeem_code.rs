//! The code becomes an ID Token, which is checked before anything is built on it.

use super::{
    support::{self, IDP},
    user_tokens::{self, Expected, Nonce},
};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo,
        client_auth::finish,
    },
    profile::{Side, fields},
    protocol::{http::Params, oauth::urn, party::Party, pointer::Pointer},
};

/// The step.
pub static REDEEM_CODE: RedeemCode = RedeemCode {
    info: StepInfo {
        id: StepId("redeem-code"),
        title: "Redeem the code for the user’s tokens",
        short: "Redeem code",
        from: Party::Client,
        to: Party::Idp,
        needs: &[Artifact::IdpMetadata, Artifact::Code],
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
        spec: &["RFC 6749 §4.1.3", "RFC 7636 §4.5", "OIDC §3.1.3.7"],
        why: "The client shows the code, the verifier behind the challenge and its own credentials, and gets the ID \
              Token: the IdP’s signed word about who the user is. Its signature, issuer, audience, times and nonce \
              are checked here, because the next step hands it on.",
        optional: false,
    },
};

/// Redeems the authorization code.
pub struct RedeemCode {
    info: StepInfo,
}

impl Step for RedeemCode {
    fn info(&self) -> &'static StepInfo {
        &REDEEM_CODE.info
    }

    fn asked(&self, inputs: &Inputs<'_>) -> bool {
        !support::by_device(inputs.profile)
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let (endpoint, code) = IDP.shown(inputs, Artifact::Code)?;
        let mut params = Params::default();
        params.push("grant_type", urn::AUTHORIZATION_CODE);
        params.push("code", code.clone());
        let redirect_uri = inputs
            .bag
            .value(Artifact::RedirectUri)
            .map(|uri| uri.reveal().to_owned())
            .or_else(|| {
                inputs
                    .profile
                    .list(fields::SSO_REDIRECT_URI)
                    .into_iter()
                    .next()
            });
        if let Some(uri) = redirect_uri {
            params.push("redirect_uri", uri);
        }
        if let Some(verifier) = inputs.bag.value(Artifact::Verifier) {
            params.push("code_verifier", verifier.clone());
        }
        let mut draft = IDP.asked(inputs, self.info.id, Side::Sso, endpoint, params)?;
        draft.notes.push((
            Pointer::Form("redirect_uri".to_owned()),
            "The very URI that the code was sent to; another one is refused.".to_owned(),
        ));
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let expected = Expected {
            nonce: inputs
                .bag
                .value(Artifact::Nonce)
                .map_or(Nonce::Any, |nonce| Nonce::Exactly(nonce.reveal())),
            before: None,
        };
        user_tokens::read(inputs, made, Artifact::Code, expected)
    }
}
