//! The text of a profile, changed one key at a time: comments, order and every other line stay as they are.

use std::fmt;

use serde_json::Value as Json;
use toml_edit::{Array, Document, InlineTable, Item, Value};

use super::{
    FieldValue, Problem, Profile, SecretSource, StepPart,
    fields::{self, FieldPath},
    load::load,
    mask, splice,
};

/// A profile's text: the truth of which [`Profile`] is the reading.
#[derive(Clone, Eq, PartialEq)]
pub struct ProfileDoc {
    text: String,
}

/// Prints the text as it goes to the file, inline secrets included.
impl fmt::Display for ProfileDoc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Prints the text without its secrets.
impl fmt::Debug for ProfileDoc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl ProfileDoc {
    /// Takes a text that is TOML; what the keys mean is the work of [`load`].
    ///
    /// # Errors
    ///
    /// The mistake, with its line, when it is none.
    pub fn parse(text: impl Into<String>) -> Result<Self, Problem> {
        let text = text.into();
        match Document::parse(text.as_str()) {
            Ok(_) => Ok(Self { text }),
            Err(error) => Err(Problem::syntax(&text, &error)),
        }
    }

    /// Returns the text as it goes to the file, inline secrets included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the text with every secret in it masked, for showing.
    pub fn masked(&self) -> String {
        mask::masked(&self.text)
    }

    /// Reads the typed profile.
    pub fn load(&self, name: &str) -> (Profile, Vec<Problem>) {
        load(name, &self.text)
    }

    /// Returns what a form shows of a field that the file has; of a secret its source, never its text.
    pub fn get(&self, field: FieldPath) -> Option<String> {
        let (profile, _) = self.load("");
        profile.own(field).map(|_| profile.shown(field))
    }

    /// Sets a field: only its own line changes, and a line or table that is missing comes to its usual place.
    ///
    /// # Errors
    ///
    /// A problem when the text has something else where the field's table should be; the text is then as before.
    pub fn set(&mut self, field: FieldPath, value: &FieldValue) -> Result<(), Problem> {
        let as_list = self.is_list(field);
        self.put(&segments(field), &toml(value, as_list))?;
        Ok(())
    }

    /// Takes a field away, with its line.
    pub fn unset(&mut self, field: FieldPath) {
        if let Ok(text) = splice::unset(&self.text, &segments(field)) {
            self.text = text;
        }
    }

    /// Sets one entry of `[step.ID]`.
    ///
    /// # Errors
    ///
    /// As [`ProfileDoc::set`], and when a claim is null, which TOML cannot say.
    pub fn set_step(
        &mut self,
        step: &str,
        part: StepPart,
        key: &str,
        value: impl Into<Json>,
    ) -> Result<(), Problem> {
        let path = ["step", step, part.key(), key];
        let Some(value) = toml_from_json(&value.into()) else {
            return Err(Problem {
                path: Some(path.join(".")),
                ..Problem::fatal("TOML cannot say null, nor a whole number beyond 64 bits.")
            });
        };
        self.put(&path, &value)
    }

    /// Takes one entry of `[step.ID]` away.
    pub fn unset_step(&mut self, step: &str, part: StepPart, key: &str) {
        if let Ok(text) = splice::unset(&self.text, &["step", step, part.key(), key]) {
            self.text = text;
        }
    }

    fn put(&mut self, path: &[&str], value: &Value) -> Result<(), Problem> {
        let text =
            splice::set(&self.text, path, value, &rank).map_err(|refusal| match refusal {
                splice::Refusal::Syntax(error) => Problem::syntax(&self.text, &error),
                splice::Refusal::NoTable(place) => Problem {
                    hint: Some("Change that in the file first.".to_owned()),
                    path: Some(place.clone()),
                    ..Problem::fatal(format!(
                        "`{}` cannot be set, because `{place}` is not a table in this file.",
                        path.join(".")
                    ))
                },
            })?;
        // The spans are another crate's word: what cannot be read back is not taken.
        *self = Self::parse(text)?;
        Ok(())
    }

