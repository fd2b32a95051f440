//! What a user can type: one clap table.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::lint::Severity;

/// Walks agentic OAuth token exchange (Cross App Access, ID-JAG) one step at a time: the exact requests, the answers,
/// the decoded tokens, and what went wrong. Without a command the screen opens.
#[derive(Debug, Parser)]
#[command(name = "jagwalk", version, max_term_width = 100)]
pub struct Cli {
    /// Options of the screen.
    #[command(flatten)]
    pub screen: Screen,
    /// The command; none opens the screen.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of the screen.
#[derive(Args, Debug)]
pub struct Screen {
    /// The profile: its name, the path of its file, or - for standard input. `lab` is always there.
    #[arg(long, short, value_name = "P")]
    pub profile: Option<String>,
    /// The flow; default: the profile’s own.
    #[arg(long, value_name = "F")]
    pub flow: Option<String>,
    /// The theme; `jagwalk themes` lists them.
    #[arg(long, value_name = "T")]
    pub theme: Option<String>,
    /// Whether to use colour.
    #[arg(long, value_enum, value_name = "WHEN")]
    pub color: Option<When>,
    /// Walks line by line, without a full screen: for screen readers, dumb terminals and pipes; `help` lists the commands.
    #[arg(long)]
    pub plain: bool,
    /// Opens a stored trace for reading; nothing is sent.
    #[arg(long, value_name = "TRACE", conflicts_with = "profile")]
    pub open: Option<PathBuf>,
    /// Draws the screen into an SVG file instead; a lab is walked to its end first, to anyone else nothing is sent.
    #[arg(long, value_name = "FILE", conflicts_with = "plain")]
    pub screenshot: Option<PathBuf>,
    /// The columns and lines of that picture.
    #[arg(long, value_name = "CxL", default_value = "120x40", value_parser = size, requires = "screenshot")]
    pub size: (u16, u16),
}

/// Reads `80x24`; no more than a wall of screens could show.
fn size(text: &str) -> Result<(u16, u16), String> {
    let read = |part: &str| part.parse().ok().filter(|count| (1..=500).contains(count));
    text.split_once('x')
        .and_then(|(columns, lines)| Some((read(columns)?, read(lines)?)))
        .ok_or_else(|| "expected columns and lines, such as 80x24, 500 at most".to_owned())
}

/// When to use colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum When {
    /// As the terminal and the environment say.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Walks a flow without a screen; the exit status tells the outcome.
    Run(Run),
    /// Checks a profile against its servers before a walk: sends no credential, no token, nothing but GET.
    Check(Check),
    /// Serves the lab until ctrl-c: an IdP, a resource AS and an API on loopback, with a ready profile on standard
    /// output.
    Lab(Lab),
    /// Lists, shows, makes and checks profiles.
    #[command(subcommand)]
    Profile(Profile),
    /// Makes key pairs and prints the public half to register.
    #[command(subcommand)]
    Key(Key),
    /// Takes a token apart: what it is, what it says, what is wrong with it. No network unless --issuer is given.
    Decode(Decode),
    /// Lists the flows.
    Flows(Listing),
    /// Lists the rules.
    Rules(Listing),
    /// Explains a rule: what it checks, why, the section, the usual cause, the remedy.
    Explain(Explain),
    /// Lists what the lab’s servers can be told to do wrong.
    Faults(Listing),
    /// Lists the keys of the screen, as config.toml has them.
    Keys(Listing),
    /// Lists the themes.
    Themes(Listing),
}

