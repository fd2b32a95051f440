//! Other programs that take a text: those of the clipboard, an editor, a pager; and files that only their owner can read.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    pin::pin,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{io::AsyncWriteExt as _, process::Command};
use zeroize::Zeroizing;

use crate::ui::{
    away::{How, Text, Visit},
    signals::{self, Signals},
    ways::Program,
};

/// How long a program may take to take a text.
const PATIENCE: Duration = Duration::from_secs(3);

/// Hands a text to a program on its standard input; tells whether there is such a program.
///
/// # Errors
/// A sentence on why it did not take the text.
pub async fn hand(program: &Program, text: &str) -> Result<bool, String> {
    let name = program.name;
    let mut command = Command::new(name);
    // Some stay behind to answer for the clipboard: they must hold nothing of ours open, nor stop when we do.
    command
        .args(program.args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = match command.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        child => child.map_err(|error| format!("{name} could not be started: {error}."))?,
    };
    let pipe = child.stdin.take();
    let bytes = Zeroizing::new(if program.utf16 {
        "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect()
    } else {
        text.as_bytes().to_vec()
    });
    let work = async {
        if let Some(mut pipe) = pipe {
            pipe.write_all(&bytes).await?;
            pipe.shutdown().await?;
        }
        child.wait().await
    };
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(status)) if status.success() => Ok(true),
        Ok(Ok(status)) => Err(format!("{name} {}.", ended(status))),
        Ok(Err(error)) => Err(format!("{name} did not take it: {error}.")),
        Err(_) => Err(format!(
            "{name} did not end within {} s.",
            PATIENCE.as_secs()
        )),
    }
}

/// Writes a text to a new file that only its owner can read (0600), never over one that is there; returns its path.
///
/// # Errors
/// A sentence on why it could not be written.
pub fn keep(kind: &str, ending: &str, text: &[u8]) -> Result<PathBuf, String> {
    let folder = own_folder();
    tempfile::Builder::new()
        .prefix(&format!("jagwalk-{kind}-"))
        .suffix(ending)
        .tempfile_in(&folder)
        .and_then(|mut file| {
            file.write_all(text)?;
            file.into_temp_path().keep().map_err(|error| error.error)
        })
        .map_err(|error| format!("No file could be written in {}: {error}.", folder.display()))
}

/// Lets an editor or a pager have the terminal and a text, and waits for its end; returns the text as it is then.
///
/// # Errors
/// A sentence on why it did not end well, and where what an editor had written is.
pub async fn visit(visit: &Visit) -> Result<Text, String> {
    let env = |name: &str| std::env::var(name).ok();
    match visit.how {
        How::Page => {
            page(&pager(&env, &on_path)?, &visit.text.0).await?;
            Ok(visit.text.clone())
        }
        How::Edit | How::Look => edit(&editor(&env, &on_path)?, visit).await,
    }
}

async fn edit(editor: &str, visit: &Visit) -> Result<Text, String> {
    let failed = |error: io::Error| format!("No file could be written for the editor: {error}.");
    let folder = private_folder().map_err(failed)?;
    let path = folder.path().join(&visit.name);
    write(&path, &visit.text.0, visit.how == How::Look).map_err(failed)?;
    let mut command = shell(editor);
    command.arg(&path);
    let ended_well = lend("editor", editor, command, None).await;
    let left = fs::read(&path).map(Zeroizing::new);
    let why = match (ended_well, &left) {
        (Ok(()), Ok(left)) => match std::str::from_utf8(left) {
            Ok(text) => return Ok(Text::from(text.to_owned())),
            Err(_) => "What the editor left is not UTF-8 text, so it is not taken over.".to_owned(),
        },
        (Ok(()), Err(error)) => {
            return Err(format!(
                "What the editor left cannot be read, so nothing is changed: {error}."
            ));
        }
        (Err(why), _) => format!("{why} Nothing is taken over."),
    };
    // It may have saved a part of the work before.
    match left {
        Ok(left) if visit.how == How::Edit && left[..] != *visit.text.0.as_bytes() => {
            Err(match keep("edited", ".txt", &left) {
                Ok(path) => format!("{why} What it had written is in {}.", path.display()),
                Err(error) => format!("{why} What it had written is lost: {error}"),
            })
        }
        _ => Err(why),
    }
}

async fn page(pager: &str, text: &str) -> Result<(), String> {
    let mut command = shell(pager);
    // less may be told to end at once where all fits on one screen: nobody would see it.
    if let Ok(options) = std::env::var("LESS") {
        command.env("LESS", format!("{options} -+F"));
    }
    command.stdin(Stdio::piped());
    lend("pager", pager, command, Some(text)).await
}

