//! Borrows the terminal and gives it back on every way out: at the end, while suspended, and in a panic.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Stdout, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{Command, cursor, execute, queue, style, terminal};
use ratatui::backend::Backend;
use ratatui::layout::{Position, Rect, Size};
use ratatui::{Frame, Terminal};
use tokio::sync::{Notify, oneshot};

use super::link::Link;
use super::pen::{Pen, Takes};
use super::theme::Lookup;

/// The terminal while it is ours: raw mode, the alternate screen, bracketed paste; the mouse when asked for; no window
/// title.
///
/// Dropping it gives the terminal back. There is one at a time, because there is one terminal.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal<Pen<Stdout>>,
    takes: Takes,
    /// How the terminal was found.
    found: Settings,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When standard output is not a terminal, or does not take commands.
    pub fn enter() -> io::Result<Self> {
        if !io::stdout().is_terminal() {
            return Err(io::Error::other(
                "The screen needs a terminal; standard output is none.",
            ));
        }
        give_back_in_a_panic();
        let found = Settings::of_now();
        take()?;
        let takes = takes(&|name| std::env::var(name).ok());
        match Terminal::new(Pen::new(io::stdout(), takes)) {
            Ok(terminal) => Ok(Self {
                terminal,
                takes,
                found,
            }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Draws one frame, with the places that lead to an address.
    ///
    /// # Errors
    /// When the terminal is gone, or a panic in another task has given it back: then nothing may be drawn any more.
    pub fn draw(&mut self, links: Vec<Link>, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if !OURS.load(Ordering::SeqCst) {
            return Err(lost());
        }
        if self.terminal.backend_mut().set_links(links) {
            self.forget_cells()?;
        }
        self.terminal.draw(view).map(|_| ())
    }

    /// Returns the size in cells.
    ///
    /// # Errors
    /// When the terminal does not tell.
    pub fn size(&self) -> io::Result<Size> {
        self.terminal.size()
    }

    /// Makes the next frame write every cell, as ctrl-l asks for.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn forget_cells(&mut self) -> io::Result<()> {
        // Not `Terminal::clear`: it asks for the cursor's place, and a terminal that does not answer costs two seconds.
        let size = self.terminal.size()?;
        self.terminal.backend_mut().forget();
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }

    /// Gives the terminal back while `outside` runs (an editor, a stopped job), and takes it again.
    ///
    /// Whoever reads events must stop before, or it steals the keys meant for the other program.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub async fn away<T>(&mut self, outside: impl Future<Output = T>) -> io::Result<T> {
        self.terminal.backend_mut().flush()?;
        give_back();
        let answer = outside.await;
        // Whoever was killed has left its own settings, and they would be taken for the user's.
        self.found.put_back();
        mend();
        take()?;
        self.forget_cells()?;
        Ok(answer)
    }

    /// Stops the process group, as ctrl-z in any program; returns when the shell continues it.
    ///
    /// To be called on the main thread: the signal then arrives before the call returns.
    ///
    /// # Errors
    /// When the signal cannot be sent, or the terminal not be taken again.
    #[cfg(unix)]
    pub async fn suspend(&mut self) -> io::Result<()> {
        use rustix::process::{Signal, kill_current_process_group};
        self.away(async { kill_current_process_group(Signal::TSTP) })
            .await??;
        Ok(())
    }

    /// Does nothing where there is no job control.
    ///
    /// # Errors
    /// None.
    #[cfg(not(unix))]
    #[allow(clippy::unused_async, reason = "as on unix")]
    pub async fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Takes the mouse, or leaves it to the terminal; nothing is written where it is so already.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn catch_mouse(&mut self, wanted: bool) -> io::Result<()> {
        if MOUSE.swap(wanted, Ordering::SeqCst) == wanted {
            return Ok(());
        }
        // Nothing of a frame is waiting: every frame is flushed.
        if wanted {
            execute!(io::stdout(), CatchMouse)
        } else {
            execute!(io::stdout(), LeaveMouse)
        }
    }

    /// Asks the terminal something, unless it would print the question; tells whether it was asked.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn ask(&mut self, question: &str) -> io::Result<bool> {
        if !self.takes.questions {
            return Ok(false);
        }
        let backend = self.terminal.backend_mut();
        backend.tell(question);
        backend.flush()?;
        Ok(true)
    }

    /// Asks the terminal to put the text on the clipboard (OSC 52); whether it did, nobody says.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn write_clipboard(&mut self, text: &str) -> io::Result<()> {
        let through = Multiplexer::of(&|name| std::env::var(name).ok());
        let backend = self.terminal.backend_mut();
        backend.tell(&clipboard_command(text, through));
        backend.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // What is still buffered belongs to our screen, not to the one beneath.
        let _ = self.terminal.backend_mut().flush();
        give_back();
    }
}

