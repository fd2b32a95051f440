//! The command line: parses it, puts the rooms together, and turns what happened into an exit status.

pub mod args;
pub mod check;
pub mod config;
pub mod decode;
pub mod faults;
pub mod host;
pub mod import;
pub mod key;
pub mod keys;
pub mod lab;
pub mod outside;
pub mod paths;
pub mod picture;
pub mod plain;
pub mod profile;
pub mod rules;
pub mod run;
pub mod screen;
pub mod secrets;
pub mod start;
pub mod store;
pub mod surroundings;
pub mod themes;
pub mod world;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command, Format, Listing};
use store::Store;

use crate::{flow::flows::FLOWS, protocol::visible::visible};

/// Why a command ended without its result: what to say, what to do, and the exit status.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failed {
    /// What is wrong.
    pub says: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit status.
    pub code: u8,
}

impl Failed {
    /// A mistake in what the user gave: exit status 2.
    pub fn usage(says: impl Into<String>) -> Self {
        Self {
            says: says.into(),
            hint: None,
            code: 2,
        }
    }

    /// The same, with a hint.
    #[must_use]
    pub fn hint(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }
}

impl From<store::StoreError> for Failed {
    fn from(error: store::StoreError) -> Self {
        Self::usage(error.to_string()).hint(error.hint())
    }
}

impl From<profile::ProfileError> for Failed {
    fn from(error: profile::ProfileError) -> Self {
        Self::usage(error.to_string()).hint(error.hint())
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    crate::protocol::keys::install_crypto();
    ExitCode::from(status(|| dispatch(cli)))
}

/// Does the work of a command, says why it failed, and returns the exit status. A panic anywhere is our bug: 70.
pub fn status(work: impl FnOnce() -> Result<u8, Failed>) -> u8 {
    // Nothing of the work is looked at after a panic.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    match outcome {
        Ok(Ok(code)) => code,
        Ok(Err(failed)) => {
            tell(&format!("jagwalk: {}", visible(&failed.says)));
            if let Some(hint) = failed.hint {
                tell(&format!("         {}", visible(&hint)));
            }
            failed.code
        }
        Err(_) => 70,
    }
}

fn dispatch(cli: Cli) -> Result<u8, Failed> {
    match cli.command {
        None => runtime()?.block_on(screen::screen(cli.screen)),
        Some(Command::Run(options)) => runtime()?.block_on(run::run(options)),
        Some(Command::Check(options)) => runtime()?.block_on(check::check(options)),
        Some(Command::Lab(options)) => runtime()?.block_on(lab_command(options)),
        Some(Command::Profile(args::Profile::Import { source, name })) => {
            let store = Store::find()?;
            print(&runtime()?.block_on(import::run(&store, &source, name.as_deref()))?);
            Ok(0)
        }
        Some(Command::Profile(command)) => profile_command(command),
        Some(Command::Key(command)) => key::run(command),
        Some(Command::Flows(listing)) => {
            print(&flows(&listing));
            Ok(0)
        }
        Some(Command::Decode(options)) => runtime()?.block_on(decode::run(options)),
        Some(Command::Rules(listing)) => {
            print(&rules::list(&listing));
            Ok(0)
        }
        Some(Command::Explain(options)) => rules::explain(&options),
        Some(Command::Faults(listing)) => {
            print(&faults::list(&listing));
            Ok(0)
        }
        Some(Command::Keys(listing)) => {
            print(&keys::list(&listing));
            Ok(0)
        }
        Some(Command::Themes(listing)) => {
            print(&themes::list(&listing));
            Ok(0)
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failed {
            says: format!("The runtime cannot start: {error}."),
            hint: None,
            code: 70,
        })
}

/// Writes a line on standard error. Where nobody is there to read it, that is no reason to break down: `eprintln!` would.
pub(crate) fn tell(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a result; a closed pipe is no error.
pub(crate) fn print(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

async fn lab_command(options: args::Lab) -> Result<u8, Failed> {
    if options.list_faults {
        print(&faults::list(&Listing {
            format: Format::Text,
        }));
        return Ok(0);
    }
    let served = crate::lab::Options {
        faults: faults::switched_on(&options.fault)?,
        shape: options.shape.into(),
        ..start::lab_options(options.port, options.tls)?
    };
    let mut out = std::io::stdout();
    lab::serve(options.dir, served, &mut out)
        .await
        .map_err(|error| {
            let hint = error.hint();
            Failed::usage(error.to_string()).hint(Some(hint))
        })?;
    Ok(0)
}

fn profile_command(command: args::Profile) -> Result<u8, Failed> {
    let store = Store::find()?;
    match command {
        args::Profile::List(listing) => {
            print(&profile::list(&store, listing.format == Format::Json)?);
        }
        args::Profile::Show { profile } => print(&profile::show(&store, &profile)?),
        args::Profile::New {
            name,
            template,
            set,
        } => print(&profile::new(&store, &name, &template, &set)?),
        args::Profile::Check { profile } => {
            let checked = profile::check(&store, &profile)?;
            print(&checked.report);
            return Ok(if checked.usable { 0 } else { 2 });
        }
        // It may fetch, and is run where that is possible.
        args::Profile::Import { .. } => {}
        args::Profile::Duplicate { from, to } => {
            let copy = store.duplicate(&from, &to)?;
            print(&format!(
                "Wrote {}.",
                copy.path.unwrap_or_default().display()
            ));
        }
        args::Profile::Rename { from, to } => {
            store.rename(&from, &to)?;
            print(&format!("{from} is now {to}."));
        }
        args::Profile::Delete { name } => {
            store.delete(&name)?;
            print(&format!("Deleted {name}."));
        }
        args::Profile::Path => print(&profile::path(&store)),
    }
    Ok(0)
}

fn flows(listing: &Listing) -> String {
    let rows = FLOWS.iter().map(|flow| {
        let steps: Vec<&str> = flow
            .steps()
            .filter(|step| step.when().is_none())
            .map(|step| step.info().id.0)
            .collect();
        (flow, steps)
    });
    match listing.format {
        Format::Json => serde_json::to_string_pretty(
            &rows
                .map(|(flow, steps)| {
                    serde_json::json!({ "id": flow.id.0, "title": flow.title, "about": flow.about, "steps": steps })
                })
                .collect::<Vec<_>>(),
        )
        .unwrap_or_default(),
        Format::Text => rows
            .map(|(flow, steps)| format!("{:<12} {}\n             {}", flow.id.0, flow.title, steps.join(" ")))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}
