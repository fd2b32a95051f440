//! The user's `config.toml`: found, read, and what is wrong with it said; it never stops anything.

use std::{io::ErrorKind, path::PathBuf};

use super::{paths::Paths, start};
use crate::ui::{config::Config, theme::Shelf};

/// What the file says.
pub struct Found {
    /// Where it is, or would be.
    pub path: Option<PathBuf>,
    /// What it configures.
    pub config: Config,
    /// What is wrong with it, a sentence each, with its line.
    pub problems: Vec<String>,
}

/// Reads the file; without one everything is as by default.
pub fn find(shelf: &Shelf) -> Found {
    let mut found = Found {
        path: Paths::find().map(|paths| paths.config_file()),
        config: Config::default(),
        problems: Vec::new(),
    };
    let Some(path) = &found.path else {
        return found;
    };
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let (config, problems) = Config::read(&text, &shelf.understood());
            let name = path.display();
            found.config = config;
            found.problems = problems
                .iter()
                .map(|problem| format!("{name}, {problem}"))
                .collect();
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => {
            let says = format!("{} cannot be read: {error}.", path.display());
            found.problems.push(says);
        }
    }
    found
}

/// Reads the file for a command: what is wrong with it stands on standard error.
pub fn for_command() -> Found {
    let found = find(&Shelf::new(start::own_themes().0));
    for says in &found.problems {
        super::tell(&format!("jagwalk: {says}"));
    }
    if !found.problems.is_empty() {
        super::tell("         What is wrong there keeps its default.");
    }
    found
}
