//! `jagwalk lab`: serves the lab until it is interrupted, and prints a profile that walks it.

use std::{
    fmt::{self, Write as _},
    future::Future,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    lab::{self, ClientKind, Credentials, Lab, LabError, Setting},
    protocol::secret::Secret,
};

/// Why the lab could not be served.
#[derive(Debug)]
pub enum ServeError {
    /// The lab did not start.
    Lab(LabError),
    /// A file or folder could not be written.
    Write(PathBuf, io::Error),
    /// The profile could not be printed.
    Print(io::Error),
    /// The signals of the system could not be listened to.
    Signal(io::Error),
}

impl ServeError {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Lab(error) => error.hint(),
            Self::Write(..) => {
                "Give a folder that you may write to with --dir, or leave it out for a temporary one."
            }
            Self::Print(_) => "Check where standard output goes.",
            Self::Signal(_) => "Try again; if it stays, please report it.",
        }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lab(error) => error.fmt(f),
            Self::Write(path, error) => write!(f, "Cannot write {}: {error}.", path.display()),
            Self::Print(error) => write!(f, "Cannot print the lab's profile: {error}."),
            Self::Signal(error) => write!(f, "Cannot wait for an interrupt: {error}."),
        }
    }
}

impl std::error::Error for ServeError {}

/// Starts the lab, writes its secrets as files into `dir` (a temporary folder when there is none), prints a ready
/// profile to `out`, and serves until ctrl-c or a polite kill.
///
/// # Errors
/// When the lab cannot start, a file cannot be written, or the profile cannot be printed.
pub async fn serve(
    dir: Option<PathBuf>,
    options: lab::Options,
    out: &mut (dyn Write + Send),
) -> Result<(), ServeError> {
    serve_until(dir, options, out, interrupt().map_err(ServeError::Signal)?).await
}

/// Does what [`serve`] does, until something else ends it.
///
/// # Errors
/// As [`serve`].
pub async fn serve_until(
    dir: Option<PathBuf>,
    options: lab::Options,
    out: &mut (dyn Write + Send),
    end: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let ca_pem = options
        .tls
        .as_ref()
        .map(|authority| authority.ca_pem().to_owned());
    let lab = lab::start(options).await.map_err(ServeError::Lab)?;
    let folder = Folder::make(dir)?;
    write_clients(&lab, folder.path())?;
    let mut profile = write_profile(&lab, folder.path())?;
    if let Some(pem) = ca_pem {
        let file = folder.path().join("ca.pem");
        write_secret(&file, &pem).map_err(|error| ServeError::Write(file.clone(), error))?;
        // Writing to a string does not fail.
        let _ = write!(
            profile,
            "\n[network]\n# The lab's own certificate authority, which nothing else trusts.\nca_file = {}\n",
            quoted(&file.to_string_lossy())
        );
    }
    out.write_all(profile.as_bytes())
        .and_then(|()| out.flush())
        .map_err(ServeError::Print)?;
    end.await;
    lab.stop().await;
    Ok(())
}

