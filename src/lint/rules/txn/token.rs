//! The Transaction Token that a rule looks at.

use crate::{flow::TokenRecord, lint::prelude::*};

/// The step that ends with one, and one looked at alone.
pub static STEPS: &[&str] = &["txn-token", DECODE];

/// Finds the Transaction Token of this step; one that was handed in is told by its claims where its `typ` is wrong.
pub fn of<'a>(subject: &Subject<'a>) -> Option<&'a TokenRecord> {
    let mut tokens = subject.tokens.iter();
    subject.token(Artifact::TxnToken).or_else(|| {
        tokens.find(|record| {
            record.token.kind() == TokenKind::TxnToken || looks_like_one(&record.token)
        })
    })
}

fn looks_like_one(token: &Token) -> bool {
    let has = |name: &str| claims(token).0.get(name).is_some();
    has("txn") && (has("req_wl") || has("rctx") || has("tctx") || has("azd"))
}
