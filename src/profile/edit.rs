//! Text that a person typed, read by the field's kind; and what a form shows of a value.

use std::time::Duration;

use super::{
    FieldValue, Profile, SecretSource, StepPart,
    fields::{self, FieldPath, Kind},
    suggest,
};
use crate::protocol::secret::Secret;

impl Profile {
    /// Sets a field to what a person typed; an empty text takes the field back.
    ///
    /// Lists are split at line ends, else at commas; maps are lines of `name=value`; secrets are `env:NAME`,
    /// `file:PATH`, `cmd:COMMAND` or the text itself.
    ///
    /// # Errors
    ///
    /// One sentence that says what was expected and what came. It never repeats a secret.
    pub fn edit(&mut self, field: FieldPath, text: &str) -> Result<(), String> {
        match typed(field, text)? {
            Some(value) => self.set(field, value),
            None => self.unset(field),
        }
        Ok(())
    }

    /// Sets whatever a path names: a field, one entry of a map (`sso.params.login_hint`), or one of a step
    /// (`step.id-jag.params.audience`; claims take JSON where the text is some).
    ///
    /// # Errors
    ///
    /// As [`Profile::edit`]; a path that nothing has is named with the nearest one.
    pub fn edit_at(&mut self, path: &str, text: &str) -> Result<(), String> {
        if let Some(field) = FieldPath::find(path) {
            return self.edit(field, text);
        }
        if let Some(rest) = path.strip_prefix("step.") {
            return self.edit_step(path, rest, text);
        }
        let entry = fields::FIELDS.iter().find_map(|field| {
            let key = path.strip_prefix(field.path.0)?.strip_prefix('.')?;
            (field.kind == Kind::Map && !key.is_empty()).then_some((field.path, key))
        });
        let Some((field, key)) = entry else {
            return FieldPath::parse(path).map(|_| ());
        };
        let mut pairs = match self.own(field) {
            Some(FieldValue::Map(pairs)) => pairs.clone(),
            _ => Vec::new(),
        };
        match pairs.iter_mut().find(|(name, _)| name == key) {
            Some((_, value)) => text.clone_into(value),
            None => pairs.push((key.to_owned(), text.to_owned())),
        }
        self.set(field, FieldValue::Map(pairs));
        Ok(())
    }

    fn edit_step(&mut self, path: &str, rest: &str, text: &str) -> Result<(), String> {
        let mut parts = rest.splitn(3, '.');
        let (Some(id), Some(part), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(format!(
                "`{path}` names no entry of a step; expected `step.ID.params.NAME`, `step.ID.headers.NAME` or `step.ID.claims.NAME`."
            ));
        };
        if !fields::is_step(id) {
            let hint = did_you_mean(suggest::nearest(id, fields::STEP_IDS.iter().copied()));
            return Err(format!("No flow has a step `{id}`.{hint}"));
        }
        let Some(part) = StepPart::find(part) else {
            return Err(format!(
                "A step has params, headers and claims, but no `{part}`."
            ));
        };
        let value: serde_json::Value = match part {
            StepPart::Claims => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            StepPart::Params | StepPart::Headers => text.into(),
        };
        self.step_mut(id).set(part, key, value);
        Ok(())
    }

    /// Returns what a form shows of a field's own value: of a secret its source, never its text.
    ///
    /// What it returns for anything but a secret, [`Profile::edit`] reads back.
    pub fn shown(&self, field: FieldPath) -> String {
        self.own(field).map(shown).unwrap_or_default()
    }

    /// Returns what a form shows of the value in force, inherited or by default.
    pub fn shown_effective(&self, field: FieldPath) -> String {
        match self.source(field) {
            Some((_, value)) => shown(value),
            None => self.text(field).unwrap_or_default().to_owned(),
        }
    }
}

/// Reads what a person typed into a field; `None` when that is nothing.
pub(super) fn typed(field: FieldPath, text: &str) -> Result<Option<FieldValue>, String> {
    let kind = field.field().kind;
    let trimmed = text.trim();
    // A body of blanks is a body; anywhere else blanks are nothing.
    if text.is_empty() || trimmed.is_empty() && kind != Kind::LongText {
        return Ok(None);
    }
    Ok(Some(match kind {
        Kind::Url | Kind::Text | Kind::Choice(_) => {
            FieldValue::Text(checked(field, trimmed).map(str::to_owned)?)
        }
        Kind::LongText => FieldValue::Text(text.to_owned()),
        Kind::Secret => FieldValue::Secret(secret(field, text.trim_matches(['\r', '\n']))?),
        Kind::Flag => FieldValue::Flag(flag(field, trimmed)?),
        Kind::Number => FieldValue::Number(
            trimmed
                .parse()
                .map_err(|_| format!("{field} is a whole number; `{trimmed}` is not."))?,
        ),
        Kind::List => FieldValue::List(list(text)),
        Kind::Map => FieldValue::Map(map(field, text)?),
    }))
}

