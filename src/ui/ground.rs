//! The terminal's own background, as it tells it: its answer comes among the keys, and none of it may act as one.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::theme::{Mood, depth::Rgb};

/// What asks a terminal for its background (OSC 11). It ends with BEL, and so will the answer: an ESC less that a slow
/// line could part from what belongs to it.
pub const QUESTION: &str = "\x1b]11;?\x07";

/// Listens to the keys for the answer.
///
/// The reader of keys does not know such answers: `ESC ] 1 1 ; …` comes as alt-], two ones, a semicolon and so on, and
/// where a line is so slow that a read ends after the ESC, as the key Esc and a bracket. What may be the beginning of an
/// answer is held until it is clear what it is, or until nothing followed for a time and [`Listener::let_go`] is called.
#[derive(Debug, Default)]
pub struct Listener {
    asked: bool,
    held: Vec<KeyEvent>,
    /// What is held, as the bytes that it was.
    text: String,
    told: Option<Mood>,
}

/// What a text is on the way to an answer.
enum Fit {
    /// It is none, and never becomes one.
    None,
    /// It may become one; people can type that.
    Perhaps,
    /// It is the beginning of one; nobody types that.
    Surely,
    /// It is one, with this in it.
    Whole(String),
}

impl Listener {
    /// Begins to listen: the question was asked.
    pub fn asked(&mut self) {
        self.asked = true;
    }

    /// Tells whether the answer is still to come.
    pub fn is_waiting(&self) -> bool {
        self.asked
    }

    /// Returns how long what is held may wait for what follows it; `None` where nothing is held.
    pub fn patience(&self) -> Option<Duration> {
        match fit(&self.text) {
            _ if self.held.is_empty() => None,
            // A person may have typed it, and waits for its effect.
            Fit::Perhaps => Some(Duration::from_millis(100)),
            _ => Some(Duration::from_secs(2)),
        }
    }

    /// Takes a key; returns those that are the user's. An Esc alone is held only while the answer is `fresh`, soon after
    /// the question: later it is the user's.
    pub fn hear(&mut self, key: KeyEvent, fresh: bool) -> Vec<KeyEvent> {
        if !self.asked || self.held.is_empty() && key.code == KeyCode::Esc && !fresh {
            return vec![key];
        }
        let Some(bytes) = bytes(&key) else {
            return self.give_up(Some(key));
        };
        self.held.push(key);
        self.text.push_str(&bytes);
        match fit(&self.text) {
            Fit::Perhaps | Fit::Surely => Vec::new(),
            Fit::Whole(body) => {
                self.told = colour(&body).map(Mood::of);
                *self = Self {
                    told: self.told,
                    ..Self::default()
                };
                Vec::new()
            }
            Fit::None => {
                // It may be the first of an answer that comes after all.
                let last = self.held.pop();
                self.text.truncate(self.text.len() - bytes.len());
                let mut keys = self.give_up(None);
                keys.extend(last.into_iter().flat_map(|key| {
                    if keys_begin(&key) {
                        self.hear(key, fresh)
                    } else {
                        vec![key]
                    }
                }));
                keys
            }
        }
    }

    /// Gives back what is held, because nothing came after it: the user typed it. Of an answer that broke off nothing
    /// comes back.
    pub fn let_go(&mut self) -> Vec<KeyEvent> {
        self.give_up(None)
    }

    /// Returns what the terminal told of its background, once.
    pub fn told(&mut self) -> Option<Mood> {
        self.told.take()
    }

    /// Gives back what is held and the key after it; of an answer that breaks off nothing.
    fn give_up(&mut self, key: Option<KeyEvent>) -> Vec<KeyEvent> {
        let broken = matches!(fit(&self.text), Fit::Surely);
        let mut keys = std::mem::take(&mut self.held);
        self.text.clear();
        if broken {
            // There will be no other.
            self.asked = false;
            keys.clear();
        }
        keys.extend(key);
        keys
    }
}

/// Tells whether an answer can begin with a key.
fn keys_begin(key: &KeyEvent) -> bool {
    bytes(key).is_some_and(|text| matches!(fit(&text), Fit::Perhaps))
}

