//! What can be typed in a plain walk: one table of commands, by word or letter.

use crate::profile::suggest;

/// What a line asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Typed {
    /// Lists the commands.
    Help,
    /// Lists the steps.
    Steps,
    /// Sends a step: the named one, else the one gone to, else the next.
    Send(String),
    /// Sends every step that is left.
    All,
    /// Goes to a step.
    Step(String),
    /// Shows a panel of the step gone to, or of the last one sent.
    ///
    /// With the second, also what is folded on the screen, and what is known of each value.
    Show(&'static str, bool),
    /// Says whose side it is on.
    Verdict,
    /// Writes the text for the other side's administrator.
    HandOff,
    /// Sets a field of the profile, by its path.
    Set(String, String),
    /// Hands in what the browser ended at.
    Paste(String),
    /// Starts a new walk.
    New,
    /// Lists the faults of the lab, or switches the named one.
    Fault(String),
    /// Stores the walk in a file.
    Trace(String),
    /// Answers a question.
    Answer(bool),
    /// Cancels what is in flight.
    Cancel,
    /// Leaves.
    Quit,
}

/// What the walk waits for when a line comes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expects {
    /// A command.
    Command,
    /// A yes or a no.
    Answer,
    /// The address that the browser ended at.
    Redirect,
    /// Nothing: a person enters a code elsewhere.
    Elsewhere,
}

/// One command.
pub struct Entry {
    /// Its word.
    pub word: &'static str,
    /// Its letter.
    pub letter: &'static str,
    /// What follows the word; what may be left out stands in brackets.
    pub takes: &'static str,
    /// What it does.
    pub says: &'static str,
    /// Makes what was asked for of what followed; `None` when that cannot be read.
    make: fn(&str) -> Option<Typed>,
}

/// The panels that can be shown, as `show` and alone.
pub const PANELS: &[&str] = &["request", "answer", "tokens", "findings", "curl", "log"];

/// Every command, as `help` lists them.
pub static COMMANDS: &[Entry] = &[
    Entry {
        word: "send",
        letter: "s",
        takes: "[STEP]",
        says: "Sends the next step, or the one named; an empty line does the same.",
        make: |rest| Some(Typed::Send(rest.to_owned())),
    },
    Entry {
        word: "all",
        letter: "a",
        takes: "",
        says: "Sends every step that is left, to the end.",
        make: |_| Some(Typed::All),
    },
    Entry {
        word: "show",
        letter: "w",
        takes: "request|answer|tokens|findings|curl|log [all]",
        says: "Shows that of the step; the second word alone does the same. With all: the folded parts and a note on each \
               value, too. Secrets are masked.",
        make: shown,
    },
    Entry {
        word: "step",
        letter: "g",
        takes: "STEP",
        says: "Goes to a step, by number or id: show and send speak of it then.",
        make: |rest| Some(Typed::Step(rest.to_owned())),
    },
    Entry {
        word: "list",
        letter: "l",
        takes: "",
        says: "Lists the steps and how they stand.",
        make: |_| Some(Typed::Steps),
    },
    Entry {
        word: "verdict",
        letter: "v",
        takes: "",
        says: "Says what is wrong, whose side it is on, and what to do.",
        make: |_| Some(Typed::Verdict),
    },
    Entry {
        word: "hand-off",
        letter: "o",
        takes: "",
        says: "Writes the text for the other side’s administrator.",
        make: |_| Some(Typed::HandOff),
    },
    Entry {
        word: "set",
        letter: "e",
        takes: "PATH [VALUE]",
        says: "Sets a field of the profile for this walk, or empties it; a secret is env:NAME, file:PATH or cmd:COMMAND.",
        make: set,
    },
    Entry {
        word: "paste",
        letter: "p",
        takes: "ADDRESS",
        says: "Hands in the address that the browser ended at; the address alone does the same.",
        make: |rest| Some(Typed::Paste(rest.to_owned())),
    },
    Entry {
        word: "cancel",
        letter: "c",
        takes: "",
        says: "Stops waiting for the sign-in.",
        make: |_| Some(Typed::Cancel),
    },
    Entry {
        word: "new",
        letter: "n",
        takes: "",
        says: "Starts a new walk: new state, nonce and keys.",
        make: |_| Some(Typed::New),
    },
    Entry {
        word: "fault",
        letter: "f",
        takes: "[ID]",
        says: "Makes the lab's servers misbehave in that way, or well again; alone, lists the ways.",
        make: |rest| Some(Typed::Fault(rest.to_owned())),
    },
    Entry {
        word: "trace",
        letter: "t",
        takes: "FILE",
        says: "Stores the walk in a file, secrets masked.",
        make: |rest| Some(Typed::Trace(rest.to_owned())),
    },
    Entry {
        word: "help",
        letter: "h",
        takes: "",
        says: "Lists the commands.",
        make: |_| Some(Typed::Help),
    },
    Entry {
        word: "quit",
        letter: "q",
        takes: "",
        says: "Leaves; the end of the input does the same.",
        make: |_| Some(Typed::Quit),
    },
];

