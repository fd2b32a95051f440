//! `jagwalk profile`: list, show, new, check and path, as text for standard output.

use std::{error, fmt, fmt::Write as _};

use serde_json::json;

use super::store::{LAB, Store, StoreError};
use crate::{
    flow::{Blocked, Flow, Ink, flows, lacking},
    profile::{
        FieldPath, FieldValue, Kind, Problem, Profile, ProfileDoc, fields, suggest,
        template::{self, TEMPLATES},
    },
    protocol::time::Timestamp,
    session::Session,
};

/// What `check` found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checked {
    /// The report, for standard output.
    pub report: String,
    /// Whether a run could start; when not, the exit status is 2.
    pub usable: bool,
}

/// Lists the profiles, the built-in lab first.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn list(store: &Store, as_json: bool) -> Result<String, ProfileError> {
    let last = store.last_used();
    let mut names = vec![LAB.to_owned()];
    names.extend(store.saved()?);
    let mut rows = Vec::new();
    let mut values = Vec::new();
    for name in &names {
        let used_last = last.as_deref() == Some(name);
        let (profile, path, broken) = match store.open(name) {
            Ok(opened) => {
                let (profile, problems) = opened.load();
                let broken = problems.iter().any(|problem| problem.fatal);
                (profile, opened.path, broken)
            }
            // One file that cannot be read does not hide the others.
            Err(_) => (Profile::named(name), None, true),
        };
        let text = |field| profile.text(field).unwrap_or_default();
        rows.push([
            if used_last { "*" } else { "" }.to_owned(),
            printable(name),
            text(fields::FLOW).to_owned(),
            text(fields::ENVIRONMENT).to_owned(),
            if broken { "has mistakes" } else { "" }.to_owned(),
            printable(text(fields::TITLE)),
        ]);
        values.push(json!({
            "name": name,
            "title": profile.text(fields::TITLE),
            "flow": profile.text(fields::FLOW),
            "environment": profile.text(fields::ENVIRONMENT),
            "lab": profile.flag(fields::LAB),
            "usable": !broken,
            "used_last": used_last,
            "path": path,
        }));
    }
    if as_json {
        return Ok(format!("{:#}\n", serde_json::Value::Array(values)));
    }
    Ok(columns(&rows))
}

