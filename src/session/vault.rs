//! Every secret and token seen in this run: masked by value wherever it occurs, however it is written.

use std::{collections::BTreeMap, fmt, ops::Range, sync::Arc};

use aho_corasick::{AhoCorasick, Input, MatchKind};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::{
    flow::Artifact,
    protocol::{
        exchange::{Answer, Exchange, Request},
        http::Response,
        mcp,
        oauth::challenge_param,
        redirect, saml,
        secret::Secret,
    },
};

/// A shorter text would be found everywhere; it is masked where it stands by name only.
const SHORTEST: usize = 4;

/// Of a longer text only the beginning is searched for, and the rest compared where that is found: a finder for whole
/// tokens of a megabyte would take minutes and gigabytes.
const HEAD: usize = 256;

/// The secrets of a run.
#[derive(Clone, Default)]
pub struct Vault {
    salt: Vec<u8>,
    /// Each way to write a secret, and what is shown instead.
    forms: BTreeMap<Arc<str>, Arc<str>>,
    finder: Option<Arc<Finder>>,
}

/// A way to write a secret, and what is shown instead.
type Form = (Arc<str>, Arc<str>);

/// Finds the beginnings of all forms in one pass.
struct Finder {
    heads: AhoCorasick,
    /// The forms that share a beginning, by the beginning's number, each with what is shown.
    forms: Vec<Vec<Form>>,
}

impl Finder {
    fn new(forms: &BTreeMap<Arc<str>, Arc<str>>) -> Option<Self> {
        let mut groups: BTreeMap<&str, Vec<Form>> = BTreeMap::new();
        for (form, shown) in forms {
            let head = &form[..boundary(form, HEAD)];
            let group = groups.entry(head).or_default();
            group.push((Arc::clone(form), Arc::clone(shown)));
        }
        let (heads, groups): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
        let heads = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(heads)
            .ok()?;
        Some(Self {
            heads,
            forms: groups,
        })
    }

    /// Returns where the text holds a form, or the beginning of a long one, in order.
    fn find(&self, text: &str) -> Vec<(Range<usize>, Arc<str>)> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(head) = self.heads.find(Input::new(text).range(from..)) {
            let here = &text[head.start()..];
            let best = self.forms[head.pattern()]
                .iter()
                .map(|(form, shown)| (common(form, here), shown))
                .max_by_key(|(length, _)| *length);
            let Some((length, shown)) = best else { break };
            from = head.start() + length.max(head.len());
            found.push((head.start()..from, Arc::clone(shown)));
        }
        found
    }
}

/// Returns how many bytes two texts have in common at their beginning, up to a whole character.
fn common(one: &str, two: &str) -> usize {
    let same = one.bytes().zip(two.bytes()).take_while(|(a, b)| a == b);
    boundary(one, same.count())
}

/// Returns the end of the last whole character of the first `limit` bytes.
fn boundary(text: &str, limit: usize) -> usize {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} forms)", self.forms.len())
    }
}

impl Vault {
    /// Makes an empty vault; the salt goes into the fingerprints of typed secrets.
    pub fn new(salt: &[u8]) -> Self {
        Self {
            salt: salt.to_vec(),
            ..Self::default()
        }
    }

    /// Returns what is shown in place of a secret: `‹name:fingerprint›`, `‹name›` for one that is not there yet.
    pub fn shown(&self, secret: &Secret) -> String {
        if secret.is_empty() {
            return secret.to_string();
        }
        if secret.reveal().starts_with('‹') {
            return secret.reveal().to_owned();
        }
        format!("‹{}:{}›", secret.name(), secret.fingerprint(&self.salt))
    }

    /// Takes a secret in. The first name that a value is known by stays, unless it was a guess.
    pub fn learn(&mut self, secret: &Secret) {
        let text = secret.reveal().trim();
        if text.len() < SHORTEST || text.starts_with('‹') {
            return;
        }
        let shown: Arc<str> = self.shown(secret).into();
        let guessed = |shown: &str| shown.starts_with("‹token:");
        if self
            .forms
            .get(text)
            .is_some_and(|known| !guessed(known) || *known == shown)
        {
            return;
        }
        let form: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let percent = form.replace('+', "%20");
        let json = serde_json::to_string(text).unwrap_or_default();
        let forms = [
            text.to_owned(),
            percent.replace("%7E", "~"),
            lower_hex(&form),
            form,
            percent,
            STANDARD.encode(text),
            STANDARD_NO_PAD.encode(text),
            URL_SAFE.encode(text),
            URL_SAFE_NO_PAD.encode(text),
            json.trim_matches('"').to_owned(),
        ];
        // The XML of an assertion is the assertion, too.
        for form in forms.into_iter().chain(saml::xml(text)) {
            if form.len() >= SHORTEST {
                self.forms.insert(form.into(), Arc::clone(&shown));
            }
        }
        // The pieces of a signed token: a server may echo its signature alone.
        if let Some((rest, signature)) = text.rsplit_once('.')
            && rest.contains('.')
            && signature.len() >= 16
        {
            self.forms.insert(signature.into(), shown);
        }
        self.finder = None;
    }

