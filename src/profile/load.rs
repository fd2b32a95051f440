//! Text to profile: whatever can be read is read, and every mistake is named with its line.

use std::fmt;

use serde_json::Value as Json;
use toml_edit::{Document, Item, Key, TableLike, TomlError, Value};

use super::{
    FieldValue, Profile, SecretSource, StepPart, blank, edit,
    fields::{self, FieldPath, Kind},
    suggest,
};
use crate::protocol::secret::Secret;

/// Something that is wrong, or worth saying, about a profile's text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, in characters from 1.
    pub column: Option<usize>,
    /// The field or table it is about.
    pub path: Option<String>,
    /// What is wrong, as a sentence.
    pub says: String,
    /// What to do, as a sentence.
    pub hint: Option<String>,
    /// Whether a run would not do what the file says: something could not be taken over.
    pub fatal: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: ")?,
            (Some(line), None) => write!(f, "line {line}: ")?,
            _ => {}
        }
        f.write_str(&self.says)?;
        match &self.hint {
            Some(hint) => write!(f, " {hint}"),
            None => Ok(()),
        }
    }
}

impl Problem {
    /// Makes a fatal problem that stands nowhere in particular.
    pub fn fatal(says: impl Into<String>) -> Self {
        Self {
            line: None,
            column: None,
            path: None,
            says: says.into(),
            hint: None,
            fatal: true,
        }
    }

    /// Names a mistake in the TOML itself.
    pub(crate) fn syntax(text: &str, error: &TomlError) -> Self {
        let mut message = error.message().trim().replace('\n', ", ");
        if let Some(first) = message.get(..1) {
            message.replace_range(..1, &first.to_uppercase());
        }
        Self::fatal(format!("{}.", message.trim_end_matches('.')))
            .at(text, error.span().map_or(text.len(), |span| span.start))
    }

    /// Says where in a text it stands.
    pub(crate) fn at(mut self, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        self.line = Some(before.matches('\n').count() + 1);
        self.column = Some(line.trim_start_matches('\u{feff}').chars().count() + 1);
        self
    }
}

/// Reads a profile; never fails as a whole. Problems come in the order of their lines.
pub fn load(name: &str, text: &str) -> (Profile, Vec<Problem>) {
    let mut reader = Reader {
        text,
        profile: Profile::named(name),
        problems: Vec::new(),
    };
    match Document::parse(text) {
        Ok(document) => reader.root(document.as_table()),
        Err(error) => reader.problems.push(Problem::syntax(text, &error)),
    }
    reader
        .problems
        .sort_by_key(|problem| (problem.line, problem.column));
    (reader.profile, reader.problems)
}