/// Reads a line.
///
/// # Errors
/// A sentence on what of it is not understood. It never holds what may be a secret.
pub fn read(line: &str, expects: Expects) -> Result<Typed, String> {
    let line = line.trim();
    let (word, rest) = line
        .split_once(char::is_whitespace)
        .map_or((line, ""), |(word, rest)| (word, rest.trim()));
    if is_address(word) {
        return Ok(Typed::Paste(line.to_owned()));
    }
    let word = word.to_lowercase();
    match (expects, word.as_str()) {
        (_, "yes") | (Expects::Answer, "y") => return Ok(Typed::Answer(true)),
        (_, "no") | (Expects::Answer, "n") => return Ok(Typed::Answer(false)),
        (Expects::Command, "") => return Ok(Typed::Send(String::new())),
        (Expects::Answer, "") => return Err("Answer yes or no.".to_owned()),
        (Expects::Redirect | Expects::Elsewhere, "") => {
            return Err("The sign-in is still waited for; cancel stops that.".to_owned());
        }
        (_, "?") => return Ok(Typed::Help),
        (_, "exit") => return Ok(Typed::Quit),
        _ => {}
    }
    if let Some(entry) = find(&word) {
        return made(entry, rest);
    }
    if let Some(shown) = shown(line) {
        return Ok(shown);
    }
    if expects == Expects::Redirect {
        return Ok(Typed::Paste(line.to_owned()));
    }
    Err(unknown(&word))
}

/// Tells whether a line only goes on with the address that was begun in the line before it.
pub fn goes_on(line: &str) -> bool {
    let line = line.trim();
    let word = line.to_lowercase();
    !line.is_empty()
        && !line.contains(char::is_whitespace)
        && !line.contains("://")
        && find(&word).is_none()
        && panel(&word).is_none()
}

/// Tells whether a word is an address, or the part of one that has the answer in it.
pub fn is_address(word: &str) -> bool {
    word.contains("://") || word.contains("code=") || word.contains("state=")
}

fn find(word: &str) -> Option<&'static Entry> {
    COMMANDS
        .iter()
        .find(|entry| entry.word == word || entry.letter == word)
}

fn panel(word: &str) -> Option<&'static str> {
    PANELS
        .iter()
        .copied()
        .find(|panel| panel.eq_ignore_ascii_case(word))
}

fn made(entry: &Entry, rest: &str) -> Result<Typed, String> {
    let Entry { word, takes, .. } = entry;
    if takes.is_empty() && !rest.is_empty() {
        return Err(format!("{word} takes nothing after it."));
    }
    let needed = !takes.is_empty() && !takes.starts_with('[');
    (!needed || !rest.is_empty())
        .then(|| (entry.make)(rest))
        .flatten()
        .ok_or_else(|| format!("{word}: expected {word} {takes}."))
}

/// Reads `request`, and `request all`.
fn shown(rest: &str) -> Option<Typed> {
    let mut words = rest.split_whitespace();
    let panel = panel(words.next()?)?;
    match (words.next(), words.next()) {
        (None, _) => Some(Typed::Show(panel, false)),
        (Some("all"), None) => Some(Typed::Show(panel, true)),
        _ => None,
    }
}

