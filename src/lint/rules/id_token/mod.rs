//! The ID Token (FACTS §3.10).

mod idt_alg;
mod idt_at_hash;
mod idt_aud;
mod idt_azp;
mod idt_exp;
mod idt_iss;
mod idt_nonce;

use crate::{
    flow::{Artifact, TokenRecord},
    lint::{Check, Rule, Subject},
};

/// Returns this step's ID Token, or what there is to say without it; one whose claims cannot be read tells nothing.
fn id_token<'a>(subject: &Subject<'a>) -> Result<&'a TokenRecord, Check> {
    let record = subject
        .token(Artifact::IdToken)
        .ok_or(Check::NotApplicable)?;
    match record.token.claims.json {
        Some(_) => Ok(record),
        None => Err(Check::NotYet("the ID Token cannot be read")),
    }
}

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &idt_iss::RULE,
    &idt_aud::RULE,
    &idt_exp::RULE,
    &idt_nonce::RULE,
    &idt_azp::RULE,
    &idt_at_hash::RULE,
    &idt_alg::RULE,
];