/// Shows a profile's text: comments kept, secrets masked.
///
/// # Errors
///
/// When it cannot be opened or is no TOML.
pub fn show(store: &Store, profile: &str) -> Result<String, ProfileError> {
    let opened = store.open(profile)?;
    let doc = ProfileDoc::parse(opened.text)
        .map_err(|problem| ProfileError::broken(&opened.name, problem))?;
    let mut text = doc.masked();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// Writes a profile to fill in, from a template, and names what is left open.
///
/// # Errors
///
/// When there is no such template, a setting does not fit, the name is taken, or writing fails.
pub fn new(
    store: &Store,
    name: &str,
    template: &str,
    settings: &[String],
) -> Result<String, ProfileError> {
    let Some(found) = template::find(template) else {
        return Err(ProfileError::NoTemplate {
            name: template.to_owned(),
        });
    };
    let broken = |problem| ProfileError::broken(template, problem);
    let mut doc = ProfileDoc::parse(found.text).map_err(broken)?;
    doc.set(fields::TITLE, &FieldValue::Text(name.to_owned()))
        .map_err(broken)?;
    for setting in settings {
        let refused = |path: &str, says: String| ProfileError::Setting {
            says: format!("--set {path}: {says}"),
        };
        let Some((path, value)) = setting.split_once('=') else {
            // What is no assignment may be a secret that slipped in: it is not repeated.
            return Err(refused("PATH=VALUE", "there is no `=` in it.".to_owned()));
        };
        doc.fill_in(path, &from_here(path, value))
            .map_err(|says| refused(path, says))?;
    }
    let opened = store.create(name, doc.text())?;
    let (profile, _) = opened.load();
    let path = opened.path.unwrap_or_default();
    let mut says = format!("Wrote {}.\n", path.display());
    let open = open_blanks(&profile);
    if !open.is_empty() {
        let _ = writeln!(
            says,
            "Left to fill in, by `--set` or in the file:\n{}",
            open.join("\n")
        );
    }
    Ok(says)
}

/// Returns the folder of the profiles.
pub fn path(store: &Store) -> String {
    format!("{}\n", store.paths().profiles().display())
}

/// Reads a profile as a run would: every mistake, and which field each step lacks. Sends nothing.
///
/// # Errors
///
/// When it cannot be opened; mistakes inside it are in the report.
pub fn check(store: &Store, profile: &str) -> Result<Checked, ProfileError> {
    let opened = store.open(profile)?;
    let (profile, problems) = opened.load();
    let place = match &opened.path {
        Some(path) => path.display().to_string(),
        None if opened.name == LAB => "built in".to_owned(),
        None => "standard input".to_owned(),
    };
    let mut report = vec![format!("{} ({place})", printable(&opened.name))];
    let mistakes = problems.iter().filter(|problem| problem.fatal).count();
    for problem in &problems {
        let word = if problem.fatal { "error" } else { "note" };
        report.push(format!("  {word:<5}  {}", printable(&problem.to_string())));
    }
    let id = profile.text(fields::FLOW).unwrap_or_default();
    let mut lacking = 0;
    if let Some(flow) = flows::find(id) {
        report.push(format!("steps of {id}"));
        let (lines, count) = steps_of(flow, &profile);
        report.extend(lines);
        lacking = count;
        if profile.flag(fields::LAB) {
            report.push("  The lab fills in what is not written here.".to_owned());
        }
    } else {
        report.push(format!("The steps of {id} are not checked yet."));
    }
    let open = open_blanks(&profile);
    if !open.is_empty() {
        report.push("left to fill in".to_owned());
        report.extend(open.iter().cloned());
    }
    let usable = mistakes == 0 && lacking == 0 && open.is_empty();
    report.push(match (usable, mistakes, lacking) {
        (true, ..) => "A run can start.".to_owned(),
        (_, 0, 0) => format!(
            "A run cannot start: {} to fill in.",
            count(open.len(), "field")
        ),
        (_, _, 0) => format!("A run cannot start: {}.", count(mistakes, "mistake")),
        (_, 0, _) => format!(
            "A run cannot start: {} without a field.",
            count(lacking, "step")
        ),
        _ => format!(
            "A run cannot start: {}, and {} without a field.",
            count(mistakes, "mistake"),
            count(lacking, "step")
        ),
    });
    Ok(Checked {
        report: report.join("\n") + "\n",
        usable,
    })
}

/// A file named on the command line counts from where the command runs, not from the profile's folder.
pub(super) fn from_here(path: &str, value: &str) -> String {
    let is_secret = FieldPath::find(path).is_some_and(|field| field.field().kind == Kind::Secret);
    match value.strip_prefix("file:") {
        Some(file) if is_secret && !file.starts_with("~/") && !file.trim().is_empty() => {
            let whole = std::path::absolute(file).unwrap_or_else(|_| file.into());
            format!("file:{}", whole.display())
        }
        _ => value.to_owned(),
    }
}

/// A line for each field that a template left open.
fn open_blanks(profile: &Profile) -> Vec<String> {
    profile
        .blanks()
        .map(|(field, names)| format!("  {:<26}  <{}>", field.0, names.join("> <")))
        .collect()
}

/// A line for each step that a walk of this profile has, and how many of them lack a field; a lab profile lacks nothing.
fn steps_of(flow: &'static Flow, profile: &Profile) -> (Vec<String>, usize) {
    let ink = Ink {
        now: Timestamp::from_secs(0),
        seed: [0; 32],
    };
    let session = Session::new(flow, profile.clone(), ink);
    let mut lacking = 0;
    let mut lines = Vec::new();
    for step in session.steps() {
        let id = step.info().id;
        let says = if profile.flag(fields::LAB) {
            "ready".to_owned()
        } else if let Some(why) = step.skipped(profile) {
            format!("skipped: {why}")
        } else if session.skipped(id).is_some() {
            continue;
        } else {
            let lacks = lacking::lacking(flow, step, profile);
            lacking += usize::from(!lacks.is_empty());
            in_words(&lacks)
        };
        lines.push(format!("  {:<20}  {says}", id.0));
    }
    (lines, lacking)
}

/// `ready`, `lacks sso.client_id, sso.redirect_uri`, or what cannot be used and why.
fn in_words(lacks: &[Blocked]) -> String {
    let mut missing = Vec::new();
    let mut rest = Vec::new();
    for why in lacks {
        match why {
            Blocked::Missing(path) => missing.push(path.clone()),
            other => rest.push(printable(&other.to_string())),
        }
    }
    if !missing.is_empty() {
        rest.insert(0, format!("lacks {}", missing.join(", ")));
    }
    if rest.is_empty() {
        "ready".to_owned()
    } else {
        rest.join("; ")
    }
}

fn count(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}

/// Makes what a file says safe for a terminal.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    use unicode_width::UnicodeWidthStr;
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let widest = rows
                .iter()
                .map(|row| row[at].width())
                .max()
                .unwrap_or_default();
            if widest > 0 {
                line.push_str(cell);
                line.push_str(&" ".repeat(widest - cell.width() + 2));
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Why `jagwalk profile` could not do its work; the exit status is 2.
#[derive(Debug)]
pub enum ProfileError {
    /// The files.
    Store(StoreError),
    /// The text is no TOML.
    Broken {
        /// The profile.
        name: String,
        /// The mistake.
        problem: Box<Problem>,
    },
    /// A `--set` that cannot be used.
    Setting {
        /// What is wrong with it.
        says: String,
    },
    /// There is no such template.
    NoTemplate {
        /// The name asked for.
        name: String,
    },
}

impl ProfileError {
    fn broken(name: &str, problem: Problem) -> Self {
        Self::Broken {
            name: name.to_owned(),
            problem: Box::new(problem),
        }
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Setting { .. } => None,
            Self::Broken { problem, .. } => problem.hint.clone(),
            Self::NoTemplate { name } => {
                let known: Vec<_> = TEMPLATES.iter().map(|known| known.name).collect();
                Some(match suggest::nearest(name, known.iter().copied()) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => format!("There is {}.", known.join(", ")),
                })
            }
        }
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Setting { says } => f.write_str(says),
            Self::Broken { name, problem } => {
                // The hint is asked for by itself.
                let problem = Problem {
                    hint: None,
                    ..Problem::clone(problem)
                };
                write!(f, "The profile `{name}` cannot be read: {problem}")
            }
            Self::NoTemplate { name } => {
                write!(f, "There is no template `{}`.", name.escape_debug())
            }
        }
    }
}

