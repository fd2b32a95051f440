//! What a user can type: one clap table.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// The flow; default: the profile's own.
    #[arg(long, value_name = "F")]
    pub flow: Option<String>,
    /// The theme; `jagwalk themes` lists them.
    #[arg(long, value_name = "T")]
    pub theme: Option<String>,
    /// Whether to use colour.
    #[arg(long, value_enum, value_name = "WHEN")]
    pub color: Option<When>,
    /// No colour and only ASCII marks.
    #[arg(long)]
    pub plain: bool,
    /// Opens a stored trace for reading; nothing is sent.
    #[arg(long, value_name = "TRACE", conflicts_with = "profile")]
    pub open: Option<PathBuf>,
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
    /// Serves the lab until ctrl-c: an IdP, a resource AS and an API on loopback, with a ready profile on standard
    /// output.
    Lab(Lab),
    /// Lists, shows, makes and checks profiles.
    #[command(subcommand)]
    Profile(Profile),
    /// Lists the flows.
    Flows(Listing),
    /// Lists the keys of the screen.
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
                        plain argument.\n\nExit status: 0 done · 2 usage, profile, or an input is missing · 3 refused \
                        by a server, or its answer refused by us · 4 not reachable · 70 our bug · 130 interrupted."
)]
pub struct Run {
    /// The profile: its name, the path of its file, or - for standard input. `lab` is always there.
    #[arg(long, short, value_name = "P")]
    pub profile: Option<String>,
    /// The flow; default: the profile's own.
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
    pub format: Format,
    /// Writes the walk to a file, masked; `jagwalk --open FILE` reads it.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Shows secrets and tokens as they are.
    #[arg(long)]
    pub reveal: bool,
    /// Starts no browser; the address is shown.
    #[arg(long)]
    pub no_browser: bool,
    /// How long to wait for the sign-in.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub login_timeout: u32,
    /// Agrees to send to a profile that is marked as production.
    #[arg(long)]
    pub yes_prod: bool,
    /// Accepts any TLS certificate; said on standard error as long as it holds.
    #[arg(long)]
    pub insecure: bool,
}

/// The forms of a result.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// A narrative for people.
    Text,
    /// One JSON document for programs.
    Json,
}

/// Options of `lab`.
#[derive(Args, Debug)]
pub struct Lab {
    /// The first of three ports in a row; default: any free ones.
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Serves https, with a certificate authority of its own that the printed profile names.
    #[arg(long)]
    pub tls: bool,
    /// Where to put the clients' keys, readable by you alone; default: a folder that is removed at the end.
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
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
    /// Makes a new profile with every key commented.
    New {
        /// Its name.
        name: String,
        /// What to start from.
        #[arg(long, default_value = "generic")]
        template: String,
    },
    /// Says what is wrong with a profile and what its steps lack.
    Check {
        /// Its name, or the path of its file.
        profile: String,
    },
    /// Prints the folder the profiles are in.
    Path,
}

/// Options of a list.
#[derive(Args, Debug)]
pub struct Listing {
    /// Text for people, or JSON for programs.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}