/// Tells what the terminal can be told.
///
/// Whether it takes frames (mode 2026) could be asked (DECRQM), but the answer ends in a way that the reader of keys does
/// not know: it would swallow all keys up to the next `u` or `c`. So they go only to terminals that say by name that they
/// are one of those that take them. Multiplexers draw a screen of their own, and what they inherited of the environment
/// speaks of the terminal around them.
fn takes(env: Lookup<'_>) -> Takes {
    let set = |name| env(name).is_some_and(|value| !value.is_empty());
    let term = env("TERM").unwrap_or_default();
    let program = env("TERM_PROGRAM").unwrap_or_default();
    let screen = set("STY") || term.starts_with("screen") && !set("TMUX");
    let plain = screen || PLAIN.contains(&&*term);
    let multiplexer = set("TMUX") || term.starts_with("tmux");
    let named = FRAMES.iter().any(|known| term.starts_with(known))
        || FRAME_PROGRAMS.contains(&&*program)
        || set("WT_SESSION");
    Takes {
        // Consoles and old multiplexers would print them.
        links: !plain,
        questions: !plain,
        frames: named && !plain && !multiplexer,
        erases_some: !matches!(
            &*term,
            "" | "dumb" | "ansi" | "vt100" | "vt102" | "cons25" | "sun"
        ),
        erases_in_colour: !plain,
    }
}

/// The `TERM` of consoles and of what stands for them.
const PLAIN: [&str; 9] = [
    "", "dumb", "linux", "ansi", "vt100", "vt102", "vt220", "cons25", "sun",
];

/// How the `TERM` of terminals begins that take whole frames.
const FRAMES: [&str; 7] = [
    "xterm-kitty",
    "xterm-ghostty",
    "alacritty",
    "foot",
    "contour",
    "wezterm",
    "rio",
];

/// What such terminals call themselves.
const FRAME_PROGRAMS: [&str; 6] = [
    "iTerm.app",
    "WezTerm",
    "ghostty",
    "contour",
    "mintty",
    "rio",
];

/// A program between us and the terminal that must be told to let a command through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Multiplexer {
    None,
    Tmux,
    Screen,
}

impl Multiplexer {
    fn of(env: Lookup<'_>) -> Self {
        let set = |name| env(name).is_some_and(|value| !value.is_empty());
        match (set("TMUX"), set("STY")) {
            (true, _) => Self::Tmux,
            (false, true) => Self::Screen,
            (false, false) => Self::None,
        }
    }
}

fn clipboard_command(text: &str, through: Multiplexer) -> String {
    let mut plain = String::new();
    // Writing to a string does not fail.
    let _ = CopyToClipboard::to_clipboard_from(text).write_ansi(&mut plain);
    match through {
        Multiplexer::None => plain,
        // tmux takes the plain form with `set-clipboard on` and the wrapped one with `allow-passthrough on`; neither is
        // its default, so whoever set one of them is served.
        Multiplexer::Tmux => {
            let doubled = plain.replace(ESC, "\x1b\x1b");
            format!("{plain}{ESC}Ptmux;{doubled}{ESC}\\")
        }
        // screen ends its wrapper at the first ESC \, so the command inside ends with BEL; and it takes short pieces only.
        Multiplexer::Screen => {
            let inner = plain.strip_suffix("\x1b\\").unwrap_or(&plain).to_owned() + "\x07";
            let mut wrapped = String::new();
            let mut rest = inner.as_str();
            while !rest.is_empty() {
                // The command is ASCII, so every place in it is a boundary.
                let (piece, after) = rest.split_at(rest.len().min(SCREEN_PIECE));
                let _ = write!(wrapped, "{ESC}P{piece}{ESC}\\");
                rest = after;
            }
            wrapped
        }
    }
}

/// The terminal's own settings: echo, line by line or key by key, and so on.
#[derive(Debug)]
struct Settings {
    #[cfg(unix)]
    settings: Option<rustix::termios::Termios>,
}

