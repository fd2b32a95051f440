//! What to ask of the other side, where the remedy speaks to the one who holds the profile.
//!
//! A remedy that already speaks to the side that must act has no row.

/// Rules, and the request to the administrator of the server whose side it is on.
#[rustfmt::skip]
const OF_RULES: &[(&str, &str)] = &[
    ("AT-AUD", "Write the identifier that was asked for with resource into aud of the access token, or say which one to ask for."),
    ("AT-CNF-KEY", "Bind the access token to the key of the proof that came with the request: cnf.jkt is its thumbprint by RFC 7638."),
    ("AUTHZ-ISS-MISMATCH", "Send the issuer of the metadata, to the last character, as iss in the authorization response."),
    ("AUTHZ-ISS-MISSING", "Send iss in every authorization response, errors included, or stop promising it in the metadata."),
    ("AUTHZ-STATE-MISMATCH", "Send the state of the authorization request back unchanged."),
    ("CA-AUD-ISSUER", "Take a client assertion that is made out to the issuer, or say which audience is wanted."),
    ("CA-KEY", "Register the client’s key, whose kid stands below, at this server, and list its algorithm in the metadata."),
    ("DISC-DPOP-ALGS", "List the algorithms of proofs in dpop_signing_alg_values_supported."),
    ("DISC-ISSUER-MATCH", "Say which of the two is right. If it is the expected one, publish exactly that as issuer in the metadata."),
    ("DISC-PRM-NO-AS", "Publish authorization_servers in the metadata of the API."),
    ("DPOP-ALG", "Take proofs signed with ES256, or list what is taken in dpop_signing_alg_values_supported."),
    ("DPOP-IGNORED", "Switch DPoP on for this client: a proof came with the request, and the token is not bound to its key."),
    ("EMA-AT-RESTRICTED", "Write the resource of the ID-JAG into aud of the access token."),
    ("IDJAG-CNF-KEY", "Bind the ID-JAG to the key of the proof that came with the request: cnf.jkt is its thumbprint by RFC 7638."),
    ("IDJAG-CNF-MISSING", "Switch DPoP on for this client: a proof came with the request, and the ID-JAG is not bound to its key."),
    ("IDJAG-ISS", "Write the issuer of the metadata, to the last character, into iss of the ID-JAG."),
    ("IDJAG-SELF-DOMAIN", "Map this audience to the issuer of the resource authorization server; the ID-JAG names its own issuer."),
    ("IDJAG-TIMES", "Issue the ID-JAG with an iat of now and an exp that lies ahead, and check the clock of the server that signs it."),
    ("IDJAG-TYP", "Set typ to oauth-id-jag+jwt in the header of the ID-JAG."),
    ("IDT-AT-HASH", "Compute at_hash over the access token that comes with the ID Token."),
    ("IDT-AUD", "Make the ID Token out to the client that asked, and to nobody else."),
    ("IDT-AZP", "Set azp of the ID Token to the client that asked."),
    ("IDT-EXP", "Issue the ID Token with an exp that lies ahead, and check the clock of the server that signs it."),
    ("IDT-ISS", "Write the issuer of the metadata, to the last character, into iss of the ID Token."),
    ("IDT-NONCE", "Copy the nonce of the authorization request into the ID Token."),
    ("JWT-KID", "Publish the key that signs in the key set of the metadata, or sign with one that stands there."),
    ("JWT-TYP-CONFUSION", "Issue the token with the typ of its own kind."),
    ("BEARER-ASSERTION-CLIENT-MATCH", "Write the client’s id at the resource authorization server into client_id of the ID-JAG."),
    ("BEARER-DPOP-MISSING", "Say whether ID-JAGs for this client are bound to a key, and to which."),
    ("CIA-AT-BOUND", "Bind the access token to the key of the proof that came with the request."),
    ("TOK-AUTH-METHOD", "Say which way of client authentication this client is registered with."),
    ("TOK-ERROR-KNOWN", "Say what this error means; the specifications do not have it."),
    ("TOK-ERROR-SHAPE", "Answer errors as JSON with error and error_description, or look up what stands before the server and answers for it."),
    ("TOK-JSON", "Answer as JSON, or look up what stands before the server and answers for it."),
    ("TOK-SCOPE-SILENT", "Add the scope that was granted to the answer."),
    ("TX-DELEGATION-LOST", "Name the actor in act: an actor token came with the request, and the token that was issued names nobody."),
    ("TX-ISSUED-TOKEN-TYPE", "Add issued_token_type to the answer."),
    ("TX-ISSUED-TOKEN-TYPE-ASKED", "Switch the requested token type on: another one was issued."),
    ("TXN-CONTEXT", "Copy the context of the request into the Transaction Token."),
];

/// Refusals that no rule explains: the step (empty for any), the error or status, and the request.
#[rustfmt::skip]
const OF_ERRORS: &[(&str, &str, &str)] = &[
    ("id-jag", "invalid_target", "Add the resource authorization server, with exactly the audience and resource below, to the agent’s connections, or say by which names they are known."),
    ("id-jag", "invalid_scope", "Allow this scope for the agent’s connection to the audience, or say which scopes it may ask for."),
    ("exchange", "invalid_target", "Register the API by exactly the name that was asked for, or say by which name it is known."),
    ("exchange", "invalid_scope", "Allow this scope for the agent, or say which scopes it may ask for."),
    ("authorize", "invalid_scope", "Allow this scope in the client’s registration, or say which scopes it may ask for."),
    ("jwt-bearer", "invalid_target", "Register the resource with exactly the identifier that was asked for, or say by which it is known."),
    ("jwt-bearer", "invalid_scope", "Allow the scope of the ID-JAG, or say which scopes this server knows."),
    ("", "unsupported_grant_type", "Switch the grant on at this token endpoint, or say where it is offered."),
    ("", "429", "Say what the limit for this client is, or raise it."),
    ("", "temporarily_unavailable", "Look up, at the time below, why the server could not answer."),
    ("", "server_error", "Look up, at the time below, what failed."),
    ("", "502", "Look up, at the time below, why the server behind the gateway did not answer."),
    ("", "503", "Look up, at the time below, why the server was not available."),
    ("", "504", "Look up, at the time below, why the server behind the gateway did not answer."),
];

/// Returns the request that belongs to a rule's own remedy.
pub fn of_rule(code: &str) -> Option<&'static str> {
    let row = OF_RULES.iter().find(|(known, _)| *known == code);
    row.map(|(_, asks)| *asks)
}

/// Returns the request that belongs to a refusal.
pub fn of_error(step: &str, error: &str) -> Option<&'static str> {
    let mut rows = OF_ERRORS.iter();
    let row = rows.find(|(at, known, _)| *known == error && (at.is_empty() || *at == step));
    row.map(|(.., asks)| *asks)
}

#[cfg(test)]
mod tests {
    use super::{OF_ERRORS, OF_RULES};
    use crate::{lint, profile::FieldPath};

    #[test]
    fn rows_are_of_rules_and_steps_that_exist_and_name_no_field() {
        for (code, asks) in OF_RULES {
            assert!(lint::find(code).is_some(), "{code}");
            assert!(FieldPath::named_in(asks).is_none(), "{code}: {asks}");
        }
        for (step, error, asks) in OF_ERRORS {
            assert!(step.is_empty() || lint::is_step(step), "{step}");
            assert!(FieldPath::named_in(asks).is_none(), "{error}: {asks}");
        }
    }
}
