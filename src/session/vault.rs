//! Every secret and token seen in this run: masked by value wherever it occurs, however it is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
    sync::Arc,
};

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
        digest::sha256,
        exchange::{Answer, Exchange, Request},
        http::{Params, Response, form_decode},
        mcp,
        oauth::challenge_param,
        redirect, saml,
        secret::Secret,
    },
};

/// A shorter text would be found everywhere; it is masked where it stands by name only.
const SHORTEST: usize = 4;

/// The name of a person that is at least so long is masked inside of other words, too.
const LONG: usize = 8;

/// Of a longer text only the beginning is searched for, and the rest compared where that is found: a finder for whole
/// tokens of a megabyte would take minutes and gigabytes.
const HEAD: usize = 256;

/// The secrets of a run, all of which it masks but those that were [taken out](Vault::without).
#[derive(Clone, Default)]
pub struct Vault {
    salt: Vec<u8>,
    /// Each way to write a secret, and which secret that is.
    forms: Forms,
    finder: Option<Arc<Finder>>,
    /// What is masked beside the secrets: whom the walk is about.
    people: Option<Arc<Finder>>,
    /// The secrets that are not masked.
    open: BTreeSet<SecretId>,
}

/// Which secret it is, whatever it is called.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SecretId([u8; 32]);

impl SecretId {
    /// Returns the id of a secret.
    pub fn of(secret: &Secret) -> Self {
        Self::of_text(secret.reveal())
    }

    fn of_text(text: &str) -> Self {
        Self(sha256(text.trim().as_bytes()))
    }
}

/// Which secret a form writes, and what is shown instead.
#[derive(Clone)]
struct Known {
    id: SecretId,
    shown: Arc<str>,
}

/// Ways to write secrets.
type Forms = BTreeMap<Arc<str>, Known>;

/// Finds the beginnings of all forms in one pass.
struct Finder {
    heads: AhoCorasick,
    /// The forms that share a beginning, by the beginning's number.
    forms: Vec<Vec<(Arc<str>, Known)>>,
}

impl Finder {
    fn new(forms: &Forms) -> Option<Self> {
        let mut groups: BTreeMap<&str, Vec<(Arc<str>, Known)>> = BTreeMap::new();
        for (form, known) in forms {
            let head = &form[..boundary(form, HEAD)];
            let group = groups.entry(head).or_default();
            group.push((Arc::clone(form), known.clone()));
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
    fn find(&self, text: &str) -> Vec<(Range<usize>, Known)> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(head) = self.heads.find(Input::new(text).range(from..)) {
            let here = &text[head.start()..];
            let best = self.forms[head.pattern()]
                .iter()
                .map(|(form, known)| (common(form, here), known))
                .max_by_key(|(length, _)| *length);
            let Some((length, known)) = best else { break };
            from = head.start() + length.max(head.len());
            found.push((head.start()..from, known.clone()));
        }
        found
    }

    /// The same for the names of people: one that is short counts only where it is a word of its own.
    fn find_people(&self, text: &str) -> Vec<(Range<usize>, Known)> {
        let mut found = self.find(text);
        found.retain(|(range, _)| range.len() >= LONG || is_word(text, range));
        found
    }
}

/// Tells whether a place in a text is a word of its own; what stands behind `%2F` is.
fn is_word(text: &str, place: &Range<usize>) -> bool {
    let (before, after) = (&text[..place.start], &text[place.end..]);
    let escape = before.as_bytes().last_chunk::<3>();
    let escaped = escape.is_some_and(|[sign, digits @ ..]| {
        *sign == b'%' && digits.iter().all(u8::is_ascii_hexdigit)
    });
    (escaped || !before.ends_with(char::is_alphanumeric))
        && !after.starts_with(char::is_alphanumeric)
}

/// Joins what overlaps, so that no end of one is left beside another.
fn joined(mut found: Vec<(Range<usize>, Known)>) -> Vec<(Range<usize>, Known)> {
    found.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let mut out: Vec<(Range<usize>, Known)> = Vec::with_capacity(found.len());
    for (range, known) in found {
        match out.last_mut() {
            Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
            _ => out.push((range, known)),
        }
    }
    out
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
        let known = self.forms.get(text).map(|known| &known.shown);
        if known.is_some_and(|known| !guessed(known) || *known == shown) {
            return;
        }
        self.forms.append(&mut forms_of(text, &shown));
        self.finder = None;
    }