fn fit(text: &str) -> Fit {
    let Some(body) = text.strip_prefix(BEGIN) else {
        return if BEGIN.starts_with(text) {
            Fit::Perhaps
        } else {
            Fit::None
        };
    };
    for end in ["\x07", "\x1b\\"] {
        if let Some(body) = body.strip_suffix(end) {
            return Fit::Whole(body.to_owned());
        }
    }
    let body = body.strip_suffix('\x1b').unwrap_or(body);
    // Whatever a terminal may call a colour: better a key of the user's is lost than that one of its answer acts.
    if body.len() <= LONGEST && body.chars().all(|c| matches!(c, ' '..='~')) {
        Fit::Surely
    } else {
        Fit::None
    }
}

/// Returns the bytes that came as a key, if they can be part of an answer.
fn bytes(key: &KeyEvent) -> Option<String> {
    let held = key.modifiers - KeyModifiers::SHIFT;
    match key.code {
        KeyCode::Esc if held.is_empty() => Some("\x1b".to_owned()),
        KeyCode::Char('g') if held == KeyModifiers::CONTROL => Some("\x07".to_owned()),
        KeyCode::Char(c) if c.is_ascii() && held.is_empty() => Some(c.to_string()),
        KeyCode::Char(c) if c.is_ascii() && held == KeyModifiers::ALT => Some(format!("\x1b{c}")),
        _ => None,
    }
}

/// Reads a colour as X11 writes it: `rgb:` and three numbers of one to four digits, or `#` and six digits.
fn colour(body: &str) -> Option<Rgb> {
    let parts: Vec<&str> = if let Some(digits) = body.strip_prefix('#') {
        if digits.len() != 6 {
            return None;
        }
        vec![&digits[..2], &digits[2..4], &digits[4..]]
    } else {
        let (kind, numbers) = body.split_once(':')?;
        let count = match kind {
            "rgb" => 3,
            "rgba" => 4,
            _ => return None,
        };
        let all: Vec<&str> = numbers.split('/').collect();
        if all.len() != count {
            return None;
        }
        all[..3].to_vec()
    };
    let part = |digits: &&str| {
        let most = match digits.len() {
            1..=4 => (1_u32 << (4 * digits.len())) - 1,
            _ => return None,
        };
        let number = u32::from_str_radix(digits, 16).ok()?;
        u8::try_from(number * 255 / most).ok()
    };
    let [r, g, b] = parts
        .iter()
        .map(part)
        .collect::<Option<Vec<_>>>()?
        .try_into()
        .ok()?;
    Some([r, g, b])
}

const BEGIN: &str = "\x1b]11;";

