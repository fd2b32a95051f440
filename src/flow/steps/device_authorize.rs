//! Sign-in on another device: the IdP is asked for a code that the user enters there.

use super::support::{self, IDP};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Gain, Inputs, Made, Reading, Step, StepId, StepInfo, Verdict,
        client_auth::{Server, finish, token_request},
    },
    profile::{Profile, Side, fields},
    protocol::{
        exchange::Request,
        http::{Body, Params},
        party::Party,
        pointer::Pointer,
        secret::Secret,
        time::Timestamp,
    },
};

/// How long to wait between polls where the IdP does not say, in seconds (RFC 8628 §3.2).
const INTERVAL: i64 = 5;

/// The step.
pub static DEVICE_AUTHORIZE: DeviceAuthorize = DeviceAuthorize {
    info: StepInfo {
        id: StepId("device-authorize"),
        title: "Ask the IdP for a code to enter on another device",
        short: "Device code",
        from: Party::Client,
        to: Party::Idp,
        needs: &[Artifact::IdpMetadata],
        gives: &[
            Artifact::DeviceCode,
            Artifact::UserCode,
            Artifact::VerificationUri,
            Artifact::VerificationUriComplete,
            Artifact::PollInterval,
        ],
        fields: &[
            fields::SSO_CLIENT_ID,
            fields::SSO_AUTH,
            fields::SSO_CLIENT_SECRET,
            fields::SSO_PRIVATE_KEY,
            fields::SSO_KID,
            fields::SSO_ALG,
            fields::SSO_ASSERTION_AUDIENCE,
            fields::SSO_SCOPE,
            fields::SSO_LOGIN,
            fields::IDP_DEVICE_AUTHORIZATION_ENDPOINT,
        ],
        spec: &["RFC 8628 §3.1", "RFC 8628 §3.2"],
        why: "There is no browser here, and none can come back here: the IdP gives two codes that belong together. The \
              user enters the short one on any device and signs in there; the client keeps the long one and asks with \
              it whether that has happened.",
        optional: false,
    },
};

/// Asks for the codes.
pub struct DeviceAuthorize {
    info: StepInfo,
}

impl Step for DeviceAuthorize {
    fn info(&self) -> &'static StepInfo {
        &DEVICE_AUTHORIZE.info
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        match profile.text(fields::IDP_DEVICE_AUTHORIZATION_ENDPOINT) {
            Some(_) => Vec::new(),
            None => vec![Artifact::IdpMetadata],
        }
    }

    fn asked(&self, inputs: &Inputs<'_>) -> bool {
        support::by_device(inputs.profile)
    }

    fn when(&self) -> Option<&'static str> {
        Some("`sso.login` is `device`, instead of `authorize`")
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let field = fields::IDP_DEVICE_AUTHORIZATION_ENDPOINT;
        let endpoint = IDP
            .find(inputs, field, "device_authorization_endpoint")
            .map_err(|why| vec![why])?;
        let mut params = Params::default();
        params.push(
            "scope",
            inputs.profile.text(fields::SSO_SCOPE).unwrap_or("openid"),
        );
        // An assertion names the token endpoint also here, where it names an endpoint at all.
        let token_endpoint = IDP
            .token_endpoint(inputs)
            .unwrap_or_else(|_| endpoint.clone());
        let server = Server {
            issuer: IDP.issuer(inputs),
            token_endpoint: &token_endpoint,
        };
        let mut draft = token_request(inputs, self.info.id.0, Side::Sso, server, params)?;
        if let Request::Http(request) = &mut draft.request {
            request.url.clone_from(&endpoint);
            let client = inputs.profile.client(Side::Sso);
            if let (Body::Form(form), Some(id)) = (&mut request.body, client.id)
                && form.get("client_id").is_none()
            {
                form.push("client_id", id);
            }
        }
        draft.notes.push((
            Pointer::Form("scope".to_owned()),
            "From sso.scope. openid is what makes an ID Token come.".to_owned(),
        ));
        draft.resolved.push((field, endpoint));
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, _inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let exchange = support::main(made).expect("a step is read after its main exchange");
        let response = match support::response(exchange) {
            Ok(response) if response.status == 200 => response,
            Ok(response) => return support::refusal(response, Party::Idp),
            Err(reading) => return *reading,
        };
        let json = match response.json() {
            Ok(json) => json,
            Err(why) => {
                let says = format!("The IdP said yes, but: {why}");
                return Reading::bare(Verdict::Unreadable(why), says);
            }
        };
        let text = |name: &str| json[name].as_str().filter(|text| !text.is_empty());
        let number = |name: &str| {
            let json = &json[name];
            json.as_i64().or_else(|| json.as_str()?.parse().ok())
        };
        // Google spelled it so before the RFC did.
        let uri = text("verification_uri").or_else(|| text("verification_url"));
        let (Some(device), Some(user), Some(uri), Some(lives)) = (
            text("device_code"),
            text("user_code"),
            uri,
            number("expires_in"),
        ) else {
            let says =
                "The answer lacks one of device_code, user_code, verification_uri and expires_in (RFC 8628 §3.2)."
                    .to_owned();
            return Reading::bare(Verdict::Rejected(vec![says.clone()]), says);
        };
        let came = Timestamp(
            exchange.times.start.0 + i64::try_from(exchange.times.end / 1000).unwrap_or_default(),
        );
        let end = came.plus_secs(lives);
        let interval = number("interval").unwrap_or(INTERVAL).max(1);
        let mut gained = Vec::new();
        for (artifact, value) in [
            (Artifact::DeviceCode, Some(device.to_owned())),
            (Artifact::UserCode, Some(user.to_owned())),
            (Artifact::VerificationUri, Some(uri.to_owned())),
            (
                Artifact::VerificationUriComplete,
                text("verification_uri_complete").map(str::to_owned),
            ),
            (Artifact::PollInterval, Some(interval.to_string())),
        ] {
            gained.push(match value {
                Some(value) => {
                    Gain::Held(artifact, Secret::minted(artifact.id(), value), Some(end))
                }
                // The one of the attempt before has the code of then in it.
                None => Gain::Spent(artifact),
            });
        }
        Reading {
            gained,
            tokens: Vec::new(),
            verdict: Verdict::Done,
            says: format!(
                "The code to enter is {user}, at {uri}. It ends {}; the IdP may be asked every {interval} s.",
                end.in_words(came)
            ),
        }
    }
}