struct Reader<'a> {
    text: &'a str,
    profile: Profile,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn root(&mut self, root: &dyn TableLike) {
        for (key, item) in entries(root) {
            let name = key.get();
            if let Some(field) = FieldPath::find(name).filter(|field| field.table().is_empty()) {
                self.field(field, key, item);
            } else if fields::TABLES.contains(&name) {
                match item.as_table_like() {
                    Some(table) if name == "step" => self.steps(table),
                    Some(table) => self.table(name, table),
                    None => self.wrong(key, item, name, &format!("[{name}] is a table")),
                }
            } else {
                self.unknown_at_top(key);
            }
        }
        if let Some(format @ 2..) = self.profile.number(fields::FORMAT) {
            self.problems.push(Problem {
                path: Some("format".to_owned()),
                hint: Some("Use a newer jagwalk.".to_owned()),
                ..Problem::fatal(format!(
                    "This profile has format {format}; this jagwalk knows format 1."
                ))
            });
        }
    }

    fn table(&mut self, name: &str, table: &dyn TableLike) {
        for (key, item) in entries(table) {
            let path = format!("{name}.{}", key.get());
            if let Some(field) = FieldPath::find(&path) {
                self.field(field, key, item);
                continue;
            }
            let here = fields::FIELDS
                .iter()
                .filter(|field| field.path.table() == name)
                .map(|field| field.path.key());
            let hint = match suggest::nearest(key.get(), here) {
                Some(near) => Some(format!("Did you mean `{near}`?")),
                None => elsewhere(key.get()),
            };
            self.note(
                key,
                &path,
                format!("Unknown key `{}` in [{name}].", key.get()),
                hint,
            );
        }
    }

    fn unknown_at_top(&mut self, key: &Key) {
        let name = key.get();
        let known = fields::FIELDS
            .iter()
            .filter(|field| field.path.table().is_empty())
            .map(|field| field.path.0)
            .chain(fields::TABLES.iter().copied());
        let hint = elsewhere(name).or_else(|| {
            suggest::nearest(name, known).map(|near| format!("Did you mean `{near}`?"))
        });
        self.note(key, name, format!("Unknown key `{name}`."), hint);
    }

    fn steps(&mut self, steps: &dyn TableLike) {
        for (key, item) in entries(steps) {
            let id = key.get();
            let path = format!("step.{id}");
            if !fields::is_step(id) {
                let hint = suggest::nearest(id, fields::STEP_IDS.iter().copied())
                    .map(|near| format!("Did you mean `{near}`?"));
                self.note(key, &path, format!("No flow has a step `{id}`."), hint);
            }
            match item.as_table_like() {
                Some(table) => self.step(id, &path, table),
                None => self.wrong(key, item, &path, &format!("[{path}] is a table")),
            }
        }
    }

    fn step(&mut self, id: &str, path: &str, table: &dyn TableLike) {
        for (key, item) in entries(table) {
            let place = format!("{path}.{}", key.get());
            let Some(part) = StepPart::find(key.get()) else {
                let known = StepPart::ALL.map(StepPart::key);
                let hint = suggest::nearest(key.get(), known)
                    .map(|near| format!("Did you mean `{near}`?"));
                self.note(
                    key,
                    &place,
                    format!("Unknown key `{}` in [{path}].", key.get()),
                    hint,
                );
                continue;
            };
            let Some(inner) = item.as_table_like() else {
                self.wrong(key, item, &place, &format!("{place} is a table"));
                continue;
            };
            match part {
                StepPart::Params => {
                    let pairs = self.pairs(&place, inner);
                    self.profile.step_mut(id).params = pairs;
                }
                StepPart::Headers => {
                    let pairs = self.pairs(&place, inner);
                    self.profile.step_mut(id).headers = pairs;
                }
                StepPart::Claims => {
                    for (claim, item) in entries(inner) {
                        match json(item) {
                            Some(value) => {
                                self.profile.step_mut(id).set(part, claim.get(), value);
                            }
                            None => self.wrong(
                                claim,
                                item,
                                &format!("{place}.{}", claim.get()),
                                "A claim holds what JSON can say",
                            ),
                        }
                    }
                }
            }
        }
    }

    fn field(&mut self, field: FieldPath, key: &Key, item: &Item) {
        let value = match (field.field().kind, item) {
            (Kind::Secret, item) => self.secret(field, key, item),
            (Kind::Map, item) => item
                .as_table_like()
                .map(|table| FieldValue::Map(self.pairs(field.0, table))),
            (Kind::Flag, Item::Value(Value::Boolean(flag))) => {
                Some(FieldValue::Flag(*flag.value()))
            }
            (Kind::Number, Item::Value(Value::Integer(number))) => {
                Some(FieldValue::Number(*number.value()))
            }
            (Kind::List, Item::Value(Value::Array(items))) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
                .map(FieldValue::List),
            (
                Kind::Url | Kind::Text | Kind::LongText | Kind::Choice(_) | Kind::List,
                Item::Value(Value::String(text)),
            ) => {
                if !blank::blanks(text.value()).is_empty() && field.field().kind != Kind::LongText {
                    // A template's blank is no mistake; the profile keeps it as one.
                } else if let Err(says) = edit::checked(field, text.value()) {
                    self.fatal(key, item, field.0, says, None);
                    if matches!(field.field().kind, Kind::Choice(_)) {
                        return;
                    }
                }
                Some(FieldValue::Text(text.value().clone()))
            }
            _ => None,
        };
        match value {
            Some(value) => self.profile.set(field, value),
            None if field.field().kind == Kind::Secret => {}
            None => self.wrong(
                key,
                item,
                field.0,
                &format!("{field} is {}", expected(field)),
            ),
        }
    }

    /// Reads a secret's source; says itself what is wrong with it, and never the text.
    fn secret(&mut self, field: FieldPath, key: &Key, item: &Item) -> Option<FieldValue> {
        if let Some(text) = item.as_str() {
            if !text.is_empty() {
                self.note(
                    key,
                    field.0,
                    format!("{field} stands in the profile itself."),
                    Some(
                        r#"Safer is { env = "NAME" }, { file = "PATH" } or { cmd = "COMMAND" }."#
                            .to_owned(),
                    ),
                );
            }
            return Some(FieldValue::Secret(SecretSource::Inline(Secret::typed(
                field.0, text,
            ))));
        }
        let Some(table) = item.as_table_like() else {
            self.wrong(
                key,
                item,
                field.0,
                &format!("{field} is {}", expected(field)),
            );
            return None;
        };
        let known = ["env", "file", "cmd"];
        let mut sources = Vec::new();
        for (source, item) in entries(table) {
            let name = source.get();
            let place = format!("{}.{name}", field.0);
            match (name, item.as_str()) {
                ("env", Some(text)) => sources.push(SecretSource::Env(text.to_owned())),
                ("file", Some(text)) => sources.push(SecretSource::File(text.to_owned())),
                ("cmd", Some(text)) => sources.push(SecretSource::Cmd(text.to_owned())),
                ("env" | "file" | "cmd", None) => {
                    self.wrong(source, item, &place, &format!("{place} is text"));
                    return None;
                }
                _ => {
                    let hint =
                        suggest::nearest(name, known).map(|near| format!("Did you mean `{near}`?"));
                    let says =
                        format!("{field} comes from env, file or cmd; `{name}` is none of them.");
                    self.fatal(source, item, &place, says, hint);
                    return None;
                }
            }
        }
        if sources.len() == 1 {
            return sources.pop().map(FieldValue::Secret);
        }
        let says = format!(
            "{field} needs exactly one of env, file and cmd; {} came.",
            sources.len()
        );
        self.fatal(key, item, field.0, says, None);
        None
    }

    /// Reads names with a text each; a list of texts is the same name several times.
    fn pairs(&mut self, path: &str, table: &dyn TableLike) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (key, item) in entries(table) {
            let texts = match item {
                Item::Value(Value::Array(items)) => items.iter().map(plain).collect(),
                Item::Value(value) => plain(value).map(|text| vec![text]),
                _ => None,
            };
            if let Some(texts) = texts {
                pairs.extend(texts.into_iter().map(|text| (key.get().to_owned(), text)));
            } else {
                let place = format!("{path}.{}", key.get());
                let expects = format!("{place} is text or a list of texts");
                self.wrong(key, item, &place, &expects);
            }
        }
        pairs
    }

    fn note(&mut self, key: &Key, path: &str, says: String, hint: Option<String>) {
        let problem = Problem {
            path: Some(path.to_owned()),
            hint,
            fatal: false,
            ..Problem::fatal(says)
        };
        let problem = match key.span() {
            Some(span) => problem.at(self.text, span.start),
            None => problem,
        };
        self.problems.push(problem);
    }

    fn fatal(&mut self, key: &Key, item: &Item, path: &str, says: String, hint: Option<String>) {
        let problem = Problem {
            path: Some(path.to_owned()),
            hint,
            ..Problem::fatal(says)
        };
        // A table's span may be missing or elsewhere: its key is always there.
        let span = match item {
            Item::Value(value) => value.span().or_else(|| key.span()),
            _ => key.span(),
        };
        let problem = match span {
            Some(span) => problem.at(self.text, span.start),
            None => problem,
        };
        self.problems.push(problem);
    }

    /// Names a value of the wrong type.
    fn wrong(&mut self, key: &Key, item: &Item, path: &str, expects: &str) {
        let (came, hint) = came(item);
        let scope = path.ends_with("scope") && item.is_array();
        let hint = if scope {
            Some("Write scopes as one text, separated by spaces.")
        } else {
            hint.filter(|_| !expects.contains("table") && !expects.contains("number"))
        };
        self.fatal(
            key,
            item,
            path,
            format!("{expects}; {came} came."),
            hint.map(str::to_owned),
        );
    }
}