/// Where the files go: given, or temporary and gone at the end.
enum Folder {
    Given(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Folder {
    fn make(dir: Option<PathBuf>) -> Result<Self, ServeError> {
        let Some(path) = dir else {
            return tempfile::Builder::new()
                .prefix("jagwalk-lab-")
                .tempdir()
                .map(Self::Temporary)
                .map_err(|error| ServeError::Write(std::env::temp_dir(), error));
        };
        let trouble = |error| ServeError::Write(path.clone(), error);
        private_folder().create(&path).map_err(trouble)?;
        // The profile names files by their whole path, so that it can be saved anywhere.
        let whole = path.canonicalize().map_err(trouble)?;
        Ok(Self::Given(whole))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

fn private_folder() -> std::fs::DirBuilder {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Writes every secret as a file of its own and returns the profile that names them.
fn write_profile(lab: &Lab, folder: &Path) -> Result<String, ServeError> {
    let mut faults = String::new();
    for fault in lab.faults().on() {
        let _ = writeln!(
            faults,
            "# It misbehaves, as asked: {} ({}).",
            fault.title, fault.id
        );
    }
    let server = lab.mcp();
    let mcp = format!(
        "# Its MCP server: --flow mcp --set api.url={server} --set agent.resource= --set resource_as.issuer=\n"
    );
    let clients = folder.join(CLIENTS);
    let clients = format!(
        "# Every client that is registered, for other programs: {}\n",
        clients.display()
    );
    let mut profile = format!(
        "{ABOUT}{mcp}{clients}{faults}\nformat = 1\ntitle = \"Lab\"\nflow = \"xaa\"\nenvironment = \"test\"\n"
    );
    for (path, setting) in lab.settings() {
        if let (false, Setting::Text(text)) = (path.contains('.'), setting) {
            let _ = writeln!(profile, "{path} = {}", quoted(&text));
        }
    }
    for table in TABLES {
        let about = match (table.name, lab.app()) {
            ("agent", Some(_)) => AGENT_WITH_APP,
            _ => table.about,
        };
        let _ = write!(profile, "\n[{}]\n{about}", table.name);
        for (path, setting) in lab.settings() {
            let Some(key) = path
                .strip_prefix(table.name)
                .and_then(|rest| rest.strip_prefix('.'))
            else {
                continue;
            };
            let value = match setting {
                Setting::Text(text) => quoted(&text),
                Setting::Secret(secret) => {
                    let file = folder.join(path.replace('.', "-"));
                    write_secret(&file, secret.reveal())
                        .map_err(|error| ServeError::Write(file.clone(), error))?;
                    format!("{{ file = {} }}", quoted(&file.to_string_lossy()))
                }
            };
            let _ = writeln!(profile, "{key} = {value}");
        }
        profile.push_str(table.more);
    }
    Ok(profile)
}

/// Writes what every registered client holds, for programs that are no jagwalk.
fn write_clients(lab: &Lab, folder: &Path) -> Result<(), ServeError> {
    let side = |held: &Credentials| {
        let text = |secret: &Option<Secret>| secret.as_ref().map(|it| it.reveal().to_owned());
        json!({
            "client_id": held.client_id,
            "token_endpoint_auth_method": held.auth,
            "client_secret": text(&held.client_secret),
            "private_key": text(&held.private_key),
            "token_endpoint_auth_signing_alg": held.alg,
        })
    };
    let clients: Vec<Value> = ClientKind::ALL
        .into_iter()
        .map(|kind| lab.client(kind))
        .map(|held| json!({ "idp": side(&held.idp), "resource_as": held.resource_as.as_ref().map(side) }))
        .collect();
    let all = json!({
        "idp": lab.idp(), "resource_as": lab.resource_as(), "api": lab.api(), "mcp": lab.mcp(), "clients": clients,
    });
    let file = folder.join(CLIENTS);
    write_secret(&file, &format!("{all:#}\n")).map_err(|error| ServeError::Write(file, error))
}

/// Writes beside and renames, mode 0600: an older file of that name keeps no looser mode.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Quotes a text for TOML: its basic strings have every escape that JSON writes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns what ends when the person or the system asks us to stop.
fn interrupt() -> io::Result<impl Future<Output = ()>> {
    // Both are listened to from here on, so that none that comes while the profile is printed is lost.
    #[cfg(unix)]
    let (mut ctrl_c, mut kill) = {
        use tokio::signal::unix::{SignalKind, signal};
        (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        )
    };
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = ctrl_c.recv() => {}
            _ = kill.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// A table of the profile: what it is, and what stands in it beside the lab's own values.
struct Table {
    name: &'static str,
    about: &'static str,
    more: &'static str,
}

const ABOUT: &str = "\
# The jagwalk lab: an IdP, a resource AS and an API on this machine, and strict.
# It lives as long as `jagwalk lab` runs; keys and secrets are new at every start.
# Users: alice (all is well), bob (policy denies the exchange), carol (may read, not write).
";

/// The file of everything that the registered clients hold.
const CLIENTS: &str = "clients.json";

const AGENT_WITH_APP: &str =
    "# The client that asks for the ID-JAG: another one, which the app above is linked to.\n";

const TABLES: [Table; 5] = [
    Table {
        name: "idp",
        about: "# Signs the user in, mints the ID-JAG.\n",
        more: "",
    },
    Table {
        name: "sso",
        about: "# The client that signs the user in.\n",
        more: "\
redirect_uri = \"http://127.0.0.1:8765/callback\" # any port will do
login = \"follow\"                               # \"open\" shows the sign-in pages in a browser
params = { login_hint = \"alice\" }              # signs her in without a person; leave it out to pick a user
",
    },
    Table {
        name: "agent",
        about: "# The client that asks for the ID-JAG: the same as above, so that the ID Token is for it.\n",
        more: "\
# subject = \"saml2\"                            # hands in alice's SAML assertion instead of a sign-in, for eight hours
# subject = \"saml2_refresh\"                    # gets a refresh token for it first
",
    },
    Table {
        name: "resource_as",
        about: "# Redeems the ID-JAG. The client has another id here, as at real servers.\n",
        more: "",
    },
    Table {
        name: "api",
        about: "# Takes the access token.\n",
        more: "",
    },
];