    fn is_list(&self, field: FieldPath) -> bool {
        let Ok(document) = Document::parse(self.text.as_str()) else {
            return false;
        };
        let mut item: Option<&Item> = Some(document.as_item());
        for key in segments(field) {
            item = item.and_then(|item| item.get(key));
        }
        item.is_some_and(Item::is_array)
    }
}

fn segments(field: FieldPath) -> Vec<&'static str> {
    field.0.split('.').collect()
}

/// Orders tables among themselves and keys inside a table.
fn rank(path: &[&str]) -> usize {
    let known = match path {
        [] => None,
        [table, ..] if path.len() == 1 && fields::TABLES.contains(table) => {
            // A table comes after every key of the top level.
            let at = fields::TABLES.iter().position(|known| known == table);
            at.map(|at| fields::FIELDS.len() + at)
        }
        ["step", ..] => return rank(&["step"]),
        [table, _, _, ..] => return rank(&[table]),
        _ => FieldPath::find(&path.join(".")).map(FieldPath::rank),
    };
    known.unwrap_or(usize::MAX)
}

fn toml(value: &FieldValue, as_list: bool) -> Value {
    match value {
        FieldValue::Text(text) => Value::from(text),
        FieldValue::Flag(flag) => Value::from(*flag),
        FieldValue::Number(number) => Value::from(*number),
        FieldValue::List(items) => match items.as_slice() {
            [item] if !as_list => Value::from(item),
            items => Value::Array(items.iter().collect::<Array>()),
        },
        FieldValue::Map(pairs) => Value::InlineTable(toml_pairs(pairs)),
        FieldValue::Secret(source) => {
            let (key, text) = match source {
                SecretSource::Inline(secret) => return Value::from(secret.reveal()),
                SecretSource::Env(name) => ("env", name),
                SecretSource::File(path) => ("file", path),
                SecretSource::Cmd(command) => ("cmd", command),
            };
            let mut table = InlineTable::new();
            table.insert(key, text.into());
            Value::InlineTable(table)
        }
    }
}

/// A name that comes several times is written once, with a list.
fn toml_pairs(pairs: &[(String, String)]) -> InlineTable {
    let mut table = InlineTable::new();
    for (name, _) in pairs {
        let mut texts: Vec<&String> = pairs
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, text)| text)
            .collect();
        let value = match texts.len() {
            1 => texts.pop().map(Value::from),
            _ => Some(Value::Array(texts.into_iter().collect())),
        };
        if let Some(value) = value {
            table.insert(name, value);
        }
    }
    table
}

