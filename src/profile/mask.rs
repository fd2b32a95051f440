//! A profile's text without the secrets that stand in it, for showing.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike, Value};

use super::fields::{FieldPath, Kind};

/// Words that make a key's value a secret, wherever it stands: a parameter, a header, a misspelt key.
const SECRET_WORDS: &[&str] = &[
    "secret",
    "secrt",
    "password",
    "passwd",
    "authorization",
    "cookie",
    "api_key",
    "apikey",
    "private",
    "access_token",
    "refresh_token",
    "id_token",
    "subject_token",
    "actor_token",
    "management_token",
    "saml_assertion",
    "client_assertion",
    "code_verifier",
    "bearer",
];

/// Masks inline secrets, in comments too; where one comes from stays to be seen.
pub(super) fn masked(text: &str) -> String {
    let mut spots = Vec::new();
    let mut values = Vec::new();
    if let Ok(document) = Document::parse(text) {
        walk(document.as_table(), "", &mut spots, &mut values);
    }
    comments(text, &values, &mut spots);
    spots.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = text.to_owned();
    for (range, mask) in spots {
        text.replace_range(range, &mask);
    }
    text
}

type Spots = Vec<(Range<usize>, String)>;

fn walk(table: &dyn TableLike, path: &str, spots: &mut Spots, values: &mut Vec<Range<usize>>) {
    for (key, item) in table.iter() {
        let path = if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        };
        match item {
            Item::Value(value) => {
                values.extend(value.span());
                mask_value(value, &path, spots);
            }
            Item::Table(table) => walk(table, &path, spots, values),
            Item::ArrayOfTables(tables) => {
                for table in tables {
                    walk(table, &path, spots, values);
                }
            }
            Item::None => {}
        }
    }
}

fn mask_value(value: &Value, path: &str, spots: &mut Spots) {
    match value {
        Value::InlineTable(table) => {
            for (key, value) in table {
                // The source of a secret is shown: a name, a path, a command.
                let source = is_secret(path) && matches!(key, "env" | "file" | "cmd");
                if !source {
                    let inner = format!("{path}.{key}");
                    mask_value(value, if is_secret(path) { path } else { &inner }, spots);
                }
            }
        }
        Value::Array(items) => {
            for value in items {
                mask_value(value, path, spots);
            }
        }
        value => {
            let Some(range) = value.span() else { return };
            if is_secret(path) && value.as_str() != Some("") {
                spots.push((range, format!("\"‹{path}›\"")));
            } else if let Some(shown) = value.as_str().and_then(without_password) {
                spots.push((range, Value::from(shown).to_string()));
            }
        }
    }
}

/// Masks what was commented out: a secret in a comment is one all the same.
fn comments(text: &str, values: &[Range<usize>], spots: &mut Spots) {
    let mut at = 0;
    let mut in_key = false;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_start().trim_start_matches(['#', ' ', '\t']);
        let comment = line.trim_start().starts_with('#');
        let inside = values
            .iter()
            .any(|range| range.start < start && start < range.end);
        if !comment || inside {
            in_key = false;
            continue;
        }
        let from = start + line.len() - body.len();
        let end = start + line.trim_end().len();
        if in_key || body.contains("-----BEGIN") {
            in_key = !body.contains("-----END");
            spots.push((from..end.max(from), "‹masked›".to_owned()));
            continue;
        }
        let mut inner = Vec::new();
        if let Ok(document) = Document::parse(body) {
            walk(document.as_table(), "", &mut inner, &mut Vec::new());
            spots.extend(
                inner
                    .into_iter()
                    .map(|(range, mask)| (range.start + from..range.end + from, mask)),
            );
        } else if let Some((key, value)) = body.split_once('=')
            && is_secret(key.trim())
            && !value.trim_start().starts_with('{')
        {
            spots.push((from + key.len() + 1..end, " ‹masked›".to_owned()));
        }
    }
}

fn is_secret(path: &str) -> bool {
    if let Some(field) = FieldPath::find(path) {
        return field.field().kind == Kind::Secret;
    }
    let key = path.rsplit('.').next().unwrap_or_default();
    let key = key.to_lowercase().replace('-', "_");
    SECRET_WORDS.iter().any(|word| key.contains(word))
        && !key.ends_with("_endpoint")
        && !key.ends_with("_type")
}

/// Returns an address with its password masked, when it has one.
pub fn without_password(text: &str) -> Option<String> {
    let mut url = url::Url::parse(text).ok()?;
    url.password()?;
    url.set_password(Some("masked")).ok()?;
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_inline_secret_is_left_and_everything_else_is() {
        let text = "\
# client_secret = \"hunter2\"  # the old one
# private_key = \"\"\"
# -----BEGIN PRIVATE KEY-----
# hunter2
# -----END PRIVATE KEY-----
[sso] # the client
client_secret = 'hunter2' # tail
private_key = \"\"\"
-----BEGIN PRIVATE KEY-----
# hunter2
-----END PRIVATE KEY-----
\"\"\"
client_secrt = 'hunter2'
params = { login_hint = 'alice', client_secret = 'hunter2' }
[agent]
client_secret = { env = 'ACME' }
saml_assertion = { fil = 'hunter2' }
[idp]
token_endpoint = 'https://x.example/token'
[api]
headers = { Authorization = ['Bearer hunter2'], accept = 'x' }
[step.id-jag.params]
subject_token = 'hunter2'
requested_token_type = 'urn:x'
[network]
proxy = 'http://me:hunter2@proxy:1'
";
        let shown = masked(text);
        assert!(!shown.contains("hunter2"), "{shown}");
        for kept in [
            "# the old one",
            "# tail",
            "# the client",
            "'alice'",
            "env = 'ACME'",
            "https://x.example/token",
            "accept = 'x'",
            "'urn:x'",
            "‹sso.client_secret›",
            "proxy:1",
        ] {
            assert!(shown.contains(kept), "{kept} in {shown}");
        }
    }
}