/// Options of `run`.
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[command(
    after_help = "A SRC is env:NAME, file:PATH, cmd:COMMAND or - (standard input); a secret is never taken from a \
                        plain argument.\n\nExit status: 0 done and clean · 1 findings at or above \
                        --fail-on · 2 usage, profile, or an input is missing · 3 refused \
                        by a server, or its answer refused by us · 4 not reachable · 70 our bug · 130 interrupted."
)]
pub struct Run {
    /// The profile: its name, the path of its file, or - for standard input. `lab` is always there.
    #[arg(long, short, value_name = "P")]
    pub profile: Option<String>,
    /// The flow; default: the profile’s own.
    #[arg(long, value_name = "F")]
    pub flow: Option<String>,
    /// The last step to send; default: the last of the flow.
    #[arg(long, value_name = "STEP")]
    pub through: Option<String>,
    /// Sets a field of the profile for this run; a secret field takes a SRC.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Hands in a token, so that the steps that make it are left out: id-token, id-jag, access-token, refresh-token, …
    #[arg(long, value_name = "NAME=SRC")]
    pub token: Vec<String>,
    /// Hands in the token that the exchange takes as its subject.
    #[arg(long, value_name = "SRC")]
    pub subject_token: Option<String>,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value = "text")]
    pub format: WalkFormat,
    /// Writes the walk to a file, masked; `jagwalk --open FILE` reads it.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// What makes a run that is done end with 1: a finding of that severity or worse.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: FailOn,
    /// Shows secrets and tokens as they are.
    #[arg(long)]
    pub reveal: bool,
    /// Starts no browser; the address is shown.
    #[arg(long)]
    pub no_browser: bool,
    /// How long to wait for the sign-in.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub login_timeout: u32,
    /// Makes the lab misbehave: the id of a fault, as `jagwalk faults` lists them; with lab profiles only.
    #[arg(long, value_name = "ID")]
    pub lab_fault: Vec<String>,
    /// Agrees to send to a profile that is marked as production.
    #[arg(long)]
    pub yes_prod: bool,
    /// Accepts any TLS certificate; said on standard error as long as it holds.
    #[arg(long)]
    pub insecure: bool,
}

/// Options of `check`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 clean · 1 findings · 2 usage, or the profile cannot be used · 4 a server is not reachable."
)]
pub struct Check {
    /// The profile: its name, the path of its file, or - for standard input. `lab` is always there.
    #[arg(long, short, value_name = "P")]
    pub profile: Option<String>,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// The forms of a result.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// A narrative for people.
    Text,
    /// One JSON document for programs.
    Json,
}

/// The forms of a walk.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum WalkFormat {
    /// A narrative for people.
    Text,
    /// One JSON document for programs.
    Json,
    /// A report for a ticket: verdict, steps, findings, diagram, cURLs.
    Markdown,
    /// A Mermaid sequence diagram.
    Mermaid,
}

/// Options of `decode`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 nothing wrong · 1 something is wrong with the token · 2 nothing to read · 4 the \
                        issuer is not reachable."
)]
pub struct Decode {
    /// The token; - or nothing reads standard input.
    #[arg(value_name = "TOKEN")]
    pub token: Option<String>,
    /// Fetches the keys of this issuer and checks the signature with them.
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// Options of `explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// A rule’s code (IDJAG-TYP), a step (id-jag), a flow (xaa), or a place (claim:id-jag:/aud, form:audience).
    #[arg(value_name = "CODE")]
    pub code: String,
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// Which findings make a run fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum FailOn {
    /// Only errors.
    Error,
    /// Warnings, too.
    Warning,
    /// None.
    Never,
}

impl FailOn {
    /// Tells whether a finding of that severity makes the run fail.
    pub fn counts(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Never => false,
        }
    }
}

/// Options of `lab`.
#[derive(Args, Debug)]
pub struct Lab {
    /// The first of four ports in a row; default: any free ones.
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Serves https, with a certificate authority of its own that the printed profile names.
    #[arg(long)]
    pub tls: bool,
    /// Makes a server misbehave: the id of a fault.
    #[arg(long, value_name = "ID")]
    pub fault: Vec<String>,
    /// Lists the faults and ends.
    #[arg(long)]
    pub list_faults: bool,
    /// Whose habits the servers have: paths, claims, client authentication and refusals as at a vendor.
    #[arg(long, value_enum, default_value = "plain", value_name = "VENDOR")]
    pub shape: Shape,
    /// Where to put the clients’ keys, readable by you alone; default: a folder that is removed at the end.
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
}