impl Settings {
    #[cfg(unix)]
    fn of_now() -> Self {
        Self {
            settings: rustix::termios::tcgetattr(io::stdin()).ok(),
        }
    }

    /// Puts them back; where that cannot be done, nothing is lost by it.
    #[cfg(unix)]
    fn put_back(&self) {
        if let Some(settings) = &self.settings {
            let _ = rustix::termios::tcsetattr(
                io::stdin(),
                rustix::termios::OptionalActions::Now,
                settings,
            );
        }
    }

    #[cfg(not(unix))]
    fn of_now() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    fn put_back(&self) {}
}

/// Switches off whatever a program may have left on that did not end well; a terminal where nothing is on takes no notice.
fn mend() {
    let mut out = io::stdout();
    let _ = out.write_all(MEND.as_bytes()).and_then(|()| out.flush());
}

/// Mouse and focus reports, keys in other forms, another character set, insert mode, a part that scrolls, no line wrap,
/// styles. The cursor stays where the shell had it; and the alternate screen is not left, for whoever enters it twice is
/// in it once.
const MEND: &str = concat!(
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1004l",
    "\x1b[?1l\x1b>\x1b[>4;0m\x1b[=0u",
    "\x1b7\x1b[r\x1b8\x0f\x1b(B\x1b[4l\x1b[?7h\x1b[0m",
);

fn take() -> io::Result<()> {
    OURS.store(true, Ordering::SeqCst);
    let taken = terminal::enable_raw_mode().and_then(|()| {
        execute!(
            io::stdout(),
            EnterAlternateScreen,
            EnableBracketedPaste,
            cursor::Hide
        )?;
        if MOUSE.load(Ordering::SeqCst) {
            execute!(io::stdout(), CatchMouse)?;
        }
        Ok(())
    });
    if taken.is_err() {
        give_back();
    }
    taken
}

/// Restores what `take` changed, once; errors are of no use to anyone here.
fn give_back() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if MOUSE.load(Ordering::SeqCst) {
        let _ = queue!(out, LeaveMouse);
    }
    let _ = queue!(
        out,
        DisableBracketedPaste,
        style::SetAttribute(style::Attribute::Reset),
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = out.flush();
    let _ = terminal::disable_raw_mode();
}

/// Lets a panic print its message on the user's own screen.
fn give_back_in_a_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
            PANICKED.notify_one();
        }));
    });
}

/// Waits for a panic in another task: it gave the terminal back, so nothing can be shown any more.
pub async fn given_back() {
    PANICKED.notified().await;
}

/// Waits until nobody is at the other end of the terminal any more: for ever, where that cannot be seen.
///
/// The reader of keys does not see it: it would read the end of its input again and again. And no signal tells of it
/// where a shell between the terminal and us keeps SIGHUP to itself.
#[cfg(unix)]
pub fn cut() -> impl Future<Output = ()> {
    use rustix::event::{PollFd, PollFlags, poll};
    let (tell, told) = oneshot::channel();
    // A thread, not the runtime: this one asks for no keys, so it sleeps until the end.
    std::thread::spawn(move || {
        let input = io::stdin();
        let mut line = [PollFd::new(&input, PollFlags::empty())];
        while poll(&mut line, None) == Err(rustix::io::Errno::INTR) {}
        let gone = PollFlags::HUP | PollFlags::ERR;
        if line[0].revents().intersects(gone) {
            // Whoever hears nothing any more has left.
            let _ = tell.send(());
        }
    });
    async move {
        if told.await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Waits for ever: where a terminal is a window, it closes with us.
#[cfg(not(unix))]
pub async fn cut() {
    std::future::pending().await
}

/// Tells whether an error says that the terminal is gone: whoever writes may learn of it before whoever waits for it.
#[cfg(unix)]
pub fn is_gone(error: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::IO)
}

/// A window closes with us.
#[cfg(not(unix))]
pub fn is_gone(_error: &io::Error) -> bool {
    false
}

/// What [`Screen::draw`] and the loop say once the terminal is no longer ours.
pub fn lost() -> io::Error {
    io::Error::other("it was given back after a panic")
}

/// Asks for the mouse: its buttons, its wheel, and where it is dragged to, in the form that has no limit of columns.
///
/// Not crossterm's own command: that asks for every movement, too, and each would be bytes over a slow line.
struct CatchMouse;

/// Takes that back.
struct LeaveMouse;

impl Command for CatchMouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1000h\x1b[?1002h\x1b[?1006h")
    }

    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        crossterm::event::EnableMouseCapture.execute_winapi()
    }
}