fn entries(table: &dyn TableLike) -> impl Iterator<Item = (&Key, &Item)> {
    table
        .iter()
        .filter_map(|(name, _)| table.get_key_value(name))
}

/// Says in which tables a key belongs that stands in the wrong one.
fn elsewhere(key: &str) -> Option<String> {
    let tables: Vec<_> = fields::FIELDS
        .iter()
        .filter(|field| !field.path.table().is_empty() && field.path.key() == key)
        .map(|field| format!("[{}]", field.path.table()))
        .collect();
    (!tables.is_empty()).then(|| format!("It belongs in {}.", tables.join(" or ")))
}

fn expected(field: FieldPath) -> String {
    match field.field().kind {
        Kind::Secret => r#"{ env = "NAME" }, { file = "PATH" } or { cmd = "COMMAND" }"#.to_owned(),
        Kind::List => "text or a list of texts".to_owned(),
        Kind::Map => r#"a table of texts such as { name = "text" }"#.to_owned(),
        Kind::Flag => "true or false".to_owned(),
        Kind::Number => "a whole number".to_owned(),
        Kind::Url => format!("an address such as \"{}\"", field.field().example),
        Kind::Choice(words) => format!("one of {}", words.join(", ")),
        Kind::Text | Kind::LongText => "text".to_owned(),
    }
}

