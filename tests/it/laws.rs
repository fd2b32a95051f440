//! Laws that hold for any input: whatever servers send and users paste.

use base64::Engine as _;
use jagwalk::{
    protocol::{
        http::{Params, Value},
        jwt::{Token, token::Form},
        keys::{Alg, PrivateKey, install_crypto, verify},
        oauth::challenge_param,
        secret::Secret,
        time::{Lifetime, Timestamp},
    },
    session::Vault,
};
use proptest::prelude::*;

/// Texts that have broken readers of tokens before.
const NASTY: &[&str] = &[
    "",
    ".",
    "..",
    "...",
    "....",
    "e30.e30.",
    "eyJ.eyJ.eyJ",
    "eyJhbGciOm51bGx9.bnVsbA.",
    "eyJhbGciOiJub25lIn0.W10.",
    "eyJhbGciOiJub25lIn0",
    "<saml2:Assertion",
    "\u{feff}eyJhbGciOiJub25lIn0.e30.",
    "eyJhbGciOiJub25lIn0.eyJhIjoxLCJhIjoyfQ.",
    "eyJhbGciOiJub25lIn0.eyJleHAiOjFlOTk5fQ.x",
    "eyJhbGciOiJub25lIn0.eyJleHAiOi05MjIzMzcyMDM2ODU0Nzc1ODA4fQ.x",
    "\u{1b}[31m.\u{0}.\u{202e}",
];

fn parse(text: &str) -> Token {
    Token::parse(&Secret::minted("t", text))
}

#[test]
fn nasty_tokens_are_taken_apart_without_failing() {
    for text in NASTY {
        let token = parse(text);
        assert_eq!(token.raw.reveal(), *text);
        let _ = (token.kind(), format!("{token:?}"));
    }
}

proptest! {
    #[test]
    fn parsing_a_token_never_fails_and_keeps_the_text(text in ".{0,200}") {
        let token = parse(&text);
        prop_assert_eq!(token.raw.reveal(), text);
        let _ = token.kind();
    }

    #[test]
    fn whatever_json_is_signed_is_shown_as_it_was_written(claims in "\\PC{0,80}") {
        let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let token = parse(&format!("{}.{}.c2ln", part(r#"{"alg":"ES256"}"#), part(&claims)));
        prop_assert_eq!(token.form, Form::Jws);
        prop_assert_eq!(token.claims.text.as_deref(), Some(claims.as_str()));
        let reads = serde_json::from_str::<serde_json::Value>(&claims).is_ok();
        prop_assert_eq!(token.claims.json.is_some(), reads);
        prop_assert!(reads || !token.problems.is_empty());
    }

    #[test]
    fn a_form_survives_encoding(pairs in proptest::collection::vec((".{0,20}", ".{0,40}"), 0..8)) {
        let mut params = Params::default();
        for (name, value) in &pairs {
            params.push(name.as_str(), value.as_str());
        }
        let back: Vec<(String, String)> = Params::decode(&params.encode())
            .0
            .into_iter()
            .map(|(name, value)| (name, value.wire()))
            .collect();
        prop_assert_eq!(back, pairs);
    }

    #[test]
    fn setting_a_parameter_leaves_one_of_it_and_the_others_alone(
        pairs in proptest::collection::vec(("[a-c]", "[x-z]{1,3}"), 0..8),
    ) {
        let mut params = Params(pairs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect());
        params.set("a", "new");
        prop_assert_eq!(params.0.iter().filter(|(name, _)| name == "a").count(), 1);
        let others = |pairs: &[(String, String)]| -> Vec<(String, String)> {
            pairs.iter().filter(|(name, _)| name != "a").cloned().collect()
        };
        let now: Vec<(String, String)> = params.0.iter().map(|(name, value)| (name.clone(), value.wire())).collect();
        prop_assert_eq!(others(&now), others(&pairs));
    }

    #[test]
    fn a_challenge_is_read_or_not_but_never_fails(text in ".{0,120}", value in "[a-z]{1,12}") {
        let _ = challenge_param(&text, "error");
        let challenge = format!("Bearer realm=\"x\", error=\"{value}\"");
        prop_assert_eq!(challenge_param(&challenge, "error"), Some(value));
    }

    #[test]
    fn times_are_worded_whatever_they_are(time in any::<i64>(), now in any::<i64>()) {
        prop_assert!(!Timestamp(time).in_words(Timestamp(now)).is_empty());
        prop_assert!(!Lifetime(time).to_string().is_empty());
    }

    #[test]
    fn what_the_vault_knows_is_nowhere_in_what_it_masks(
        secret in "[!-~]{6,40}",
        before in "[a-z ]{0,20}",
        after in "[a-z ]{0,20}",
    ) {
        let mut vault = Vault::new(b"salt");
        vault.learn(&Secret::typed("s", secret.as_str()));
        for written in [
            secret.clone(),
            jagwalk::protocol::http::form_encode(&secret),
            base64::engine::general_purpose::STANDARD.encode(&secret),
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&secret),
            serde_json::to_string(&secret).unwrap(),
        ] {
            let shown = vault.mask(&format!("{before}{written}{after}"));
            prop_assert!(!shown.contains(&secret), "{}", shown);
            prop_assert!(shown.contains("‹s:"), "{}", shown);
            prop_assert_eq!(vault.mask(&shown), shown);
        }
    }

    #[test]
    fn a_private_key_is_read_or_refused_with_a_sentence(text in ".{0,200}") {
        install_crypto();
        if let Err(error) = PrivateKey::parse(&text) {
            prop_assert!(error.0.ends_with('.'), "{}", error);
        }
    }
}

#[test]
fn one_changed_bit_of_text_fails_the_signature() {
    install_crypto();
    let key = PrivateKey::generate(Alg::EdDSA).unwrap();
    let text = b"header.claims".to_vec();
    let signature = key.sign(Alg::EdDSA, &text).unwrap();
    for at in 0..text.len() {
        let mut other = text.clone();
        other[at] ^= 1;
        assert!(!verify(key.public_jwk(), Alg::EdDSA, &other, &signature).unwrap());
    }
}
