//! A law: however a terminal wraps the redirect URL, pasting it gives code and state back.

use jagwalk::protocol::{
    exchange::Via,
    http::Params,
    redirect::{parse_pasted, read},
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_wrapped_address_gives_code_and_state_back(
        code in "[!-~]{1,80}",
        state in "[A-Za-z0-9._~/+=-]{1,40}",
        port in 1u16..,
        wraps in prop::collection::vec((any::<prop::sample::Index>(), "\r?\n[ \t]{0,3}"), 0..6),
        quotes in prop::sample::select(vec![("", ""), ("\"", "\""), (" '", "' "), ("<", ">\n"), ("“", "”")]),
        fragment in any::<bool>(),
    ) {
        let redirect_uri = format!("http://127.0.0.1:{port}/callback");
        let mut params = Params::default();
        params.push("code", code.as_str());
        params.push("state", state.as_str());
        let joint = if fragment { '#' } else { '?' };
        let whole = format!("{redirect_uri}{joint}{}", params.encode());
        let mut text = whole.clone();
        for (at, wrap) in &wraps {
            // Between characters, never within one.
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            text.insert_str(places[at.index(places.len())], wrap);
        }
        let text = format!("{}{text}{}", quotes.0, quotes.1);
        let (url, via) = parse_pasted(&text, &redirect_uri).unwrap();
        prop_assert_eq!(url.reveal(), &whole);
        prop_assert_eq!(via, Via::Paste);
        let answer = read(url.reveal());
        prop_assert_eq!(answer.code.unwrap().reveal().to_owned(), code);
        prop_assert_eq!(answer.state.unwrap(), state);
    }

    #[test]
    fn whatever_is_pasted_nothing_breaks(text in "\\PC{0,200}") {
        if let Ok((url, _)) = parse_pasted(&text, "http://127.0.0.1:1/cb") {
            let answer = read(url.reveal());
            prop_assert!(answer.code.is_some() || answer.error.is_some());
        }
    }
}