    /// Returns the same vault, but for some secrets that are not masked by it.
    #[must_use]
    pub fn without(&self, open: &BTreeSet<SecretId>) -> Self {
        let mut other = self.clone();
        if !open.is_empty() {
            other.forms.retain(|_, known| !open.contains(&known.id));
            other.finder = None;
            other.open.extend(open);
            other.settle();
        }
        other
    }

    /// Returns the same vault, which masks people, too: each by the name of what was told of them.
    #[must_use]
    pub fn with_people(&self, people: &[Secret]) -> Self {
        let mut forms = Forms::new();
        for secret in people.iter().filter(|secret| secret.len() > 1) {
            let shown: Arc<str> = self.shown(secret).into();
            for (form, known) in forms_of(secret.reveal(), &shown) {
                // The first claim names it, as the first name of a secret stays.
                forms.entry(form).or_insert(known);
            }
        }
        let mut other = self.clone();
        other.people = Finder::new(&forms).map(Arc::new);
        other
    }

    /// Returns which secrets it masks.
    pub fn ids(&self) -> BTreeSet<SecretId> {
        self.forms.values().map(|known| known.id).collect()
    }

    /// Tells whether a secret is masked, by name at least.
    pub fn hides(&self, secret: &Secret) -> bool {
        self.open.is_empty() || !self.open.contains(&SecretId::of(secret))
    }

    /// Returns which secrets a text holds, in whatever form: also one inside of another.
    pub fn held(&self, text: &str) -> BTreeSet<SecretId> {
        let mut held = BTreeSet::new();
        let mut rest = self.clone();
        loop {
            let found = rest.find(text);
            if found.is_empty() {
                return held;
            }
            held.extend(found.into_iter().map(|(_, known)| known.id));
            rest = self.without(&held);
        }
    }

    /// Returns which secrets a text is or holds, that goes over the wire as it is or form-encoded.
    pub fn written(&self, wire: &Secret) -> BTreeSet<SecretId> {
        let mut held = self.held(wire.reveal());
        held.insert(SecretId::of(wire));
        held.insert(SecretId::of_text(&form_decode(wire.reveal())));
        held
    }

    /// Returns which secrets the marks of a masked text stand for.
    pub fn behind(&self, masked: &str) -> BTreeSet<SecretId> {
        let marks = masked.split('‹').skip(1).filter_map(|rest| {
            let (inner, _) = rest.split_once('›')?;
            inner.rsplit_once(':').map(|(_, print)| print)
        });
        let mut behind = BTreeSet::new();
        for print in marks {
            let is_it = |known: &Known| {
                let own = known.shown.trim_end_matches('›').rsplit_once(':');
                own.is_some_and(|(_, own)| own == print) || fingerprint_of(known.id) == print
            };
            behind.extend(
                self.forms
                    .values()
                    .filter(|known| is_it(known))
                    .map(|known| known.id),
            );
        }
        behind
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
        for (range, known) in self.find(text) {
            out.push_str(&text[from..range.start]);
            out.push_str(&known.shown);
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
            .map(|(range, known)| (range, known.shown.to_string()))
            .collect()
    }

    fn find(&self, text: &str) -> Vec<(Range<usize>, Known)> {
        let found = match &self.finder {
            Some(finder) => finder.find(text),
            None if self.forms.is_empty() => Vec::new(),
            // What cannot be looked through is not shown at all.
            None => Finder::new(&self.forms).map_or_else(
                || {
                    let (id, shown) = (SecretId::of_text(text), Arc::from("‹masked›"));
                    vec![(0..text.len(), Known { id, shown })]
                },
                |finder| finder.find(text),
            ),
        };
        match &self.people {
            Some(people) => joined(found.into_iter().chain(people.find_people(text)).collect()),
            None => found,
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
                self.learn_address_of(arrived.url.reveal());
                for hop in &arrived.hops {
                    self.learn_address_of(&hop.url);
                }
            }
            Err(_) => {}
        }
    }