/// Whose habits the lab has.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Shape {
    /// Nobody’s: as the drafts have it.
    Plain,
    /// An org server mints, a custom server of the same host redeems, an AI agent has a key of its own.
    Okta,
    /// Auth0 redeems; the IdP is the plain one.
    Auth0,
    /// The public playground: secrets in the body, another client id at the resource AS.
    XaaDev,
}

impl From<Shape> for crate::lab::Shape {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Plain => Self::Plain,
            Shape::Okta => Self::Okta,
            Shape::Auth0 => Self::Auth0,
            Shape::XaaDev => Self::XaaDev,
        }
    }
}

/// The commands over profiles.
#[derive(Debug, Subcommand)]
pub enum Profile {
    /// Lists the profiles.
    List(Listing),
    /// Prints a profile, its secrets masked.
    Show {
        /// Its name, or the path of its file.
        profile: String,
    },
    /// Makes a new profile from a template and names what is left to fill in.
    New {
        /// Its name.
        name: String,
        /// What to start from: okta, auth0, keycloak, ping, xaa-dev, or generic (every key, commented).
        #[arg(long, value_name = "T", default_value = "generic")]
        template: String,
        /// Fills in a field (idp.issuer=https://…) or a blank of the template by its name (okta-domain=…); a secret
        /// field takes env:NAME, file:PATH or cmd:COMMAND.
        #[arg(long, value_name = "PATH=VALUE")]
        set: Vec<String>,
    },
    /// Reads a .env file, a cURL command, a HAR, a metadata document or a profile and shows what it understood.
    ///
    /// Nothing is executed, nothing in the source is sent, and tokens in it are not kept. Only a metadata URL that is
    /// given as the source itself is fetched.
    Import {
        /// A file, - for standard input, or the http(s) address of a metadata document.
        #[arg(value_name = "SRC")]
        source: String,
        /// Keeps what was understood as a profile of that name; without it nothing is written.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Says what is wrong with a profile and what its steps lack.
    Check {
        /// Its name, or the path of its file.
        profile: String,
    },
    /// Copies a profile, the lab’s too, under another name; comments and order stay.
    Duplicate {
        /// The profile.
        from: String,
        /// The name of the copy.
        to: String,
    },
    /// Gives a profile another name.
    Rename {
        /// The profile.
        from: String,
        /// Its new name.
        to: String,
    },
    /// Deletes a profile’s file.
    Delete {
        /// The profile.
        name: String,
    },
    /// Prints the folder the profiles are in.
    Path,
}

/// The commands over keys.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Makes a key pair: the private key as PKCS#8 PEM, the public JWK and JWKS to register.
    ///
    /// With --out the private key goes to FILE (readable by you alone, never over a file that is there) and the public
    /// half to standard output. Without it, the private key alone goes to standard output, unless that is a terminal,
    /// and the public half to standard error.
    New {
        /// What the key signs with.
        #[arg(long, value_enum, ignore_case = true, default_value = "ES256")]
        alg: KeyAlg,
        /// Where to put the private key.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// How to print the public half.
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Prints the public JWK and JWKS of a private key.
    Public {
        /// A private key as PEM (PKCS#8, PKCS#1, SEC1) or JWK; - reads standard input.
        file: PathBuf,
        /// What it signs with; default: the JWK’s own, else RS256 for RSA.
        #[arg(long, value_enum, ignore_case = true)]
        alg: Option<KeyAlg>,
        /// How to print the public half.
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
}

/// What a key can be made for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum KeyAlg {
    /// ECDSA on P-256.
    #[value(name = "ES256")]
    Es256,
    /// ECDSA on P-384.
    #[value(name = "ES384")]
    Es384,
    /// RSA PKCS#1 v1.5, 2048 bits.
    #[value(name = "RS256")]
    Rs256,
    /// RSA PSS, 2048 bits.
    #[value(name = "PS256")]
    Ps256,
    /// Ed25519.
    #[value(name = "EdDSA")]
    EdDsa,
}

/// Options of a list.
#[derive(Args, Debug)]
pub struct Listing {
    /// Text for people, or JSON for programs.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}
