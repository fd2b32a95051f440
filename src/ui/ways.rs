//! The ways by which a copied text leaves: which there are here, how much each takes, and what is said afterwards.

use super::{copy::Copied, rows::size, theme::Lookup};

/// Where a program puts a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// A buffer of tmux, from which its own keys paste.
    TmuxBuffer,
    /// The clipboard of this machine.
    Clipboard,
}

/// A program that takes a text on its standard input; never in its arguments, which everyone on the machine can read.
#[derive(Debug)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// Its arguments, the same for every text.
    pub args: &'static [&'static str],
    /// Where it puts the text.
    pub place: Place,
    /// Whether it reads UTF-16, as those of Windows do.
    pub utf16: bool,
    /// It is not asked to take more bytes than this.
    pub most: usize,
    here: fn(&Here<'_>) -> bool,
}

/// What the programs look at.
struct Here<'a> {
    env: Lookup<'a>,
    os: &'a str,
}

impl Here<'_> {
    fn set(&self, name: &str) -> bool {
        (self.env)(name).is_some_and(|value| !value.is_empty())
    }

    /// Over SSH the clipboard of this machine is not the one that the user pastes from.
    fn local(&self) -> bool {
        !self.set("SSH_TTY") && !self.set("SSH_CONNECTION")
    }

    fn wsl(&self) -> bool {
        self.set("WSL_DISTRO_NAME") || self.set("WSL_INTEROP")
    }
}

/// Every program, in the order in which they are tried; of those with one place the first that takes the text is the last.
pub static PROGRAMS: &[Program] = &[
    // -w hands it on to the terminal that tmux is shown in, which has a limit of its own.
    Program {
        name: "tmux",
        args: &["load-buffer", "-w", "-"],
        place: Place::TmuxBuffer,
        utf16: false,
        most: TERMINAL_LIMIT,
        here: |here| here.set("TMUX"),
    },
    // tmux before 3.2 has no -w.
    Program {
        name: "tmux",
        args: &["load-buffer", "-"],
        place: Place::TmuxBuffer,
        utf16: false,
        most: usize::MAX,
        here: |here| here.set("TMUX"),
    },
    Program {
        name: "wl-copy",
        args: &[],
        place: Place::Clipboard,
        utf16: false,
        most: usize::MAX,
        here: |here| here.local() && here.set("WAYLAND_DISPLAY"),
    },
    Program {
        name: "xclip",
        args: &["-selection", "clipboard", "-in"],
        place: Place::Clipboard,
        utf16: false,
        most: usize::MAX,
        here: |here| here.local() && here.set("DISPLAY"),
    },
    Program {
        name: "xsel",
        args: &["--clipboard", "--input"],
        place: Place::Clipboard,
        utf16: false,
        most: usize::MAX,
        here: |here| here.local() && here.set("DISPLAY"),
    },
    Program {
        name: "pbcopy",
        args: &[],
        place: Place::Clipboard,
        utf16: false,
        most: usize::MAX,
        here: |here| here.local() && here.os == "macos",
    },
    Program {
        name: "clip.exe",
        args: &[],
        place: Place::Clipboard,
        utf16: true,
        most: usize::MAX,
        here: |here| here.local() && (here.os == "windows" || here.wsl()),
    },
];

/// The most bytes of a text that are sent to a terminal (OSC 52): hterm takes sequences of 100,000 bytes, which is this
/// much in base64, and whoever sends more to a terminal that has such a limit sends nothing, without a word.
pub const TERMINAL_LIMIT: usize = 74_994;

/// The ways that there are here, beside a file of the user's own, which is always there.
#[derive(Clone, Debug)]
pub struct Ways {
    /// The programs, in the order in which they are tried.
    pub programs: Vec<&'static Program>,
    /// How many bytes the terminal takes; none where it has no clipboard.
    pub terminal: Option<usize>,
}

/// A terminal of which nothing is known.
impl Default for Ways {
    fn default() -> Self {
        Self {
            programs: Vec::new(),
            terminal: Some(TERMINAL_LIMIT),
        }
    }
}

impl Ways {
    /// Finds them in the environment; `os` is the system's name as Rust knows it.
    pub fn of(env: Lookup<'_>, os: &str) -> Self {
        let here = Here { env, os };
        // A console has no clipboard, and would only swallow the text.
        let console = env("TERM").is_none_or(|term| matches!(&*term, "" | "dumb" | "linux"));
        Self {
            programs: PROGRAMS.iter().filter(|way| (way.here)(&here)).collect(),
            terminal: (!console).then_some(TERMINAL_LIMIT),
        }
    }

    /// Tells whether the terminal takes so many bytes.
    pub fn terminal_takes(&self, bytes: usize) -> bool {
        self.terminal.is_some_and(|most| bytes <= most)
    }

    /// Tells whether nothing but a file can take so many bytes.
    pub fn only_file_takes(&self, bytes: usize) -> bool {
        self.programs.is_empty() && !self.terminal_takes(bytes)
    }
}

/// What became of a text that was copied.
#[derive(Debug, Default)]
pub struct Report {
    /// Where it went, in words.
    pub took: Vec<String>,
    /// The file it was written to.
    pub file: Option<String>,
    /// What did not work, a sentence each.
    pub failed: Vec<String>,
}

