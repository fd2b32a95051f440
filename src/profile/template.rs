//! Templates: what a vendor's tenants have in common, with blanks for what differs.

use super::{
    FieldPath, FieldValue, Kind, Problem, Profile, ProfileDoc, SecretSource, StepPart, blank,
    fields,
};

/// A profile to begin with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Template {
    /// Its name.
    pub name: &'static str,
    /// What it is for, as a sentence.
    pub about: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// All templates, the plainest first.
pub const TEMPLATES: &[Template] = &[
    Template {
        name: "generic",
        about: "Any OIDC provider: every key, commented.",
        text: include_str!("../../profiles/generic.toml"),
    },
    Template {
        name: "okta",
        about: "Okta: the org server mints, a custom server redeems, the agent has its own key.",
        text: include_str!("../../profiles/templates/okta.toml"),
    },
    Template {
        name: "auth0",
        about: "Auth0 redeems; another IdP mints.",
        text: include_str!("../../profiles/templates/auth0.toml"),
    },
    Template {
        name: "keycloak",
        about: "A Keycloak realm redeems; another IdP mints.",
        text: include_str!("../../profiles/templates/keycloak.toml"),
    },
    Template {
        name: "ping",
        about: "PingFederate 13.1, on either side.",
        text: include_str!("../../profiles/templates/ping.toml"),
    },
    Template {
        name: "xaa-dev",
        about: "xaa.dev, the public playground: only your client is missing.",
        text: include_str!("../../profiles/templates/xaa-dev.toml"),
    },
];

/// Finds a template by its name.
pub fn find(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}

impl ProfileDoc {
    /// Fills in a field (`idp.issuer`), an entry of a map or of a step, or a blank by its own name (`okta-domain`).
    ///
    /// What a value tells about a blank is filled in wherever that blank stands, so that the org's address is typed once.
    /// A host of this machine may come with `http://`, which then stands wherever the blank had `https://` before it.
    /// A secret takes `env:NAME`, `file:PATH` or `cmd:COMMAND`, never the secret itself.
    ///
    /// # Errors
    ///
    /// A sentence; the text is then as before.
    pub fn fill_in(&mut self, path: &str, text: &str) -> Result<(), String> {
        let says = |problem: Problem| problem.to_string();
        let (profile, _) = self.load("");
        if profile
            .blanks()
            .any(|(_, names)| names.contains(&path.to_owned()))
        {
            return self.replace_blanks(&[(path, text.to_owned())]);
        }
        if let Some(field) = FieldPath::find(path) {
            if field.field().kind == Kind::Secret && SecretSource::parse(text).is_none() {
                return Err(format!(
                    "{path} takes env:NAME, file:PATH or cmd:COMMAND. A secret is never taken from a plain argument, \
                     because other users of the machine can read those."
                ));
            }
            if let Some(pattern) = profile.pattern(field)
                && let Some(found) = blank::matched_here(&pattern, text)
            {
                return self.replace_blanks(&found);
            }
            let mut typed = Profile::named("");
            typed.edit(field, text)?;
            match typed.own(field) {
                Some(value) => self.set(field, value).map_err(says)?,
                None => self.unset(field),
            }
            return Ok(());
        }
        let mut typed = profile;
        typed.edit_at(path, text)?;
        if let Some(rest) = path.strip_prefix("step.") {
            let mut parts = rest.splitn(3, '.');
            let (Some(id), Some(part), Some(key)) = (
                parts.next(),
                parts.next().and_then(StepPart::find),
                parts.next(),
            ) else {
                return Err(format!("`{path}` names no entry of a step."));
            };
            let value = match part {
                StepPart::Claims => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
                StepPart::Params | StepPart::Headers => serde_json::Value::from(text),
            };
            return self.set_step(id, part, key, value).map_err(says);
        }
        let map = fields::FIELDS
            .iter()
            .find(|field| field.kind == Kind::Map && path.starts_with(&format!("{}.", field.path)));
        match map.and_then(|field| Some((field.path, typed.own(field.path)?))) {
            Some((field, value)) => self.set(field, value).map_err(says),
            None => Err(format!("A profile has no field `{path}`.")),
        }
    }

    fn replace_blanks(&mut self, found: &[(&str, String)]) -> Result<(), String> {
        let mut text = self.text().to_owned();
        for (name, value) in found {
            if value.is_empty() || value.contains(|c: char| c.is_control() || "\"\\<>".contains(c))
            {
                return Err(format!(
                    "`{}` cannot be filled in for <{name}>.",
                    value.escape_debug()
                ));
            }
            text = blank::put(&text, name, value)?;
        }
        let filled = Self::parse(text).map_err(|problem| problem.to_string())?;
        // What was wrong before may stay; nothing new may come.
        let (_, before) = self.load("");
        let (_, after) = filled.load("");
        if let Some(problem) = after.iter().find(|problem| problem.fatal)
            && !before.iter().any(|old| old.fatal)
        {
            return Err(problem.says.clone());
        }
        *self = filled;
        Ok(())
    }
}