fn toml_from_json(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            None if number.is_f64() => Value::from(number.as_f64()?),
            None => return None,
        },
        Json::String(text) => Value::from(text),
        Json::Array(items) => Value::Array(
            items
                .iter()
                .map(toml_from_json)
                .collect::<Option<Array>>()?,
        ),
        Json::Object(members) => {
            let mut table = InlineTable::new();
            for (name, member) in members {
                table.insert(name, toml_from_json(member)?);
            }
            Value::InlineTable(table)
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::secret::Secret;

    fn doc(text: &str) -> ProfileDoc {
        ProfileDoc::parse(text).unwrap()
    }

    fn text(text: &str) -> FieldValue {
        FieldValue::Text(text.to_owned())
    }

    fn after(before: &str, field: FieldPath, value: &FieldValue) -> String {
        let mut doc = doc(before);
        doc.set(field, value).unwrap();
        doc.to_string()
    }

    #[test]
    fn a_value_is_replaced_and_its_comment_stays() {
        assert_eq!(
            after(
                "# top\n[sso] # here\n  client_id   =  'old'   # why\r\nkid = 'k'",
                fields::SSO_CLIENT_ID,
                &text("new")
            ),
            "# top\n[sso] # here\n  client_id   =  \"new\"   # why\r\nkid = 'k'"
        );
    }

    #[test]
    fn an_equal_value_stays_as_it_was_written() {
        let before =
            "[sso]\nclient_id = 'old'\nprivate_key = {file='a.pem'}\nredirect_uri = [ 'a' ,'b' ]\n";
        let mut doc = doc(before);
        let (profile, _) = doc.load("x");
        for field in [
            fields::SSO_CLIENT_ID,
            fields::SSO_PRIVATE_KEY,
            fields::SSO_REDIRECT_URI,
        ] {
            doc.set(field, &profile.own(field).unwrap().clone())
                .unwrap();
        }
        assert_eq!(doc.to_string(), before);
    }

    #[test]
    fn a_new_key_comes_to_its_usual_place() {
        assert_eq!(
            after(
                "[sso]\n# the id\nclient_id = 'a' # x\n\n# what for\nscope = 's'\n\n[api]\n",
                fields::SSO_AUTH,
                &text("none")
            ),
            "[sso]\n# the id\nclient_id = 'a' # x\nauth = \"none\"\n\n# what for\nscope = 's'\n\n[api]\n"
        );
        assert_eq!(
            after("[sso]\nscope = 's'", fields::SSO_CLIENT_ID, &text("a")),
            "[sso]\nclient_id = \"a\"\nscope = 's'"
        );
        assert_eq!(
            after(
                "[sso]\n# client_id = \"…\"  # ours\nscope = 's'\n",
                fields::SSO_CLIENT_ID,
                &text("a")
            ),
            "[sso]\n# client_id = \"…\"  # ours\nclient_id = \"a\"\nscope = 's'\n"
        );
    }

    #[test]
    fn a_new_table_comes_to_its_usual_place() {
        assert_eq!(
            after(
                "# mine\nformat = 1\n\n# who\n[idp]\n\n# the api\n[api]\nurl = 'http://x'\n",
                fields::SSO_CLIENT_ID,
                &text("a")
            ),
            "# mine\nformat = 1\n\n# who\n[idp]\n\n[sso]\nclient_id = \"a\"\n\n# the api\n[api]\nurl = 'http://x'\n"
        );
        assert_eq!(
            after("[idp]\nvendor = 'okta'", fields::NETWORK_PROXY, &text("p")),
            "[idp]\nvendor = 'okta'\n\n[network]\nproxy = \"p\"\n"
        );
        assert_eq!(
            after("", fields::SSO_KID, &text("k")),
            "[sso]\nkid = \"k\"\n"
        );
        assert_eq!(
            after("[sso.params]\na = 'b'\n", fields::SSO_KID, &text("k")),
            "[sso]\nkid = \"k\"\n\n[sso.params]\na = 'b'\n"
        );
    }

    #[test]
    fn a_new_key_of_the_top_level_stays_above_the_tables() {
        assert_eq!(
            after("# t\n\n# i\n[idp]\n", fields::TITLE, &text("x")),
            "# t\n\ntitle = \"x\"\n\n# i\n[idp]\n"
        );
        assert_eq!(
            after(
                "# t\nflow = 'xaa'\n[idp]\n",
                fields::FORMAT,
                &FieldValue::Number(1)
            ),
            "# t\nflow = 'xaa'\nformat = 1\n[idp]\n"
        );
        assert_eq!(
            after("flow = 'xaa'\n", fields::TITLE, &text("x")),
            "title = \"x\"\nflow = 'xaa'\n"
        );
        assert_eq!(after("", fields::TITLE, &text("x")), "title = \"x\"\n");
    }

    #[test]
    fn dotted_and_inline_tables_are_kept() {
        assert_eq!(
            after(
                "sso.client_id = 'a' # x\nlab = true\n",
                fields::SSO_KID,
                &text("k")
            ),
            "sso.client_id = 'a' # x\nsso.kid = \"k\"\nlab = true\n"
        );
        assert_eq!(
            after(
                "sso = { client_id = 'a', kid = 'b' } # x\n",
                fields::SSO_CLIENT_ID,
                &text("k")
            ),
            "sso = { client_id = \"k\", kid = 'b' } # x\n"
        );
        assert_eq!(
            after(
                "sso = { client_id = 'a' } # x\n",
                fields::SSO_KID,
                &text("k")
            ),
            "sso = { client_id = 'a', kid = \"k\" } # x\n"
        );
    }

    #[test]
    fn maps_keep_the_way_they_are_written() {
        let value = FieldValue::Map(vec![
            ("a".to_owned(), "1".to_owned()),
            ("b".to_owned(), "2".to_owned()),
            ("b".to_owned(), "3".to_owned()),
        ]);
        assert_eq!(
            after(
                "[sso.params] # p\na = '1' # one\nc = 'x'\n[api]\n",
                fields::SSO_PARAMS,
                &value
            ),
            "[sso.params] # p\na = '1' # one\nb = [\"2\", \"3\"]\n[api]\n"
        );
        assert_eq!(
            after(
                "[sso]\nparams = { a = '0', c = 'x' } # p\n",
                fields::SSO_PARAMS,
                &value
            ),
            "[sso]\nparams = { a = \"1\", b = [\"2\", \"3\"] } # p\n"
        );
    }

    #[test]
    fn a_secret_changes_its_source_whatever_form_it_had() {
        let env = FieldValue::Secret(SecretSource::Env("E".to_owned()));
        assert_eq!(
            after(
                "[sso]\nclient_secret = 'x' # s\n",
                fields::SSO_CLIENT_SECRET,
                &env
            ),
            "[sso]\nclient_secret = { env = \"E\" } # s\n"
        );
        assert_eq!(
            after(
                "[sso]\nclient_secret = { file = 'x' } # s\n",
                fields::SSO_CLIENT_SECRET,
                &env
            ),
            "[sso]\nclient_secret = { env = \"E\" } # s\n"
        );
        assert_eq!(
            after(
                "[sso.client_secret]\nfile = 'x'\n[api]\n",
                fields::SSO_CLIENT_SECRET,
                &env
            ),
            "[sso.client_secret]\nenv = \"E\"\n[api]\n"
        );
        let inline = FieldValue::Secret(SecretSource::Inline(Secret::typed("x", "hunter2")));
        let changed = after(
            "[sso.client_secret]\nfile = 'x'\n[api]\n",
            fields::SSO_CLIENT_SECRET,
            &inline,
        );
        assert_eq!(changed, "[sso]\nclient_secret = \"hunter2\"\n\n[api]\n");
        assert!(!format!("{:?}", doc(&changed)).contains("hunter2"));
        assert_eq!(
            doc(&changed).get(fields::SSO_CLIENT_SECRET).as_deref(),
            Some("set (inline)")
        );
    }

    #[test]
    fn steps_are_set_one_entry_at_a_time() {
        let mut doc = doc("[api]\nurl = 'http://x'\n\n[network]\nproxy = ''\n");
        doc.set_step("id-jag", StepPart::Params, "audience", "x")
            .unwrap();
        doc.set_step("id-jag", StepPart::Params, "scope", "y")
            .unwrap();
        doc.set_step(
            "id-jag",
            StepPart::Claims,
            "aud",
            serde_json::json!(["a", 1, true]),
        )
        .unwrap();
        doc.set_step("jwt-bearer", StepPart::Headers, "x-y", "z")
            .unwrap();
        let all = "[api]\nurl = 'http://x'\n\n[step.id-jag]\nparams = { audience = \"x\", scope = \"y\" }\nclaims = { aud = [\"a\", 1, true] }\n\n[step.jwt-bearer]\nheaders = { x-y = \"z\" }\n\n[network]\nproxy = ''\n";
        assert_eq!(doc.to_string(), all);
        assert_eq!(doc.load("x").1, []);
        let before = doc.clone();
        assert!(
            doc.set_step("id-jag", StepPart::Claims, "aud", Json::Null)
                .is_err()
        );
        assert_eq!(doc, before);
        doc.unset_step("id-jag", StepPart::Params, "audience");
        assert!(doc.text().contains("params = { scope = \"y\" }\n"), "{doc}");
    }

    #[test]
    fn unset_takes_the_line_and_nothing_else() {
        let mut doc = doc(
            "[sso]\n# a\nclient_id = \"\"\"\nx\n\"\"\" # x\n# b\nkid = 'k'\n[sso.params]\na = '1'\n[api]\n",
        );
        doc.unset(fields::SSO_CLIENT_ID);
        doc.unset(fields::SSO_SCOPE);
        assert_eq!(
            doc.to_string(),
            "[sso]\n# a\n# b\nkid = 'k'\n[sso.params]\na = '1'\n[api]\n"
        );
        doc.unset(fields::SSO_PARAMS);
        assert_eq!(doc.to_string(), "[sso]\n# a\n# b\nkid = 'k'\n[api]\n");
        let mut inline = super::tests::doc("sso = { client_id = 'a', kid = 'b' }\n");
        inline.unset(fields::SSO_KID);
        assert_eq!(inline.to_string(), "sso = { client_id = 'a' }\n");
    }

    #[test]
    fn what_is_not_a_table_is_refused_and_left() {
        for before in ["sso = 3\n", "[[sso]]\nkid = 'a'\n"] {
            let mut doc = doc(before);
            let problem = doc.set(fields::SSO_KID, &text("k")).unwrap_err();
            assert_eq!(
                problem.to_string(),
                "`sso.kid` cannot be set, because `sso` is not a table in this file. Change that in the file first."
            );
            assert_eq!(doc.to_string(), before);
        }
    }

    const FILES: &[&str] = &[
        "",
        "# only a comment",
        "format = 1\n",
        include_str!("../../profiles/lab.toml"),
        include_str!("../../profiles/delegation.toml"),
        include_str!("../../profiles/instance-assertion.toml"),
        include_str!("../../profiles/actor-profile.toml"),
        include_str!("../../profiles/mcp.toml"),
        include_str!("../../profiles/assertion-exchange.toml"),
        include_str!("../../profiles/peer.toml"),
        include_str!("../../profiles/generic.toml"),
        "\u{feff}# with a mark\ntitle = 'x'\n\n[sso]\nclient_id = 'a'\n",
        "title = 'x'\r\n\r\n# c\r\n[sso] # d\r\nclient_id = 'a'   # e\r\n[network]\r\n",
        "sso.client_id = 'a'\nsso.params.x = '1'\nidp = { issuer = 'https://x' }\n[api.headers]\n# h\naccept = 'y'\n",
        "[zzz]\nkeep = [\n  1, # one\n]\n[sso]\nredirect_uri = [\n  'a', # first\n  'b', # second\n]\nprivate_key = '''\n# not a comment\n[no.header]\n'''\n",
        "[sso.params]\na = 'b'\n[sso]\nkid = 'k'\n[agent]\nclient_secret = { file = 'x' }\n[agent.private_key]\nenv = 'E'\n",
    ];

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]{0,8}",
            r#"["'\\#=\[\]{}, \t\n\r€é☃a-c]{0,12}"#,
            any::<String>(),
            Just("'''\n\"\"\"".to_owned()),
            Just("\u{0}\u{1b}\u{7f}\u{feff}".to_owned()),
        ]
    }

    fn any_value(kind: fields::Kind) -> BoxedStrategy<FieldValue> {
        use fields::Kind;
        match kind {
            Kind::Url => "[a-z]{1,9}"
                .prop_map(|host| text(&format!("https://{host}.example")))
                .boxed(),
            Kind::Choice(words) => prop::sample::select(words).prop_map(text).boxed(),
            Kind::Text | Kind::LongText => any_text().prop_map(FieldValue::Text).boxed(),
            Kind::Flag => any::<bool>().prop_map(FieldValue::Flag).boxed(),
            Kind::Number => any::<i64>().prop_map(FieldValue::Number).boxed(),
            Kind::List => prop::collection::vec(any_text(), 0..4)
                .prop_map(FieldValue::List)
                .boxed(),
            Kind::Map => prop::collection::btree_map(any_text(), any_text(), 0..4)
                .prop_map(|map| FieldValue::Map(map.into_iter().collect()))
                .boxed(),
            Kind::Secret => (0..4, any_text())
                .prop_map(|(form, text)| {
                    FieldValue::Secret(match form {
                        0 => SecretSource::Env(text),
                        1 => SecretSource::File(text),
                        2 => SecretSource::Cmd(text),
                        _ => SecretSource::Inline(Secret::typed("x", text)),
                    })
                })
                .boxed(),
        }
    }

    fn any_change() -> impl Strategy<Value = (&'static str, FieldPath, FieldValue)> {
        (
            prop::sample::select(FILES),
            prop::sample::select(fields::FIELDS),
        )
            .prop_flat_map(|(file, field)| (Just(file), Just(field.path), any_value(field.kind)))
    }

    /// Compares values as the file can tell them apart: a table has no order and a secret no name.
    fn normal(value: Option<&FieldValue>) -> Option<FieldValue> {
        match value? {
            FieldValue::Map(pairs) if pairs.is_empty() => None,
            FieldValue::Map(pairs) => {
                let mut pairs = pairs.clone();
                pairs.sort();
                Some(FieldValue::Map(pairs))
            }
            FieldValue::Secret(SecretSource::Inline(secret)) => {
                Some(FieldValue::Secret(SecretSource::Inline(secret.named("x"))))
            }
            value => Some(value.clone()),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Setting a field gives the value back on reading, and leaves every other line byte for byte.
        #[test]
        fn a_set_changes_only_its_own_line((before, field, value) in any_change()) {
            let mut changed = doc(before);
            changed.set(field, &value).unwrap();
            let (profile, _) = changed.load("x");
            let (old, _) = load("x", before);
            prop_assert_eq!(normal(profile.own(field)), normal(Some(&value)), "{}", changed);
            for other in fields::FIELDS.iter().map(|field| field.path).filter(|other| *other != field) {
                prop_assert_eq!(profile.own(other), old.own(other), "{} in {}", other, changed);
            }
            // The old lines are all there, in order, but for those that held the old value.
            let mut cleared = doc(before);
            cleared.unset(field);
            let mut new_lines = changed.text().lines();
            for line in cleared.text().lines() {
                let is_table = ["sso = {", "idp = {"].iter().any(|start| line.starts_with(start));
                prop_assert!(is_table || new_lines.any(|new| new == line), "{line:?} is lost in {changed}");
            }
            for comment in before.lines().filter_map(|line| line.split_once("# ")) {
                prop_assert!(changed.text().contains(comment.1) || field == fields::SSO_REDIRECT_URI || field == fields::SSO_PRIVATE_KEY, "{}", changed);
            }
            // Setting it again changes nothing, and taking it away leaves the other fields.
            let mut again = changed.clone();
            again.set(field, &value).unwrap();
            prop_assert_eq!(&again, &changed);
            again.unset(field);
            let (gone, _) = again.load("x");
            prop_assert_eq!(gone.own(field), None);
        }

        /// No text makes reading or masking panic, and what is read is never shown with its secrets.
        #[test]
        fn reading_never_panics(text in any_text(), at in any::<prop::sample::Index>(), file in prop::sample::select(FILES)) {
            let ends: Vec<usize> = (0..=file.len()).filter(|end| file.is_char_boundary(*end)).collect();
            let broken = format!("{}{text}", &file[..ends[at.index(ends.len())]]);
            let (profile, problems) = load("x", &broken);
            let _ = format!("{profile:?} {problems:?}");
            let _ = mask::masked(&broken);
        }
    }
}