fn came(item: &Item) -> (&'static str, Option<&'static str>) {
    const QUOTES: Option<&str> = Some("Put it in quotes.");
    match item {
        Item::Value(Value::String(_)) => ("text", None),
        Item::Value(Value::Integer(_)) => ("a whole number", QUOTES),
        Item::Value(Value::Float(_)) => ("a number", QUOTES),
        Item::Value(Value::Boolean(_)) => ("true or false", QUOTES),
        Item::Value(Value::Datetime(_)) => ("a date", QUOTES),
        Item::Value(Value::Array(_)) => ("a list", None),
        Item::Value(Value::InlineTable(_)) | Item::Table(_) => ("a table", None),
        Item::ArrayOfTables(_) => ("a list of tables", None),
        Item::None => ("nothing", None),
    }
}

/// Returns a parameter's text: numbers and flags go over the wire as they are written.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Float(number) => Some(number.value().to_string()),
        Value::Boolean(flag) => Some(flag.value().to_string()),
        Value::Datetime(date) => Some(date.value().to_string()),
        Value::Array(_) | Value::InlineTable(_) => None,
    }
}

fn json(item: &Item) -> Option<Json> {
    match item {
        Item::Value(value) => json_value(value),
        Item::Table(table) => json_table(table),
        Item::ArrayOfTables(tables) => tables
            .iter()
            .map(|table| json_table(table))
            .collect::<Option<Vec<_>>>()
            .map(Json::Array),
        Item::None => None,
    }
}

fn json_table(table: &dyn TableLike) -> Option<Json> {
    table
        .iter()
        .map(|(name, item)| Some((name.to_owned(), json(item)?)))
        .collect::<Option<serde_json::Map<_, _>>>()
        .map(Json::Object)
}