    /// Makes the finder ready; masking needs it, and it is made once after each change.
    pub fn settle(&mut self) {
        if self.finder.is_none() {
            self.finder = Finder::new(&self.forms).map(Arc::new);
        }
    }

    /// Returns the text with every known secret in it masked.
    pub fn mask(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for (range, shown) in self.find(text) {
            out.push_str(&text[from..range.start]);
            out.push_str(&shown);
            from = range.end;
        }
        out.push_str(&text[from..]);
        out
    }

    /// Returns the text of a secret with every known secret in it masked: for an address that carries a code.
    pub fn mask_inside(&self, secret: &Secret) -> String {
        self.mask(secret.reveal())
    }

    /// Returns where the text holds known secrets, in order, and what is shown in place of each.
    pub fn found(&self, text: &str) -> Vec<(Range<usize>, String)> {
        self.find(text)
            .into_iter()
            .map(|(range, shown)| (range, shown.to_string()))
            .collect()
    }

    fn find(&self, text: &str) -> Vec<(Range<usize>, Arc<str>)> {
        match &self.finder {
            Some(finder) => finder.find(text),
            None if self.forms.is_empty() => Vec::new(),
            // What cannot be looked through is not shown at all.
            None => Finder::new(&self.forms).map_or_else(
                || vec![(0..text.len(), Arc::from("‹masked›"))],
                |finder| finder.find(text),
            ),
        }
    }

    /// Learns the password of an address, also as a Basic field writes it; most addresses have none.
    pub fn learn_address(&mut self, address: &str) {
        if let Ok(url) = Url::parse(address)
            && let Some(password) = url.password()
        {
            self.learn(&Secret::typed("password", password));
            let basic = STANDARD.encode(format!("{}:{password}", url.username()));
            self.learn(&Secret::typed("password", basic));
        }
    }

    /// Learns the secrets of a request.
    pub fn learn_request(&mut self, request: &Request) {
        self.learn_address(&request.http().url);
        for secret in request.http().secrets() {
            self.learn(secret);
        }
        if let Some(crate::protocol::http::Value::Plain(text)) =
            request.http().header("authorization")
        {
            self.learn(&Secret::typed(
                "authorization",
                text.split(' ').next_back().unwrap_or_default(),
            ));
        }
    }

    /// Learns the secrets of an answer, also of one that failed: a token is a token wherever it stands.
    pub fn learn_answer(&mut self, exchange: &Exchange) {
        match &exchange.outcome {
            Ok(Answer::Http(response)) => self.learn_response(response),
            Ok(Answer::Redirect(arrived)) => {
                if let Some(code) = redirect::read(arrived.url.reveal()).code {
                    self.learn(&code.named(Artifact::Code.id()));
                }
            }
            Err(_) => {}
        }
    }

    fn learn_response(&mut self, response: &Response) {
        for (name, value) in &response.headers {
            if name.eq_ignore_ascii_case("set-cookie") {
                let pair = value.split(';').next().unwrap_or_default();
                if let Some((_, value)) = pair.split_once('=') {
                    self.learn(&Secret::minted("cookie", value.trim_matches('"')));
                }
            }
            if name.eq_ignore_ascii_case(mcp::SESSION_HEADER) {
                self.learn(&Secret::minted(Artifact::McpSession.id(), value.as_str()));
            }
            if name.eq_ignore_ascii_case("www-authenticate")
                && let Some(token) = challenge_param(value, "access_token")
            {
                self.learn(&Secret::minted("token", token));
            }
            self.learn_jwts(value);
        }
        let text = response.text();
        // Bytes that are no text do not hide the members beside them.
        if let Ok(json) = serde_json::from_str::<Value>(&text) {
            self.learn_members(&json);
        }
        self.learn_jwts(&text);
    }

