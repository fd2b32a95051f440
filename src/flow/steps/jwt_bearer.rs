//! The ID-JAG is redeemed at the resource authorization server for an access token.

use super::support::RESOURCE_AS;
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo,
        client_auth::finish,
    },
    profile::{Profile, Side, fields},
    protocol::{http::Params, oauth::urn, party::Party, pointer::Pointer},
};

/// The step.
pub static JWT_BEARER: JwtBearer = JwtBearer {
    info: StepInfo {
        id: StepId("jwt-bearer"),
        title: "Redeem the ID-JAG for an access token",
        short: "JWT bearer",
        from: Party::Client,
        to: Party::ResourceAs,
        needs: &[Artifact::ResourceAsMetadata, Artifact::IdJag],
        gives: &[Artifact::AccessToken],
        fields: &[
            fields::RESOURCE_AS_CLIENT_ID,
            fields::RESOURCE_AS_AUTH,
            fields::RESOURCE_AS_CLIENT_SECRET,
            fields::RESOURCE_AS_PRIVATE_KEY,
            fields::RESOURCE_AS_KID,
            fields::RESOURCE_AS_ALG,
            fields::RESOURCE_AS_ASSERTION_AUDIENCE,
            fields::RESOURCE_AS_SCOPE,
            fields::RESOURCE_AS_TOKEN_ENDPOINT,
            fields::DPOP_MODE,
        ],
        spec: &["JAG §4.4", "RFC 7523 §2.1"],
        why: "The other company’s server trusts the IdP, not the agent’s word: it checks that the ID-JAG is signed by \
              the IdP, is made out to itself, and names the very client that authenticates now. Then it issues an \
              access token of its own.",
        optional: false,
    },
};

/// Redeems the ID-JAG.
pub struct JwtBearer {
    info: StepInfo,
}

impl Step for JwtBearer {
    fn info(&self) -> &'static StepInfo {
        &JWT_BEARER.info
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        match profile.text(fields::RESOURCE_AS_TOKEN_ENDPOINT) {
            Some(_) => vec![Artifact::IdJag],
            None => self.info().needs.to_vec(),
        }
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let (endpoint, grant) = RESOURCE_AS.shown(inputs, Artifact::IdJag)?;
        let mut params = Params::default();
        params.push("grant_type", urn::JWT_BEARER);
        params.push("assertion", grant.clone());
        if let Some(scope) = inputs.profile.text(fields::RESOURCE_AS_SCOPE) {
            params.push("scope", scope);
        }
        let mut draft =
            RESOURCE_AS.asked(inputs, self.info.id, Side::ResourceAs, endpoint, params)?;
        draft.notes.push((
            Pointer::Form("client_id".to_owned()),
            "The client’s id at the resource authorization server; the ID-JAG’s client_id must be the same.".to_owned(),
        ));
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let parent = Some(Artifact::IdJag);
        match RESOURCE_AS.issued(inputs, made, Artifact::AccessToken, parent) {
            Err(reading) => *reading,
            Ok(issued) => issued.told(inputs, |issued, signed| {
                format!(
                    "The resource AS took the ID-JAG and issued an access token of type {}; its signature is {signed}.{}",
                    issued.called(),
                    issued.terms()
                )
            }),
        }
    }
}