fn json_value(value: &Value) -> Option<Json> {
    match value {
        Value::Integer(number) => Some(Json::from(*number.value())),
        Value::Boolean(flag) => Some(Json::from(*flag.value())),
        Value::Float(number) => serde_json::Number::from_f64(*number.value()).map(Json::Number),
        Value::Array(items) => items
            .iter()
            .map(json_value)
            .collect::<Option<Vec<_>>>()
            .map(Json::Array),
        Value::InlineTable(table) => json_table(table),
        Value::String(_) | Value::Datetime(_) => plain(value).map(Json::String),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERIC: &str = include_str!("../../profiles/generic.toml");

    fn says(text: &str) -> Vec<String> {
        let (_, problems) = load("test", text);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_samples_have_no_problems() {
        for text in [
            include_str!("../../profiles/lab.toml"),
            include_str!("../../profiles/delegation.toml"),
            include_str!("../../profiles/instance-assertion.toml"),
            include_str!("../../profiles/actor-profile.toml"),
            include_str!("../../profiles/mcp.toml"),
            include_str!("../../profiles/assertion-exchange.toml"),
            include_str!("../../profiles/peer.toml"),
            GENERIC,
        ] {
            assert_eq!(says(text), [""; 0]);
        }
        let (lab, _) = load("lab", include_str!("../../profiles/lab.toml"));
        assert!(lab.flag(fields::LAB));
        assert_eq!(lab.text(fields::SSO_LOGIN), Some("follow"));
    }

    #[test]
    fn the_skeleton_shows_every_field_as_it_is_written() {
        let uncommented: String = GENERIC
            .split_inclusive('\n')
            .map(|line| match line.strip_prefix('#') {
                Some(example) if !example.starts_with([' ', '\n']) => example,
                _ => line,
            })
            .collect();
        let (profile, problems) = load("generic", &uncommented);
        assert_eq!(problems, []);
        for field in fields::FIELDS {
            assert!(profile.own(field.path).is_some(), "{}", field.path);
            let mut typed = Profile::named("generic");
            typed.edit(field.path, field.example).unwrap();
            assert_eq!(
                profile.own(field.path),
                typed.own(field.path),
                "{}: the example differs from the table",
                field.path
            );
        }
        assert!(!profile.step("id-jag").claims.is_empty());
    }

    #[test]
    fn unknown_keys_are_named_with_their_place_and_what_was_meant() {
        assert_eq!(
            says(
                "titel = 'x'\n[sso]\nclient-id = 'a'\n  expires = 2026-01-01\n[idp]\nscope = 'x'\n"
            ),
            [
                "line 1, column 1: Unknown key `titel`. Did you mean `title`?",
                "line 3, column 1: Unknown key `client-id` in [sso]. Did you mean `client_id`?",
                "line 4, column 3: Unknown key `expires` in [sso].",
                "line 6, column 1: Unknown key `scope` in [idp]. It belongs in [sso] or [agent] or [resource_as] or [tts].",
            ]
        );
        assert_eq!(
            says("client_id = 'a'\n[resource-as]\n"),
            [
                "line 1, column 1: Unknown key `client_id`. It belongs in [sso] or [agent] or [resource_as] or [actor_issuer].",
                "line 2, column 2: Unknown key `resource-as`. Did you mean `resource_as`?",
            ]
        );
        let (_, problems) = load("test", "titel = 'x'\n[sso]\nexpires = 1\n");
        assert!(problems.iter().all(|problem| !problem.fatal));
    }

    #[test]
    fn wrong_types_are_named_with_their_place() {
        assert_eq!(
            says(
                "lab = 'yes'\n[sso]\nkid = 12\nscope = ['openid', 'email']\nredirect_uri = [1]\nparams = 'x'\nauth = 'basic'\n"
            ),
            [
                "line 1, column 7: lab is true or false; text came.",
                "line 3, column 7: sso.kid is text; a whole number came. Put it in quotes.",
                "line 4, column 9: sso.scope is text; a list came. Write scopes as one text, separated by spaces.",
                "line 5, column 16: sso.redirect_uri is text or a list of texts; a list came.",
                r#"line 6, column 10: sso.params is a table of texts such as { name = "text" }; text came."#,
                "line 7, column 8: sso.auth is one of none, client_secret_basic, client_secret_post, private_key_jwt; `basic` is none of them.",
            ]
        );
        assert_eq!(
            says("sso = 3\n"),
            ["line 1, column 7: [sso] is a table; a whole number came."]
        );
        assert_eq!(
            says("[[sso]]\n"),
            ["line 1, column 3: [sso] is a table; a list of tables came."]
        );
        assert_eq!(says("[sso.client_id]\na = 1\n").len(), 1);
        assert_eq!(
            says("format = 2\n"),
            ["This profile has format 2; this jagwalk knows format 1. Use a newer jagwalk."]
        );
    }

    #[test]
    fn a_wrong_address_stays_and_a_wrong_choice_does_not() {
        let (profile, problems) = load("test", "flow = 'xxa'\n[idp]\nissuer = 'acme.example'\n");
        assert!(problems.iter().all(|problem| problem.fatal));
        assert_eq!(problems.len(), 2);
        assert_eq!(profile.text(fields::FLOW), Some("xaa"));
        assert_eq!(profile.text(fields::IDP_ISSUER), Some("acme.example"));
    }

    #[test]
    fn a_syntax_error_leaves_the_default_profile_and_its_place() {
        let (profile, problems) = load("test", "[idp]\nissuer = \"https://x\"\nvendor = okta\n");
        assert_eq!(profile, Profile::named("test"));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].fatal);
        assert_eq!(
            (problems[0].line, problems[0].column),
            (Some(3), Some(10)),
            "{}",
            problems[0]
        );
        let (_, twice) = load("test", "[sso]\nkid = 'é'\nkid = 'b'\n");
        assert_eq!(
            (twice[0].line, twice[0].column),
            (Some(3), Some(1)),
            "{}",
            twice[0]
        );
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(
            says("\u{feff}sso = { kid = 'äöü', alg = 'ES25' }\n"),
            [
                "line 1, column 28: sso.alg is one of ES256, ES384, RS256, RS384, RS512, PS256, PS384, PS512, EdDSA; `ES25` is none of them. Did you mean `ES256`?"
            ]
        );
    }

    #[test]
    fn secrets_come_from_one_place_and_are_never_repeated() {
        let text = "[sso]\nclient_secret = 'hunter2'\nprivate_key = { fiel = 'hunter2' }\n[agent]\nclient_secret = { env = 'hunter2', cmd = 'hunter2' }\nprivate_key = { }\n[resource_as]\nclient_secret = 7\nprivate_key = { env = 3 }\n";
        let (profile, problems) = load("test", text);
        let all: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            all,
            [
                r#"line 2, column 1: sso.client_secret stands in the profile itself. Safer is { env = "NAME" }, { file = "PATH" } or { cmd = "COMMAND" }."#,
                "line 3, column 24: sso.private_key comes from env, file or cmd; `fiel` is none of them. Did you mean `file`?",
                "line 5, column 17: agent.client_secret needs exactly one of env, file and cmd; 2 came.",
                "line 6, column 15: agent.private_key needs exactly one of env, file and cmd; 0 came.",
                r#"line 8, column 17: resource_as.client_secret is { env = "NAME" }, { file = "PATH" } or { cmd = "COMMAND" }; a whole number came. Put it in quotes."#,
                "line 9, column 23: resource_as.private_key.env is text; a whole number came. Put it in quotes.",
            ]
        );
        assert!(!problems[0].fatal);
        assert!(!format!("{problems:?} {profile:?}").contains("hunter2"));
    }

    #[test]
    fn steps_are_read_and_unknown_ones_named() {
        let text = "[step.id-jag]\nparams = { audience = ['a', 'b'], max_age = 0 }\n[step.id-jag.claims]\naud = ['x']\nadmin = true\nact = { sub = 'y' }\n[step.idjag]\nparam = {}\n[step.exchange-2.headers]\nx = 'y'\n";
        let (profile, problems) = load("test", text);
        let all: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            all,
            [
                "line 7, column 7: No flow has a step `idjag`. Did you mean `id-jag`?",
                "line 8, column 1: Unknown key `param` in [step.idjag]. Did you mean `params`?",
            ]
        );
        let step = profile.step("id-jag");
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(
            step.params,
            [
                pair("audience", "a"),
                pair("audience", "b"),
                pair("max_age", "0")
            ]
        );
        assert_eq!(
            serde_json::to_string(&step.claims).unwrap(),
            r#"{"aud":["x"],"admin":true,"act":{"sub":"y"}}"#
        );
        assert_eq!(profile.step("exchange-2").headers, [pair("x", "y")]);
        assert!(profile.step("authorize").is_empty());
    }

    #[test]
    fn tables_may_be_written_in_every_way_of_toml() {
        let (one, problems) = load("test", "sso.client_id = 'a'\nsso.params.x = 'y'\n");
        assert_eq!(problems, []);
        let (two, _) = load("test", "sso = { client_id = 'a', params = { x = 'y' } }\n");
        let (three, _) = load("test", "[sso.params]\nx = 'y'\n[sso]\nclient_id = 'a'\n");
        assert_eq!(one, two);
        assert_eq!(one, three);
    }
}