impl error::Error for ProfileError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<StoreError> for ProfileError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::cli::paths::Paths;

    fn store() -> (TempDir, Store) {
        let dir = TempDir::new().unwrap();
        let store = Store::new(Paths::at(dir.path()));
        (dir, store)
    }

    #[test]
    fn profiles_are_listed_with_the_one_used_last() {
        let (_dir, store) = store();
        store
            .create("acme", "title = 'Acme\\u001b'\nenvironment = 'prod'\n")
            .unwrap();
        store.create("broken", "title = \n").unwrap();
        store.create("esc", "title = \"a\\u001b[31m\"\n").unwrap();
        store.set_last_used("acme").unwrap();
        assert_eq!(
            list(&store, false).unwrap(),
            "   lab     xaa  test                Built-in lab\n\
             *  acme    xaa  prod                Acme\\u001b\n   \
             broken  xaa  test  has mistakes\n   \
             esc     xaa  test                a\u{fffd}[31m\n"
        );
        let json: serde_json::Value = serde_json::from_str(&list(&store, true).unwrap()).unwrap();
        assert_eq!(json[0]["name"], "lab");
        assert_eq!(json[0]["path"], serde_json::Value::Null);
        assert_eq!(json[1]["used_last"], true);
        assert_eq!(json[2]["usable"], false);
        assert_eq!(json[3]["title"], "a\u{1b}[31m");
    }

    #[test]
    fn a_new_profile_is_the_skeleton_with_its_name() {
        let (_dir, store) = store();
        let says = new(&store, "acme", "generic", &[]).unwrap();
        assert!(
            says.starts_with("Wrote ") && says.ends_with("acme.toml.\n"),
            "{says}"
        );
        let text = show(&store, "acme").unwrap();
        assert!(
            text.contains("\n#title = \"Acme on Okta, staging\"\ntitle = \"acme\"\n"),
            "{text}"
        );
        assert_eq!(store.open("acme").unwrap().load().1, []);
        assert!(new(&store, "acme", "generic", &[]).is_err());
        let error = new(&store, "other", "genric", &[]).unwrap_err();
        assert_eq!(error.to_string(), "There is no template `genric`.");
        assert_eq!(error.hint().as_deref(), Some("Did you mean `generic`?"));
    }

    #[test]
    fn every_template_is_complete_once_its_blanks_are_filled() {
        let (_dir, store) = store();
        let fill: &[(&str, &[&str])] = &[
            (
                "generic",
                &[
                    "idp.issuer=https://idp.example",
                    "sso.client_id=a",
                    "sso.redirect_uri=http://127.0.0.1:0/callback",
                    "sso.private_key=file:k.pem",
                    "resource_as.issuer=https://as.example",
                    "resource_as.client_id=b",
                    "resource_as.private_key=file:k.pem",
                ],
            ),
            (
                "okta",
                &[
                    "idp.issuer=https://acme.okta.example",
                    "sso.client_id=0oa1",
                    "sso.client_secret=env:OKTA_SECRET",
                    "agent.client_id=wlp1",
                    "agent.private_key=file:agent.pem",
                    "agent.scope=todo.read",
                    "resource_as.issuer=https://acme.okta.example/oauth2/aus1",
                ],
            ),
            (
                "auth0",
                &[
                    "idp-domain=acme.okta.example",
                    "sso.client_id=0oa1",
                    "sso-secret-variable=OKTA_SECRET",
                    "agent.client_id=wlp1",
                    "agent-key-file=agent.pem",
                    "agent.resource=https://api.example",
                    "agent.scope=todo.read",
                    "resource_as.issuer=https://acme.auth0.example/",
                    "resource_as.client_id=x",
                    "resource_as.client_secret=env:AUTH0_SECRET",
                ],
            ),
            (
                "keycloak",
                &[
                    "idp-domain=acme.okta.example",
                    "sso.client_id=0oa1",
                    "sso-secret-variable=OKTA_SECRET",
                    "agent.client_id=wlp1",
                    "agent-key-file=agent.pem",
                    "agent.scope=todo.read",
                    "resource_as.issuer=https://kc.example/realms/acme",
                    "resource_as.client_id=x",
                    "resource_as.client_secret=env:KC_SECRET",
                ],
            ),
            (
                "ping",
                &[
                    "idp-domain=sso.example:9031",
                    "sso.client_id=a",
                    "sso-secret-variable=PING_SECRET",
                    "agent.client_id=b",
                    "agent-key-file=agent.pem",
                    "agent.scope=todo.read",
                    "resource-domain=as.example",
                    "resource_as.client_id=x",
                ],
            ),
            (
                "xaa-dev",
                &[
                    "sso.client_id=c1",
                    "sso.client_secret=env:XAA_SECRET",
                    "agent.scope=todo.read",
                    "resource-id=todo",
                    "resource_as.client_secret=env:XAA_RESOURCE_SECRET",
                ],
            ),
        ];
        for (template, settings) in fill {
            new(&store, &format!("{template}-empty"), template, &[]).unwrap();
            let empty = check(&store, &format!("{template}-empty")).unwrap();
            assert!(!empty.usable, "{}", empty.report);
            if *template != "generic" {
                assert!(empty.report.contains("left to fill in"), "{}", empty.report);
            }
            let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
            new(&store, template, template, &settings).unwrap();
            let full = check(&store, template).unwrap();
            assert!(full.usable, "{}", full.report);
            assert_eq!(store.open(template).unwrap().load().1, [], "{template}");
        }
        assert_eq!(fill.len(), TEMPLATES.len());
        let (xaa, _) = store.open("xaa-dev").unwrap().load();
        assert_eq!(xaa.text(fields::RESOURCE_AS_CLIENT_ID), Some("c1-at-todo"));
        let error = new(&store, "x", "okta", &["hunter2".to_owned()]).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn a_shown_profile_keeps_its_comments_and_hides_its_secrets() {
        let (_dir, store) = store();
        store
            .create("acme", "# mine\n[sso]\nclient_secret = 'hunter2' # inline")
            .unwrap();
        assert_eq!(
            show(&store, "acme").unwrap(),
            "# mine\n[sso]\nclient_secret = \"‹sso.client_secret›\" # inline\n"
        );
        store
            .create("broken", "[sso]\nclient_secret = hunter2\n")
            .unwrap();
        let error = show(&store, "broken").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("The profile `broken` cannot be read: line 2, column 17: "),
            "{error}"
        );
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn check_says_which_step_lacks_which_field() {
        let (_dir, store) = store();
        let text = "titel = 'x'\n[idp]\nissuer = 'https://idp.example'\n[sso]\nclient_id = 'a'\nauth = 'private_key_jwt'\n[resource_as]\nissuer = 'https://as.example'\n";
        store.create("acme", text).unwrap();
        let checked = check(&store, "acme").unwrap();
        assert!(!checked.usable);
        let lines: Vec<_> = checked.report.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "  note   line 1, column 1: Unknown key `titel`. Did you mean `title`?",
                "steps of xaa",
                "  discover-idp          ready",
                "  discover-resource-as  ready",
                "  authorize             lacks sso.redirect_uri",
                "  redeem-code           lacks sso.private_key",
                "  id-jag                lacks sso.private_key",
                "  jwt-bearer            lacks resource_as.client_id",
                "  call-api              skipped: The profile has no api.url.",
                "A run cannot start: 4 steps without a field.",
            ]
        );
    }

    #[test]
    fn check_knows_the_steps_that_a_profile_asks_for() {
        let (_dir, store) = store();
        let text = "[idp]\nissuer = 'https://idp.example'\n[sso]\nclient_id = 'a'\nauth = 'none'\n\
                    [agent]\nsubject = 'saml2_refresh'\n[api]\ndiscover = true\n";
        store.create("acme", text).unwrap();
        let report = check(&store, "acme").unwrap().report;
        let lines: Vec<_> = report.lines().skip(2).take(5).collect();
        assert_eq!(
            lines,
            [
                "  discover-idp          ready",
                "  discover-api          lacks api.url",
                "  discover-resource-as  ready",
                "  saml-refresh          lacks agent.saml_assertion",
                "  id-jag                ready",
            ]
        );
    }

    #[test]
    fn the_lab_and_the_peer_can_run_and_a_broken_file_cannot() {
        let (dir, store) = store();
        let lab = check(&store, "lab").unwrap();
        assert!(lab.usable, "{}", lab.report);
        store
            .create("peer", include_str!("../../profiles/peer.toml"))
            .unwrap();
        let peer = check(&store, "peer").unwrap();
        assert!(peer.usable, "{}", peer.report);
        assert!(
            peer.report
                .ends_with("  call-api              ready\nA run can start.\n"),
            "{}",
            peer.report
        );
        std::fs::write(dir.path().join("x.toml"), "[idp\n").unwrap();
        let broken = check(&store, dir.path().join("x.toml").to_str().unwrap()).unwrap();
        assert!(!broken.usable);
        assert!(
            broken.report.contains("  error  line 1, column 5: "),
            "{}",
            broken.report
        );
    }
}