/// Lets a program have the terminal, and waits for its end.
async fn lend(
    kind: &str,
    name: &str,
    mut command: Command,
    text: Option<&str>,
) -> Result<(), String> {
    let failed = |error: io::Error| format!("The {kind} `{name}` could not be started: {error}.");
    let mut signals = Signals::new().map_err(failed)?;
    let mut child = command.spawn().map_err(failed)?;
    let (id, pipe) = (child.id(), child.stdin.take());
    let work = async {
        if let (Some(mut pipe), Some(text)) = (pipe, text) {
            // Whoever leaves before the end has seen enough.
            let _ = pipe.write_all(text.as_bytes()).await;
        }
        child.wait().await
    };
    let mut work = pin!(work);
    let mut leaving = false;
    loop {
        tokio::select! {
            biased;
            signal = signals.any() => {
                // Whoever tells us to leave tells the program that has the terminal as well.
                leaving = true;
                if let Some(program) = id {
                    signals::pass_on(signal, program);
                }
            }
            status = &mut work => {
                if leaving {
                    // How it ended is its own way to keep the user's work, and looks like any end.
                    return Err(format!("The {kind} `{name}` was told to end, as jagwalk was."));
                }
                return outcome(kind, name, status.map_err(failed)?);
            }
        }
    }
}

/// A command as its variable has it, arguments and all; what is added to it are further arguments, as git does it.
#[cfg(unix)]
fn shell(text: &str) -> Command {
    // Where it is one program, the shell makes room for it: a signal for what we started then reaches the program.
    let one = !text.contains(|c| "|&;<>()$`*?[#~=%{}!\n".contains(c));
    let exec = if one { "exec " } else { "" };
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{exec}{text} \"$@\""))
        .arg(text);
    command
}

#[cfg(not(unix))]
fn shell(text: &str) -> Command {
    let mut words = text.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

/// Says how a program ended that did not end well.
fn outcome(kind: &str, name: &str, status: ExitStatus) -> Result<(), String> {
    match status.code() {
        Some(0) => Ok(()),
        // As the shell says it.
        Some(127) => Err(format!("The {kind} `{name}` was not found.")),
        Some(126) => Err(format!("The {kind} `{name}` cannot be run.")),
        _ => Err(format!("The {kind} `{name}` {}.", ended(status))),
    }
}

fn ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    match (status.code(), signal) {
        (_, Some(signal)) => format!("was killed by signal {signal}"),
        // A shell says so of what it started.
        (Some(code @ 129..=192), _) => format!("was killed by signal {}", code - 128),
        (Some(code), _) => format!("ended with exit status {code}"),
        (None, None) => "did not end well".to_owned(),
    }
}

/// The editor's command: what the user says, else one that is there.
fn editor(
    env: &dyn Fn(&str) -> Option<String>,
    there: &dyn Fn(&str) -> bool,
) -> Result<String, String> {
    said(env, &["VISUAL", "EDITOR"])
        .or_else(|| first(&["vi", "vim", "nano", "notepad.exe"], there))
        .ok_or_else(|| {
            "There is no editor: neither VISUAL nor EDITOR is set, and vi, vim and nano were not found.".to_owned()
        })
}

/// The pager's command: what the user says, unless that only prints, else one that is there.
fn pager(
    env: &dyn Fn(&str) -> Option<String>,
    there: &dyn Fn(&str) -> bool,
) -> Result<String, String> {
    said(env, &["PAGER"])
        .filter(|pager| !only_prints(pager))
        .or_else(|| {
            first(&["less", "more", "more.com"], there).map(|name| {
                if name == "less" {
                    LESS.to_owned()
                } else {
                    name
                }
            })
        })
        .ok_or_else(|| {
            "There is no pager: PAGER is not set, and less and more were not found.".to_owned()
        })
}

/// Tells whether a command shows a text and is gone at once, whatever its options: nobody would see it.
fn only_prints(command: &str) -> bool {
    let program = command.split_whitespace().next().unwrap_or_default();
    Path::new(program)
        .file_name()
        .is_some_and(|name| name == "cat")
}

/// -R, for what colours there may be; without -F, which ends at once where all fits on one screen.
const LESS: &str = "less -R -+F";

fn said(env: &dyn Fn(&str) -> Option<String>, names: &[&str]) -> Option<String> {
    let mut set = names.iter().filter_map(|name| env(name));
    set.find(|value| !value.trim().is_empty())
}