impl Report {
    /// Says it, and whether it is bad news: nothing is said to be copied that was not.
    pub fn says(&self, copied: &Copied, ways: &Ways) -> (bool, String) {
        let bytes = copied.text.len();
        let (title, along) = (&copied.title, copied.along);
        let what = format!("{title}, {}{along}.", size(bytes as u64));
        let mut says = match (&self.file, &self.took[..]) {
            (Some(file), _) => {
                let why = match ways.terminal {
                    _ if copied.to_file => String::new(),
                    Some(most) if bytes > most => {
                        format!(" The terminal’s clipboard takes {most} bytes.")
                    }
                    _ => " This terminal has no clipboard.".to_owned(),
                };
                format!("Written to {file}, which only you can read: {what}{why}")
            }
            (None, []) => format!("Not copied: {what}"),
            (None, [one]) => format!("Sent to {one}: {what}"),
            (None, [all @ .., last]) => format!("Sent to {} and {last}: {what}", all.join(", ")),
        };
        for failed in &self.failed {
            says.push(' ');
            says.push_str(failed);
        }
        (self.file.is_none() && self.took.is_empty(), says)
    }
}

impl Program {
    /// Says where a text went that it took.
    pub fn took(&self) -> String {
        match self.place {
            Place::TmuxBuffer => "a tmux buffer".to_owned(),
            Place::Clipboard => format!("the clipboard by {}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An environment, a system, and the programs that there are then.
    type Case = (
        &'static [(&'static str, &'static str)],
        &'static str,
        &'static [&'static str],
    );

    /// The names of the programs, and whether the terminal has a clipboard.
    fn of(set: &[(&str, &str)], os: &str) -> (Vec<&'static str>, bool) {
        let find = |name: &str| {
            let known = set.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| (*value).to_owned())
        };
        let ways = Ways::of(&find, os);
        let mut names: Vec<_> = ways.programs.iter().map(|way| way.name).collect();
        names.dedup();
        (names, ways.terminal.is_some())
    }

    const TERM: (&str, &str) = ("TERM", "xterm-256color");

    #[test]
    fn native_clipboards_are_for_those_who_sit_at_the_machine() {
        let rows: &[Case] = &[
            (&[TERM], "linux", &[]),
            (&[TERM, ("TMUX", "/tmp/x,1,0")], "linux", &["tmux"]),
            (&[TERM, ("TMUX", "")], "linux", &[]),
            (&[TERM, ("DISPLAY", ":0")], "linux", &["xclip", "xsel"]),
            (
                &[TERM, ("WAYLAND_DISPLAY", "wayland-0"), ("DISPLAY", ":0")],
                "linux",
                &["wl-copy", "xclip", "xsel"],
            ),
            (
                &[TERM, ("DISPLAY", ":10"), ("SSH_CONNECTION", "a b c d")],
                "linux",
                &[],
            ),
            (
                &[
                    TERM,
                    ("DISPLAY", ":10"),
                    ("SSH_TTY", "/dev/pts/1"),
                    ("TMUX", "x"),
                ],
                "linux",
                &["tmux"],
            ),
            (&[TERM], "macos", &["pbcopy"]),
            (&[TERM, ("SSH_TTY", "/dev/ttys1")], "macos", &[]),
            (&[TERM], "windows", &["clip.exe"]),
            (
                &[TERM, ("WSL_DISTRO_NAME", "Debian")],
                "linux",
                &["clip.exe"],
            ),
        ];
        for (set, os, names) in rows {
            assert_eq!(of(set, os), (names.to_vec(), true), "{set:?} {os}");
        }
        assert_eq!(of(&[("TERM", "linux")], "linux"), (vec![], false));
        assert_eq!(of(&[], "linux"), (vec![], false));
    }

    #[test]
    fn the_terminal_is_sent_no_more_than_it_takes() {
        let ways = Ways::default();
        assert!(ways.terminal_takes(TERMINAL_LIMIT) && !ways.terminal_takes(TERMINAL_LIMIT + 1));
        // As hterm counts: seven bytes before, one behind.
        assert_eq!(TERMINAL_LIMIT.div_ceil(3) * 4 + 8, 100_000);
    }

    #[test]
    fn what_is_said_is_what_happened() {
        let ways = Ways::default();
        let copied = |bytes: usize, along| Copied {
            text: "x".repeat(bytes).into(),
            title: "the ID Token".to_owned(),
            along,
            to_file: false,
        };
        let report = |took: &[&str], file: Option<&str>, failed: &[&str]| Report {
            took: took.iter().map(|&place| place.to_owned()).collect(),
            file: file.map(str::to_owned),
            failed: failed.iter().map(|&says| says.to_owned()).collect(),
        };
        let said = |report: Report, copied: &Copied| report.says(copied, &ways);
        assert_eq!(
            said(
                report(&["a tmux buffer", "the terminal’s clipboard"], None, &[]),
                &copied(812, ", with its secrets")
            ),
            (
                false,
                "Sent to a tmux buffer and the terminal’s clipboard: the ID Token, 812 bytes, with its secrets."
                    .to_owned()
            )
        );
        assert_eq!(
            said(
                report(&[], Some("/run/1/x.txt"), &["xclip ended with exit status 1."]),
                &copied(80_000, "")
            ),
            (
                false,
                "Written to /run/1/x.txt, which only you can read: the ID Token, 80.0 kB. The terminal’s clipboard \
                 takes 74994 bytes. xclip ended with exit status 1."
                    .to_owned()
            )
        );
        assert_eq!(
            said(report(&[], None, &["The disk is full."]), &copied(5, "")),
            (
                true,
                "Not copied: the ID Token, 5 bytes. The disk is full.".to_owned()
            )
        );
    }
}