impl Command for LeaveMouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1006l\x1b[?1002l\x1b[?1000l")
    }

    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        crossterm::event::DisableMouseCapture.execute_winapi()
    }
}

/// Whether the mouse is caught while the terminal is ours.
static MOUSE: AtomicBool = AtomicBool::new(false);
static OURS: AtomicBool = AtomicBool::new(false);
static PANICKED: Notify = Notify::const_new();

const ESC: char = '\x1b';
const SCREEN_PIECE: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clipboard_command_is_osc_52() {
        assert_eq!(
            clipboard_command("hello", Multiplexer::None),
            "\x1b]52;c;aGVsbG8=\x1b\\"
        );
    }

    #[test]
    fn consoles_and_screen_are_spared_what_they_would_print() {
        let with = |pairs: &[(&str, &str)]| {
            takes(&|asked| {
                let found = pairs.iter().find(|(name, _)| *name == asked);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let nothing = Takes::default();
        assert_eq!(with(&[]), nothing);
        assert_eq!(with(&[("TERM", "dumb")]), nothing);
        let console = Takes {
            erases_some: true,
            ..nothing
        };
        let linux = [("TERM", "linux"), ("TERM_PROGRAM", "WezTerm")];
        assert_eq!(with(&linux), console);
        assert_eq!(with(&[("TERM", "xterm-kitty"), ("STY", "1.tty")]), console);
        // Over SSH, only the name of it comes along.
        assert_eq!(with(&[("TERM", "screen.xterm-256color")]), console);
        let usual = Takes {
            links: true,
            questions: true,
            frames: false,
            erases_some: true,
            erases_in_colour: true,
        };
        assert_eq!(with(&[("TERM", "xterm-256color")]), usual);
        let whole = Takes {
            frames: true,
            ..usual
        };
        assert_eq!(with(&[("TERM", "xterm-kitty")]), whole);
        assert_eq!(
            with(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")]),
            whole
        );
        assert_eq!(
            with(&[("TERM", "xterm-256color"), ("WT_SESSION", "1")]),
            whole
        );
        // In tmux, what is left of the terminal around it.
        for term in ["tmux-256color", "screen-256color"] {
            let inside = [("TERM", term), ("TMUX", "/tmp/x"), ("WT_SESSION", "1")];
            assert_eq!(
                takes(&|asked| inside
                    .iter()
                    .find(|(name, _)| *name == asked)
                    .map(|(_, value)| (*value).to_owned())),
                usual,
                "{term}"
            );
        }
    }

    #[test]
    fn tmux_gets_it_plain_and_wrapped_with_doubled_escapes() {
        assert_eq!(
            clipboard_command("hello", Multiplexer::Tmux),
            "\x1b]52;c;aGVsbG8=\x1b\\\x1bPtmux;\x1b\x1b]52;c;aGVsbG8=\x1b\x1b\\\x1b\\"
        );
    }

    #[test]
    fn screen_gets_short_pieces_that_join_to_the_whole() {
        let command = clipboard_command(&"token".repeat(300), Multiplexer::Screen);
        let pieces: Vec<_> = command
            .split("\x1b\\")
            .filter(|piece| !piece.is_empty())
            .collect();
        assert!(pieces.len() > 1);
        assert!(
            pieces
                .iter()
                .all(|piece| piece.starts_with("\x1bP") && piece.len() < 256)
        );
        let joined: String = pieces.iter().map(|piece| &piece[2..]).collect();
        let plain = clipboard_command(&"token".repeat(300), Multiplexer::None);
        assert_eq!(joined, plain.replace("\x1b\\", "\x07"));
    }

    #[test]
    fn the_inner_multiplexer_is_the_one_to_ask() {
        let of = |names: &'static [&str]| {
            Multiplexer::of(&|name| names.contains(&name).then(|| "1".to_owned()))
        };
        assert_eq!(of(&[]), Multiplexer::None);
        assert_eq!(of(&["TMUX"]), Multiplexer::Tmux);
        assert_eq!(of(&["STY"]), Multiplexer::Screen);
        assert_eq!(of(&["TMUX", "STY"]), Multiplexer::Tmux);
    }
}
