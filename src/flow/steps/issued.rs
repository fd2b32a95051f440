//! What a token endpoint issued: the token, checked with its server's keys, and what there is to say of it.

use super::support::{self, Endpoint, Tokens};
use crate::{
    flow::{Artifact, Gain, Inputs, Made, Reading, TokenRecord, Verdict, dpop},
    protocol::{
        exchange::Purpose,
        http::Value,
        jwt::{Signature, Token},
        oauth::urn,
    },
};

/// A token that came, and what came with it.
pub struct Issued {
    /// The answer.
    pub came: Tokens,
    /// The token, taken apart and checked.
    pub record: TokenRecord,
    gained: Vec<Gain>,
}

impl Endpoint {
    /// Reads the token that this server issued, made from another one.
    ///
    /// # Errors
    /// The reading to end or go on with: a refusal, an answer without a token, keys that have to be fetched first.
    pub fn issued(
        self,
        inputs: &Inputs<'_>,
        made: &[Made],
        artifact: Artifact,
        parent: Option<Artifact>,
    ) -> Result<Issued, Box<Reading>> {
        let came = support::token_answer(made, self.party)?;
        let Some(raw) = &came.answer.access_token else {
            let says = lacks_token(made).to_owned();
            let verdict = Verdict::Rejected(vec![says.clone()]);
            return Err(Box::new(Reading::bare(verdict, says)));
        };
        let token = Token::parse(raw);
        let keys = self.keys(inputs, made);
        if let Some(fetch) = self.key_fetch(inputs, &keys, &[&token]) {
            let says = format!("The keys of the {} are fetched first.", self.party.name());
            let verdict = Verdict::Also(Purpose::Keys, fetch);
            return Err(Box::new(Reading::bare(verdict, says)));
        }
        let record = support::record(artifact, raw, keys.check(&token), parent, &came);
        let mut gained = vec![support::gain(&record)];
        if artifact.kin() == Artifact::AccessToken {
            gained.push(support::typed(&came));
        }
        gained.extend(keys.gain(self.party));
        Ok(Issued {
            came,
            record,
            gained,
        })
    }
}

impl Issued {
    /// Ends the step. A signature that failed is suspect, and a token that came unbound though it is to be presented is refused where the
    /// profile requires binding; else `says` tells what came, given the words for its signature.
    pub fn told(self, inputs: &Inputs<'_>, says: impl FnOnce(&Self, &str) -> String) -> Reading {
        let kin = self.record.artifact.kin();
        let bound = matches!(kin, Artifact::AccessToken | Artifact::ActorToken);
        let typed = self.came.answer.token_type.as_deref();
        let downgraded = dpop::downgraded(inputs, typed).filter(|_| bound);
        let name = kin.name();
        let (verdict, says) = match (&self.record.signature, downgraded) {
            (Signature::Failed { why }, _) => {
                let article = if name.starts_with(['a', 'I']) {
                    "An"
                } else {
                    "A"
                };
                (
                    Verdict::Suspect(format!("The signature of the {name} failed: {why}.")),
                    format!("{article} {name} came, but its signature failed: {why}."),
                )
            }
            (_, Some(says)) => (Verdict::Rejected(vec![says.clone()]), says),
            (signature, None) => {
                let words = signature_words(signature);
                (Verdict::Done, says(&self, &words))
            }
        };
        Reading {
            gained: self.gained,
            tokens: vec![self.record],
            verdict,
            says,
        }
    }

    /// Says when it ends, and what was granted, where that is known; each a sentence with a blank before it.
    pub fn terms(&self) -> String {
        let end = self.record.expires.map_or_else(String::new, |end| {
            format!(" It ends {}.", end.after(self.came.at))
        });
        let scope = self.came.answer.scope.as_deref();
        let scope = scope.map_or_else(String::new, |scope| format!(" Granted scope: {scope}."));
        end + &scope
    }

    /// Returns what the answer calls the token, for a sentence.
    pub fn called(&self) -> &str {
        self.came.answer.token_type.as_deref().unwrap_or("unnamed")
    }
}

/// `verified`, or `not checked (why)`.
pub fn signature_words(signature: &Signature) -> String {
    match signature {
        Signature::Verified { .. } => "verified".to_owned(),
        Signature::Failed { why } => format!("failed ({why})"),
        Signature::NotChecked { why } => format!("not checked ({why})"),
    }
}

fn lacks_token(made: &[Made]) -> &'static str {
    let form = support::main(made).and_then(|main| main.request.http().form());
    let grant = form
        .and_then(|form| form.get("grant_type"))
        .map(Value::wire);
    if grant.as_deref() == Some(urn::TOKEN_EXCHANGE) {
        "The answer has no access_token; in a token exchange that member holds what was issued (RFC 8693 §2.2.1)."
    } else {
        "The answer has no access_token (RFC 6749 §5.1)."
    }
}