impl Profile {
    /// Returns a field's text with its blanks, as `edit` would take it.
    fn pattern(&self, field: FieldPath) -> Option<String> {
        match self.unfilled(field)? {
            FieldValue::Text(text) => Some(text.clone()),
            FieldValue::Secret(SecretSource::Env(name)) => Some(format!("env:{name}")),
            FieldValue::Secret(SecretSource::File(path)) => Some(format!("file:{path}")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::load;

    fn doc(name: &str) -> ProfileDoc {
        ProfileDoc::parse(find(name).unwrap().text).unwrap()
    }

    #[test]
    fn every_template_loads_without_problems_and_names_its_source() {
        for template in TEMPLATES {
            let (profile, problems) = load(template.name, template.text);
            assert_eq!(problems, [], "{}", template.name);
            if template.name != "generic" {
                let head = template.text.replace("\n# ", " ");
                for part in [
                    " From ",
                    ", as read in November 2026",
                    "nothing here was tried",
                ] {
                    assert!(head.contains(part), "{}: {part}", template.name);
                }
                assert!(profile.blanks().count() > 0, "{}", template.name);
            }
        }
    }

    #[test]
    fn a_blank_says_nothing_and_inherits_nothing() {
        let (profile, _) = doc("okta").load("acme");
        assert_eq!(profile.text(fields::IDP_ISSUER), None);
        assert_eq!(profile.text(fields::AGENT_CLIENT_ID), None);
        assert_eq!(profile.text(fields::AGENT_AUDIENCE), None);
        assert_eq!(profile.secret(fields::AGENT_CLIENT_SECRET), None);
        assert!(!profile.has(fields::AGENT_PRIVATE_KEY));
        let mut typed = profile;
        typed.edit(fields::SSO_CLIENT_ID, "0oa1").unwrap();
        assert_eq!(typed.text(fields::SSO_CLIENT_ID), Some("0oa1"));
        assert_eq!(typed.text(fields::AGENT_CLIENT_ID), None);
        assert!(
            typed
                .blanks()
                .all(|(field, _)| field != fields::SSO_CLIENT_ID)
        );
    }

    #[test]
    fn one_address_fills_every_place_that_follows_from_it() {
        let mut doc = doc("okta");
        doc.fill_in("idp.issuer", "https://acme.okta.example")
            .unwrap();
        doc.fill_in("auth-server-id", "aus1").unwrap();
        doc.fill_in("agent.private_key", "file:agent.pem").unwrap();
        doc.fill_in("sso.client_secret", "cmd:pass show okta")
            .unwrap();
        doc.fill_in("sso.params.login_hint", "alice").unwrap();
        doc.fill_in("step.id-jag.params.x", "y").unwrap();
        let (profile, problems) = doc.load("acme");
        assert_eq!(problems, []);
        assert_eq!(
            profile.text(fields::AGENT_AUDIENCE),
            Some("https://acme.okta.example/oauth2/aus1")
        );
        let key = SecretSource::File("agent.pem".to_owned());
        assert_eq!(
            profile.secret(fields::RESOURCE_AS_PRIVATE_KEY).unwrap().1,
            &key
        );
        assert_eq!(
            profile.map(fields::SSO_PARAMS),
            [("login_hint".to_owned(), "alice".to_owned())]
        );
        assert_eq!(profile.step("id-jag").params.len(), 1);
        assert!(doc.text().contains("# the org server, not"));
    }

    #[test]
    fn a_template_is_pointed_at_this_machine_over_http() {
        for settings in [
            ["idp.issuer", "http://127.0.0.1:8080"],
            ["okta-domain", "http://127.0.0.1:8080"],
            ["resource_as.issuer", "http://127.0.0.1:8080/oauth2/aus1"],
        ] {
            let mut doc = doc("okta");
            let [path, value] = settings;
            doc.fill_in(path, value).unwrap();
            if path != "resource_as.issuer" {
                doc.fill_in("auth-server-id", "aus1").unwrap();
            }
            let (profile, problems) = doc.load("acme");
            assert_eq!(problems, [], "{path}");
            assert_eq!(
                profile.text(fields::IDP_ISSUER),
                Some("http://127.0.0.1:8080")
            );
            assert_eq!(
                profile.text(fields::RESOURCE_AS_ISSUER),
                Some("http://127.0.0.1:8080/oauth2/aus1")
            );
        }
        let error = doc("okta")
            .fill_in("okta-domain", "http://acme.okta.example")
            .unwrap_err();
        assert!(error.contains("host of this machine"), "{error}");
    }

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing() {
        let mut doc = doc("okta");
        let before = doc.clone();
        for (path, text, says) in [
            (
                "sso.client_secret",
                "hunter2",
                "never taken from a plain argument",
            ),
            ("idp.issuer", "acme.okta.example", "lacks `https://`"),
            ("okta-domain", "a b", "idp.issuer is an address"),
            ("okta-domain", "a\"b", "cannot be filled in"),
            ("okta-domian", "x", "no field `okta-domian`"),
        ] {
            let error = doc.fill_in(path, text).unwrap_err();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("hunter2"));
        }
        assert_eq!(doc, before);
    }
}
