//! The code becomes an ID Token, which is checked before anything is built on it.

use super::support::{self, IDP};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo, TokenRecord,
        Verdict,
        client_auth::{Server, finish, token_request},
    },
    profile::{Side, fields},
    protocol::{
        exchange::Purpose,
        http::Params,
        jwt::{Claims, Signature, Token},
        oauth::urn,
        party::Party,
        pointer::Pointer,
        time::{Lifetime, Timestamp},
    },
};

/// How far two clocks may differ before an ID Token counts as expired or from the future.
const SKEW: Lifetime = Lifetime(60_000);

/// The step.
pub static REDEEM_CODE: RedeemCode = RedeemCode {
    info: StepInfo {
        id: StepId("redeem-code"),
        title: "Redeem the code for the user's tokens",
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
              Token: the IdP's signed word about who the user is. Its signature, issuer, audience, times and nonce \
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

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let mut blocked = Vec::new();
        let endpoint = IDP
            .token_endpoint(inputs)
            .map_err(|why| blocked.push(why))
            .ok();
        let code = inputs.bag.value(Artifact::Code);
        if code.is_none() {
            blocked.push(Blocked::Needs(Artifact::Code));
        }
        let (Some(endpoint), Some(code)) = (endpoint, code) else {
            return Err(blocked);
        };
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
        let server = Server {
            issuer: IDP.issuer(inputs),
            token_endpoint: &endpoint,
        };
        let mut draft = token_request(inputs, self.info.id.0, Side::Sso, server, params)?;
        draft.notes.push((
            Pointer::Form("redirect_uri".to_owned()),
            "The very URI that the code was sent to; another one is refused.".to_owned(),
        ));
        draft.resolved.push((fields::IDP_TOKEN_ENDPOINT, endpoint));
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let came = match support::token_answer(made, Party::Idp) {
            Ok(came) => came,
            Err(reading) => return *reading,
        };
        let answer = &came.answer;
        let parsed: Vec<Token> = [&answer.id_token, &answer.access_token]
            .into_iter()
            .flatten()
            .map(Token::parse)
            .collect();
        let keys = IDP.keys(inputs, made);
        if let Some(fetch) = IDP.key_fetch(inputs, &keys, &parsed.iter().collect::<Vec<_>>()) {
            return Reading::bare(
                Verdict::Also(Purpose::Keys, fetch),
                "The IdP's keys are fetched first.",
            );
        }
        let mut tokens = Vec::new();
        for (artifact, raw) in [
            (Artifact::IdToken, &answer.id_token),
            (Artifact::SsoAccessToken, &answer.access_token),
            (Artifact::RefreshToken, &answer.refresh_token),
        ] {
            let Some(raw) = raw else { continue };
            let signature = match artifact {
                Artifact::RefreshToken => {
                    Signature::not_checked("a refresh token is opaque to the client")
                }
                _ => keys.check(&Token::parse(raw)),
            };
            tokens.push(support::record(
                artifact,
                raw,
                signature,
                Some(Artifact::Code),
                &came,
            ));
        }
        let mut gained: Vec<_> = tokens.iter().map(support::gain).collect();
        gained.extend(keys.gain(Party::Idp));
        let (verdict, says) = match tokens
            .iter()
            .find(|record| record.artifact == Artifact::IdToken)
        {
            Some(record) => judge(inputs, record, came.at),
            None if inputs
                .profile
                .text(fields::AGENT_SUBJECT)
                .unwrap_or("id_token")
                == "id_token" =>
            {
                let says = "The answer has no id_token, and the next step needs one. Does sso.scope hold openid?";
                (Verdict::Rejected(vec![says.to_owned()]), says.to_owned())
            }
            None => (
                Verdict::Done,
                "Tokens came, but no ID Token; the profile does not need one.".to_owned(),
            ),
        };
        Reading {
            gained,
            tokens,
            verdict,
            says,
        }
    }
}

/// Validates an ID Token (OIDC §3.1.3.7); every fault is named, not only the first.
fn judge(inputs: &Inputs<'_>, record: &TokenRecord, now: Timestamp) -> (Verdict, String) {
    if record.token.kind() == crate::protocol::jwt::TokenKind::Encrypted {
        return (
            Verdict::Done,
            "The ID Token is encrypted; only its header can be shown.".to_owned(),
        );
    }
    let Some(json) = &record.token.claims.json else {
        let mut why = record.token.problems.clone();
        why.insert(
            0,
            "The id_token of the answer is no readable JWT.".to_owned(),
        );
        return (Verdict::Rejected(why.clone()), why.join(" "));
    };
    let claims = Claims(json);
    let mut wrong = Vec::new();
    let issuer = IDP.issuer(inputs);
    let iss = claims.text("iss").unwrap_or("none");
    if !issuer.is_empty() && iss != issuer {
        wrong.push(format!(
            "iss of the ID Token: expected {issuer}, received {iss} (OIDC §3.1.3.7)."
        ));
    }
    let client = inputs.profile.client(Side::Sso).id.unwrap_or_default();
    let audience = claims.list("aud");
    if !audience.contains(&client.as_str()) {
        wrong.push(format!(
            "aud of the ID Token: expected {client}, received {} (OIDC §3.1.3.7).",
            if audience.is_empty() {
                "none".to_owned()
            } else {
                audience.join(", ")
            }
        ));
    }
    if claims.text("sub").is_none() {
        wrong.push("The ID Token has no sub (OIDC §2).".to_owned());
    }
    match claims.time("exp") {
        Some(exp) if exp.since(now).0 + SKEW.0 <= 0 => {
            wrong.push(format!(
                "The ID Token has expired: exp is {} (OIDC §3.1.3.7).",
                exp.in_words(now)
            ));
        }
        Some(_) => {}
        None => wrong.push("The ID Token has no exp (OIDC §2).".to_owned()),
    }
    if claims.time("iat").is_none() {
        wrong.push("The ID Token has no iat (OIDC §2).".to_owned());
    }
    if let Some(nonce) = inputs.bag.value(Artifact::Nonce) {
        let came = claims.text("nonce").unwrap_or("none");
        if came != nonce.reveal() {
            wrong.push(format!(
                "nonce of the ID Token: expected {}, received {came}. It belongs to another sign-in (OIDC §3.1.3.7).",
                nonce.reveal()
            ));
        }
    }
    if !wrong.is_empty() {
        let says = wrong.join(" ");
        return (Verdict::Rejected(wrong), says);
    }
    if let Signature::Failed { why } = &record.signature {
        return (
            Verdict::Suspect(format!("The signature of the ID Token failed: {why}.")),
            format!("The ID Token came, but its signature failed: {why}."),
        );
    }
    let who = claims
        .text("email")
        .or_else(|| claims.text("sub"))
        .unwrap_or("the user");
    let signed = match &record.signature {
        Signature::Verified { .. } => "its signature is verified".to_owned(),
        other => format!("its signature is {other}"),
    };
    // Only what was compared is called right.
    let compared = match (issuer.is_empty(), inputs.bag.has(Artifact::Nonce)) {
        (false, true) => "Issuer, audience, times and nonce of the ID Token are right",
        (false, false) => {
            "Issuer, audience and times of the ID Token are right (no nonce was sent from here)"
        }
        (true, true) => {
            "Audience, times and nonce of the ID Token are right (idp.issuer is empty, so iss was not compared)"
        }
        (true, false) => {
            "Audience and times of the ID Token are right (neither iss nor nonce could be compared)"
        }
    };
    (
        Verdict::Done,
        format!("The IdP says that {who} signed in. {compared}; {signed}."),
    )
}