/// Checks a text against what its field can mean; an empty one means nothing and is always fine.
pub(super) fn checked(field: FieldPath, text: &str) -> Result<&str, String> {
    match field.field().kind {
        _ if text.is_empty() => {}
        Kind::Url => {
            address(text).map_err(|why| {
                format!(
                    "{field} is an address such as `{}`; {why}.",
                    field.field().example
                )
            })?;
        }
        Kind::Choice(words) if !words.contains(&text) => {
            let hint = did_you_mean(suggest::nearest(text, words.iter().copied()));
            return Err(format!(
                "{field} is one of {}; `{text}` is none of them.{hint}",
                words.join(", ")
            ));
        }
        _ if field == fields::NETWORK_TIMEOUT && duration(text).is_none() => {
            return Err(format!(
                "{field} is a time such as `30s`, `500ms` or `2m`; `{text}` is not."
            ));
        }
        _ => {}
    }
    Ok(text)
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!(" Did you mean `{near}`?"))
}

fn address(text: &str) -> Result<(), String> {
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        Ok(url) => Err(format!(
            "`{text}` has the scheme `{}`, not https",
            url.scheme()
        )),
        Err(url::ParseError::RelativeUrlWithoutBase) => Err(format!("`{text}` lacks `https://`")),
        Err(error) => Err(format!("`{text}` is none ({error})")),
    }
}

/// Reads `30s`, `500ms`, `2m`, or plain seconds.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits.parse().ok()?;
    match text[digits.len()..].trim() {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => Some(Duration::from_secs(number)),
        "m" | "min" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
    .filter(|span| !span.is_zero())
}

fn flag(field: FieldPath, text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(format!("{field} is true or false; `{text}` is neither.")),
    }
}

fn secret(field: FieldPath, text: &str) -> Result<SecretSource, String> {
    if let Some(source) = SecretSource::parse(text) {
        return Ok(source);
    }
    match text {
        "env:" => Err(format!(
            "{field} lacks the name of a variable after `env:`."
        )),
        "file:" => Err(format!("{field} lacks a path after `file:`.")),
        "cmd:" => Err(format!("{field} lacks a command after `cmd:`.")),
        _ => Ok(SecretSource::Inline(Secret::typed(field.0, text))),
    }
}

fn list(text: &str) -> Vec<String> {
    let separator = if text.contains('\n') { '\n' } else { ',' };
    text.split(separator)
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

fn map(field: FieldPath, text: &str) -> Result<Vec<(String, String)>, String> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| match line.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                Ok((name.trim().to_owned(), value.trim().to_owned()))
            }
            _ => Err(format!(
                "{field} is lines of `name=value`; `{}` is not one.",
                line.trim()
            )),
        })
        .collect()
}