/// `rgba:` and four numbers of four digits are shorter, and so is the name of any colour.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(c: char) -> KeyEvent {
        let shift = if c.is_uppercase() {
            KeyModifiers::SHIFT
        } else {
            KeyModifiers::NONE
        };
        KeyEvent::new(KeyCode::Char(c), shift)
    }

    fn alt(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT)
    }

    fn esc() -> KeyEvent {
        KeyCode::Esc.into()
    }

    fn bel() -> KeyEvent {
        KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL)
    }

    /// The keys of a read, as the reader makes them: an ESC before something is an Alt, one at the end is an Esc.
    fn read(bytes: &str) -> Vec<KeyEvent> {
        let mut keys = Vec::new();
        let mut chars = bytes.chars();
        while let Some(c) = chars.next() {
            keys.push(match c {
                '\x1b' => chars.next().map_or_else(esc, alt),
                '\x07' => bel(),
                c => plain(c),
            });
        }
        keys
    }

    /// Hears reads; returns the keys that were let through, and what was told.
    fn hear(reads: &[&str]) -> (Vec<KeyEvent>, Option<Mood>) {
        let mut listener = Listener::default();
        listener.asked();
        let keys = reads.iter().flat_map(|bytes| read(bytes));
        let keys = keys.flat_map(|key| listener.hear(key, true)).collect();
        (keys, listener.told())
    }

    #[test]
    fn an_answer_is_heard_wherever_the_line_cuts_it() {
        let light = "\x1b]11;rgb:ffff/fFfF/eeee";
        for end in ["\x07", "\x1b\\"] {
            let answer = format!("{light}{end}");
            for cut in 0..=answer.len() {
                let (before, after) = answer.split_at(cut);
                assert_eq!(
                    hear(&[before, after]),
                    (Vec::new(), Some(Mood::Light)),
                    "{cut}"
                );
            }
            let each: Vec<String> = answer.chars().map(String::from).collect();
            let each: Vec<&str> = each.iter().map(String::as_str).collect();
            assert_eq!(hear(&each), (Vec::new(), Some(Mood::Light)));
        }
    }

    #[test]
    fn colours_are_read_at_every_depth() {
        let table = [
            ("rgb:0000/0000/0000", Some(Mood::Dark)),
            ("rgb:1e1e/1e1e/2e2e", Some(Mood::Dark)),
            ("rgb:ff/ff/ff", Some(Mood::Light)),
            ("rgb:f/f/e", Some(Mood::Light)),
            ("rgba:ffff/ffff/ffff/8000", Some(Mood::Light)),
            ("#fdf6e3", Some(Mood::Light)),
            ("#002b36", Some(Mood::Dark)),
            ("#fff", None),
            ("rgb:ff/ff", None),
            ("rgb:ff/ff/ff/ff", None),
            ("rgb:fffff/ff/ff", None),
            ("rgb://", None),
            ("", None),
        ];
        for (body, mood) in table {
            assert_eq!(
                hear(&[&format!("\x1b]11;{body}\x07")]),
                (Vec::new(), mood),
                "{body}"
            );
        }
    }

    #[test]
    fn keys_around_an_answer_are_the_users() {
        let (keys, told) = hear(&["j\x1b]11;#ffffff\x07k"]);
        assert_eq!(
            (keys, told),
            (vec![plain('j'), plain('k')], Some(Mood::Light))
        );
    }

    #[test]
    fn what_the_user_types_comes_through_in_order() {
        assert_eq!(hear(&["\x1b]x"]).0, [alt(']'), plain('x')]);
        assert_eq!(hear(&["\x1b]1", "2"]).0, [alt(']'), plain('1'), plain('2')]);
        assert_eq!(hear(&["\x1b", "j"]).0, [esc(), plain('j')]);
        assert_eq!(hear(&["\x1b]", "\x1b]11;#000\x07"]).0, [alt(']')]);
        let mut listener = Listener::default();
        listener.asked();
        for key in [esc(), alt(']')] {
            assert_eq!(listener.hear(key, true), []);
            assert!(listener.patience() < Some(Duration::from_millis(300)));
            assert_eq!(listener.let_go(), [key]);
            assert!(listener.patience().is_none() && listener.is_waiting());
        }
        // Long after the question, Esc is what it says.
        assert_eq!(listener.hear(esc(), false), [esc()]);
        let arrow = KeyEvent::from(KeyCode::Down);
        assert_eq!(listener.hear(alt(']'), false), []);
        assert_eq!(listener.hear(arrow, false), [alt(']'), arrow]);
    }

    #[test]
    fn of_an_answer_that_breaks_off_nothing_becomes_a_key() {
        let enter = KeyEvent::from(KeyCode::Enter);
        let begin = || {
            let mut listener = Listener::default();
            listener.asked();
            for key in read("\x1b]11;rgb:ff") {
                assert_eq!(listener.hear(key, true), []);
            }
            listener
        };
        // Something that is in no answer ends it.
        for key in [enter, alt('['), KeyEvent::from(KeyCode::Down)] {
            let mut listener = begin();
            assert_eq!(listener.hear(key, false), [key]);
            assert!(!listener.is_waiting());
        }
        // A slow line is given time, and then it is over.
        let mut listener = begin();
        assert!(listener.patience() > Some(Duration::from_secs(1)));
        assert_eq!(listener.let_go(), []);
        assert_eq!(listener.hear(plain('j'), false), [plain('j')]);
        // And one that never ends is over some time, too.
        let mut listener = begin();
        let through = (0..100)
            .flat_map(|_| listener.hear(plain('j'), false))
            .count();
        assert!((30..60).contains(&through), "{through}");
    }

    #[test]
    fn an_answer_in_other_words_is_no_key_either() {
        for body in ["magenta", "rgbi:1.0/1.0/1.0", "?"] {
            assert_eq!(
                hear(&[&format!("\x1b]11;{body}\x07"), "j"]),
                (vec![plain('j')], None)
            );
        }
    }

    #[test]
    fn who_did_not_ask_hears_nothing() {
        let mut listener = Listener::default();
        let keys = read("\x1b]11;#ffffff\x07");
        let heard: Vec<_> = keys
            .iter()
            .flat_map(|key| listener.hear(*key, true))
            .collect();
        assert_eq!((heard, listener.told()), (keys, None));
    }
}