fn first(names: &[&str], there: &dyn Fn(&str) -> bool) -> Option<String> {
    let name = names.iter().find(|name| there(name))?;
    Some((*name).to_owned())
}

fn on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Where files of the user's own go: in memory and gone with the session, where the system has such a place.
fn own_folder() -> PathBuf {
    std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|folder| folder.is_dir())
        .unwrap_or_else(std::env::temp_dir)
}

/// A folder that nobody else can look into (0700), with what editors put beside their file; it goes with this value.
fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("jagwalk-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(own_folder())
}

fn write(path: &Path, text: &str, only_to_look: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if only_to_look { 0o400 } else { 0o600 });
    let _ = only_to_look;
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn the_editor_is_the_users_own_else_one_that_is_there() {
        let set = |names: &'static [(&str, &str)]| {
            move |name: &str| {
                let known = names.iter().find(|(known, _)| *known == name);
                known.map(|(_, value)| (*value).to_owned())
            }
        };
        let all = |_: &str| true;
        let both = set(&[("VISUAL", "code -w"), ("EDITOR", "vi")]);
        assert_eq!(editor(&both, &all).as_deref(), Ok("code -w"));
        let one = set(&[("VISUAL", " "), ("EDITOR", "emacsclient -t -a ''")]);
        assert_eq!(editor(&one, &all).as_deref(), Ok("emacsclient -t -a ''"));
        assert_eq!(editor(&none, &|name| name == "nano").as_deref(), Ok("nano"));
        assert!(
            editor(&none, &|_| false).is_err_and(|says| says.contains("neither VISUAL nor EDITOR"))
        );

        assert_eq!(
            pager(&set(&[("PAGER", "most")]), &all).as_deref(),
            Ok("most")
        );
        assert_eq!(pager(&set(&[("PAGER", "cat")]), &all).as_deref(), Ok(LESS));
        assert!(["cat", "cat -A", "/bin/cat"].into_iter().all(only_prints));
        assert!(!only_prints("less -R") && !only_prints("bat"));
        assert_eq!(pager(&none, &|name| name == "more").as_deref(), Ok("more"));
        assert!(pager(&none, &|_| false).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_written_is_for_its_owner_alone_and_goes_with_its_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = private_folder().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, "x", false).unwrap();
        assert_eq!((mode(folder.path()), mode(&path)), (0o700, 0o600));
        let copy = folder.path().join("b.txt");
        write(&copy, "x", true).unwrap();
        assert_eq!(mode(&copy), 0o400);
        let gone = folder.path().to_owned();
        drop(folder);
        assert!(!gone.exists());

        let kept = keep("test", ".txt", b"y").unwrap();
        assert_eq!(mode(&kept), 0o600);
        assert_eq!(fs::read(&kept).unwrap(), b"y");
        fs::remove_file(kept).unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_command_has_its_arguments_and_its_end_is_told() {
        let visit = Visit {
            errand: crate::ui::away::Errand::Body,
            how: How::Edit,
            name: "a b.txt".to_owned(),
            text: Text::from("one\n".to_owned()),
        };
        let mine = "f() { cat \"$2\" >\"$2.new\" && echo \"$1\" >>\"$2.new\" && mv \"$2.new\" \"$2\"; }; f two";
        assert_eq!(
            edit(mine, &visit).await.map(|text| text.0.to_string()),
            Ok("one\ntwo\n".to_owned())
        );
        let wrong = async |editor: &str| edit(editor, &visit).await.map(|_| ()).unwrap_err();
        assert!(
            wrong("no-such-editor -w")
                .await
                .contains("`no-such-editor -w` was not found")
        );
        assert!(
            wrong("exit 3;")
                .await
                .contains("ended with exit status 3. Nothing is taken over.")
        );
        assert!(
            wrong("kill -9 $$;")
                .await
                .contains("was killed by signal 9")
        );
        assert!(wrong("rm").await.contains("cannot be read"));

        for (editor, why, left) in [
            (
                "f() { echo half >\"$1\"; exit 1; }; f",
                "exit status 1",
                &b"half\n"[..],
            ),
            (
                "f() { printf '\\377' >\"$1\"; }; f",
                "is not UTF-8 text",
                b"\xff",
            ),
        ] {
            let says = wrong(editor).await;
            assert!(says.contains(why), "{says}");
            let path = says
                .split("had written is in ")
                .nth(1)
                .expect("it is named");
            let path = path.trim_end_matches('.');
            assert_eq!(fs::read(path).unwrap(), left);
            fs::remove_file(path).unwrap();
        }
    }
}