fn shown(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::Number(number) => number.to_string(),
        // A comma inside an item forces lines, and a final line end tells a lone item from two.
        FieldValue::List(items) if items.iter().any(|item| item.contains(',')) => {
            items.join("\n") + "\n"
        }
        FieldValue::List(items) => items.join(", "),
        FieldValue::Map(pairs) => pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("\n"),
        FieldValue::Secret(source) => source.shown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(field: FieldPath, text: &str) -> Result<Profile, String> {
        let mut profile = Profile::named("test");
        profile.edit(field, text).map(|()| profile)
    }

    #[test]
    fn every_example_is_accepted_and_read_back() {
        for field in fields::FIELDS {
            let profile = edited(field.path, field.example).unwrap();
            let shown = profile.shown(field.path);
            if field.kind == Kind::Secret {
                assert_eq!(shown, field.example.replacen(':', " ", 1));
            } else {
                assert_eq!(
                    edited(field.path, &shown).unwrap(),
                    profile,
                    "{}",
                    field.path
                );
            }
        }
    }

    #[test]
    fn mistakes_say_what_was_expected_and_what_came() {
        let says = |field, text| edited(field, text).unwrap_err();
        assert_eq!(
            says(fields::IDP_ISSUER, "acme.example"),
            "idp.issuer is an address such as `https://acme.okta.example`; `acme.example` lacks `https://`."
        );
        assert_eq!(
            says(fields::SSO_AUTH, "client-secret-basic"),
            "sso.auth is one of none, client_secret_basic, client_secret_post, private_key_jwt; `client-secret-basic` is none of them. Did you mean `client_secret_basic`?"
        );
        assert_eq!(
            says(fields::LAB, "perhaps"),
            "lab is true or false; `perhaps` is neither."
        );
        assert_eq!(
            says(fields::NETWORK_TIMEOUT, "soon"),
            "network.timeout is a time such as `30s`, `500ms` or `2m`; `soon` is not."
        );
        assert_eq!(
            says(fields::SSO_PARAMS, "login_hint"),
            "sso.params is lines of `name=value`; `login_hint` is not one."
        );
        assert_eq!(
            says(fields::SSO_CLIENT_SECRET, "env:"),
            "sso.client_secret lacks the name of a variable after `env:`."
        );
    }

    #[test]
    fn lists_split_at_lines_or_commas_and_pasted_line_ends_go() {
        let list = |text| {
            edited(fields::AGENT_RESOURCE, text)
                .unwrap()
                .list(fields::AGENT_RESOURCE)
        };
        assert_eq!(list("a, b"), ["a", "b"]);
        assert_eq!(list("a,1\nb"), ["a,1", "b"]);
        let lone = edited(fields::AGENT_RESOURCE, "a,1\n").unwrap();
        let again = edited(fields::AGENT_RESOURCE, &lone.shown(fields::AGENT_RESOURCE)).unwrap();
        assert_eq!(lone, again);
        let id = edited(fields::SSO_CLIENT_ID, " abc\n").unwrap();
        assert_eq!(id.text(fields::SSO_CLIENT_ID), Some("abc"));
    }

    #[test]
    fn an_empty_text_takes_a_field_back() {
        let mut profile = edited(fields::SSO_CLIENT_ID, "abc").unwrap();
        profile.edit(fields::SSO_CLIENT_ID, "").unwrap();
        assert_eq!(profile.own(fields::SSO_CLIENT_ID), None);
    }

    #[test]
    fn an_inline_secret_is_shown_as_set() {
        let profile = edited(fields::SSO_CLIENT_SECRET, "hunter2\n").unwrap();
        assert_eq!(profile.shown(fields::SSO_CLIENT_SECRET), "set (inline)");
        let Some((place, SecretSource::Inline(secret))) =
            profile.secret(fields::AGENT_CLIENT_SECRET)
        else {
            panic!("inherited and inline");
        };
        assert_eq!((place, secret.len()), (fields::SSO_CLIENT_SECRET, 7));
    }

    #[test]
    fn paths_reach_into_maps_and_steps() {
        let mut profile = Profile::named("test");
        profile.edit_at("sso.params.login_hint", "alice").unwrap();
        profile.edit_at("sso.params.login_hint", "bob").unwrap();
        profile.edit_at("step.id-jag.params.audience", "x").unwrap();
        profile.edit_at("step.id-jag.claims.exp", "0").unwrap();
        profile.edit_at("step.id-jag.claims.sub", "carol").unwrap();
        assert_eq!(
            profile.map(fields::SSO_PARAMS),
            [("login_hint".to_owned(), "bob".to_owned())]
        );
        let step = profile.step("id-jag");
        assert_eq!(step.params, [("audience".to_owned(), "x".to_owned())]);
        assert_eq!(
            serde_json::to_string(&step.claims).unwrap(),
            r#"{"exp":0,"sub":"carol"}"#
        );
        assert_eq!(
            profile.edit_at("step.id-jagg.params.a", "x").unwrap_err(),
            "No flow has a step `id-jagg`. Did you mean `id-jag`?"
        );
        assert_eq!(
            profile.edit_at("sso.client", "x").unwrap_err(),
            "A profile has no field `sso.client`. Did you mean `sso.client_id`?"
        );
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("7"), Some(Duration::from_secs(7)));
        assert_eq!(duration("0s"), None);
        assert_eq!(duration("1h"), None);
        assert_eq!(duration("-3s"), None);
    }
}