/// Reads `PATH VALUE`, and `PATH=VALUE` as `--set` has it.
fn set(rest: &str) -> Option<Typed> {
    let at = rest.find(|c: char| c == '=' || c.is_whitespace());
    let (path, value) = at.map_or((rest, ""), |at| (&rest[..at], rest[at + 1..].trim_start()));
    let value = value.strip_prefix("= ").unwrap_or(value);
    (!path.is_empty()).then(|| Typed::Set(path.to_owned(), value.to_owned()))
}

/// Names the word only where it looks like one that was mistyped: what was pasted by mistake is not repeated.
fn unknown(word: &str) -> String {
    let harmless = word.len() <= 16 && word.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    if !harmless {
        return "This is no command; help lists them.".to_owned();
    }
    let words = COMMANDS.iter().map(|entry| entry.word);
    match suggest::nearest(word, words.chain(PANELS.iter().copied())) {
        Some(near) => {
            format!("There is no command {word}; did you mean {near}? Help lists them.")
        }
        None => format!("There is no command {word}; help lists them."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_or_letter_means_two_things() {
        let mut seen = vec!["y", "yes", "no"];
        for entry in COMMANDS {
            for name in [entry.word, entry.letter] {
                assert!(!seen.contains(&name), "{name}");
                seen.push(name);
            }
        }
        assert!(PANELS.iter().all(|panel| !seen.contains(panel)));
    }

    #[test]
    fn lines_are_read() {
        let table: &[(&str, Expects, Typed)] = &[
            ("", Expects::Command, Typed::Send(String::new())),
            (" S \n", Expects::Command, Typed::Send(String::new())),
            (
                "send id-jag",
                Expects::Command,
                Typed::Send("id-jag".into()),
            ),
            (
                "show Tokens",
                Expects::Command,
                Typed::Show("tokens", false),
            ),
            ("tokens", Expects::Elsewhere, Typed::Show("tokens", false)),
            ("n", Expects::Answer, Typed::Answer(false)),
            ("n", Expects::Command, Typed::New),
            (
                "set api.url=x=1",
                Expects::Command,
                Typed::Set("api.url".into(), "x=1".into()),
            ),
            (
                "set sso.scope  a b",
                Expects::Command,
                Typed::Set("sso.scope".into(), "a b".into()),
            ),
            (
                "set sso.scope",
                Expects::Command,
                Typed::Set("sso.scope".into(), String::new()),
            ),
            ("AbC9_x", Expects::Redirect, Typed::Paste("AbC9_x".into())),
            ("quit", Expects::Redirect, Typed::Quit),
            (
                "http://127.0.0.1/cb?code=1",
                Expects::Command,
                Typed::Paste("http://127.0.0.1/cb?code=1".into()),
            ),
        ];
        for (line, expects, typed) in table {
            assert_eq!(read(line, *expects).as_ref(), Ok(typed), "{line:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named_unless_it_may_be_a_secret() {
        let table = [
            (
                "sned",
                "There is no command sned; did you mean send? Help lists them.",
            ),
            ("xyzzy", "There is no command xyzzy; help lists them."),
            (
                "SplxlOBeZQQYbYS6WxSbIA",
                "This is no command; help lists them.",
            ),
            ("4-0AbC", "This is no command; help lists them."),
            ("all 3", "all takes nothing after it."),
            ("step", "step: expected step STEP."),
            (
                "show me",
                "show: expected show request|answer|tokens|findings|curl|log [all].",
            ),
        ];
        for (line, says) in table {
            assert_eq!(read(line, Expects::Command), Err(says.to_owned()), "{line}");
        }
        assert!(read("", Expects::Answer).is_err() && read("", Expects::Redirect).is_err());
    }

    #[test]
    fn a_wrapped_address_goes_on_and_a_command_does_not() {
        assert!(goes_on("de=1&state=2") && goes_on("  2 \n"));
        for line in ["", "quit", "s", "tokens", "http://a/?code=2", "show tokens"] {
            assert!(!goes_on(line), "{line}");
        }
    }
}