    /// Learns the secrets among the parameters of an address, of its fragment too.
    fn learn_address_of(&mut self, address: &str) {
        for part in address.split(['?', '#']).skip(1) {
            for (name, value) in &Params::decode(part).0 {
                if SECRET_MEMBERS.contains(&name.as_str()) {
                    self.learn(&Secret::minted("token", value.wire()));
                }
            }
        }
        self.learn_jwts(address);
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
            if name.eq_ignore_ascii_case("location") {
                self.learn_address_of(value);
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

/// Returns every way to write a text.
fn forms_of(text: &str, shown: &Arc<str>) -> Forms {
    let text = text.trim();
    let id = SecretId::of_text(text);
    let form: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let percent = form.replace('+', "%20");
    let json = serde_json::to_string(text).unwrap_or_default();
    let written = [
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
    let mut written: Vec<String> = written.into_iter().chain(saml::xml(text)).collect();
    written.retain(|form| form.len() >= SHORTEST.min(text.len()));
    // The pieces of a signed token: a server may echo its signature alone.
    if let Some((rest, signature)) = text.rsplit_once('.')
        && rest.contains('.')
        && signature.len() >= 16
    {
        written.push(signature.to_owned());
    }
    let known = |form: String| {
        let shown = Arc::clone(shown);
        (form.into(), Known { id, shown })
    };
    written.into_iter().map(known).collect()
}

/// The fingerprint of what a program made; see [`Secret::fingerprint`].
fn fingerprint_of(id: SecretId) -> String {
    let [a, b, c, d, ..] = id.0;
    format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
}

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
    fn one_secret_is_left_out_and_what_is_inside_of_it_is_not() {
        let mut vault = Vault::new(b"");
        let (inner, outer) = (
            Secret::minted("inner", "inner-0451"),
            Secret::minted("outer", "a:inner-0451:b"),
        );
        vault.learn(&inner);
        vault.learn(&outer);
        vault.settle();
        let text = format!("{} {}", outer.reveal(), STANDARD.encode(outer.reveal()));
        assert_eq!(vault.held(&text).len(), 2);
        assert_eq!(
            vault.behind(&vault.mask(&text)),
            [SecretId::of(&outer)].into()
        );
        let open = vault.without(&[SecretId::of(&outer)].into());
        assert!(open.hides(&inner) && !open.hides(&outer));
        let shown = open.mask(&text);
        assert!(
            shown.starts_with("a:‹inner:") && shown.ends_with(&STANDARD.encode(outer.reveal())),
            "{shown}"
        );
    }

    #[test]
    fn people_are_words_of_their_own_and_nothing_is_left_beside_a_secret() {
        let mut vault = Vault::new(b"");
        vault.learn(&Secret::minted("code", "acme-0451"));
        vault.settle();
        let people = [
            Secret::typed("sub", "bob"),
            Secret::typed("email", "bob@acme-0451.example"),
        ];
        let shared = vault.with_people(&people);
        for kept in ["bobsled", "https://bobs.example", "kabob"] {
            assert_eq!(shared.mask(kept), kept);
        }
        for seen in ["to bob.", "/users/bob?x", "hint%3Dbob%26", "Ym9i"] {
            assert!(shared.mask(seen).contains("‹sub:"), "{seen}");
        }
        let masked = shared.mask("<bob@acme-0451.example>");
        assert!(
            masked.starts_with("<‹email:") && masked.ends_with("›>"),
            "{masked}"
        );
        assert_eq!(vault.mask("bob"), "bob");
    }

    #[test]
    fn short_values_do_not_mask_the_world() {
        let mut vault = Vault::new(b"");
        vault.learn(&Secret::typed("s", "a"));
        assert_eq!(vault.mask("a banana"), "a banana");
    }
}