    fn learn_members(&mut self, json: &Value) {
        match json {
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text) if SECRET_MEMBERS.contains(&name.as_str()) => {
                            self.learn(&Secret::minted("token", text.as_str()));
                        }
                        other => self.learn_members(other),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn_members(item)),
            _ => {}
        }
    }

    /// Learns whatever looks like a signed token.
    fn learn_jwts(&mut self, text: &str) {
        if !text.contains("eyJ") {
            return;
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        for word in text.split(|c| !is_part(c)) {
            if word.starts_with("eyJ") && word.matches('.').count() >= 2 {
                self.learn(&Secret::minted("token", word));
            }
        }
    }
}

/// Members of an answer that are secrets whatever the step makes of them.
const SECRET_MEMBERS: &[&str] = &[
    "access_token",
    "id_token",
    "refresh_token",
    "client_secret",
    "code",
    "device_code",
    "code_verifier",
    "subject_token",
    "actor_token",
    "assertion",
    "client_assertion",
];

fn lower_hex(form: &str) -> String {
    let mut out = String::with_capacity(form.len());
    let mut rest = 0;
    for c in form.chars() {
        if c == '%' {
            rest = 2;
            out.push(c);
        } else if rest > 0 {
            rest -= 1;
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_however_it_is_written() {
        let mut vault = Vault::new(b"salt");
        let secret = Secret::typed("sso.client_secret", "p&q +=\"~x/9");
        vault.learn(&secret);
        let text = secret.reveal();
        let form: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for written in [
            text.to_owned(),
            form.clone(),
            lower_hex(&form),
            form.replace('+', "%20"),
            STANDARD.encode(text),
            URL_SAFE_NO_PAD.encode(text),
            serde_json::to_string(text).unwrap(),
        ] {
            let shown = vault.mask(&format!("before {written} after"));
            assert!(shown.contains(&vault.shown(&secret)), "{written}: {shown}");
            assert!(!shown.contains(&written), "{written}: {shown}");
            assert!(
                shown.starts_with("before ") && shown.ends_with(" after"),
                "{shown}"
            );
        }
    }

    #[test]
    fn tokens_are_recognised_in_answers_and_keep_their_better_name() {
        let mut vault = Vault::new(b"");
        let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
        vault.learn_jwts(&format!("the token {jwt}, again"));
        assert!(vault.mask(jwt).starts_with("‹token:"));
        vault.learn(&Secret::minted("id-jag", jwt));
        assert!(vault.mask(jwt).starts_with("‹id-jag:"));
        vault.learn(&Secret::minted("other", jwt));
        assert!(vault.mask(jwt).starts_with("‹id-jag:"));
        assert!(
            !vault
                .mask("sig c2lnbmF0dXJlLXNpZ25hdHVyZQ")
                .contains("c2lnbmF0")
        );
    }

    #[test]
    fn long_tokens_are_told_apart_and_masked_when_cut() {
        let mut vault = Vault::new(b"");
        let one = format!(
            "eyJ{}.{}.one-signature-0123",
            "a".repeat(400),
            "b".repeat(1 << 20)
        );
        let two = one.replace("one-sig", "two-sig");
        vault.learn(&Secret::minted("one", one.as_str()));
        vault.learn(&Secret::minted("two", two.as_str()));
        vault.settle();
        let shown = vault.mask(&format!("{one} {two} {}", STANDARD.encode(&one)));
        let words: Vec<&str> = shown.split(' ').collect();
        assert!(
            words[0].starts_with("‹one:") && words[0].ends_with('›'),
            "{}",
            words[0].len()
        );
        assert!(
            words[1].starts_with("‹two:") && words[1].ends_with('›'),
            "{}",
            words[1].len()
        );
        assert!(
            words[2].starts_with("‹one:") && words[2].ends_with('›'),
            "{}",
            words[2].len()
        );
        let cut = vault.mask(&format!("<{}>", &one[..1000]));
        assert!(cut.starts_with("<‹") && cut.ends_with("›>"), "{cut}");
        assert_eq!(vault.mask(&one[..100]), &one[..100]);
    }

    #[test]
    fn short_values_do_not_mask_the_world() {
        let mut vault = Vault::new(b"");
        vault.learn(&Secret::typed("s", "a"));
        assert_eq!(vault.mask("a banana"), "a banana");
    }
}
