//! A request as a cURL command that sends the very same bytes: arguments first, quoting last.

use std::fmt::Write as _;

use crate::{
    protocol::{
        http::{HttpRequest, Value, form_encode},
        secret::Secret,
        visible::visible,
    },
    session::Vault,
};

/// Above this size curl asks for permission first (`Expect: 100-continue`), unless it is told not to.
const ASKS_FIRST: usize = 1024 * 1024;

/// Linux takes no longer argument.
const LONGEST_ARGUMENT: usize = 128 * 1024;

/// A cURL command.
#[derive(Clone, Debug, PartialEq)]
pub struct Curl {
    /// The shell variables, each with the text that it must hold: as it goes over the wire at that place.
    pub vars: Vec<(String, Secret)>,
    /// The arguments after `curl`.
    pub args: Vec<Arg>,
    /// The command for a POSIX shell, the variables listed above it as comments.
    pub text: String,
}

/// One argument: text and variables, joined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arg(pub Vec<Piece>);

/// A part of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Open text.
    Text(String),
    /// The variable of that index in [`Curl::vars`].
    Var(usize),
}

/// Makes the command for a request; masked, every secret in it is a shell variable.
///
/// A secret that is not known yet, or no longer (in a stored trace), is a variable in any case.
pub fn curl(request: &HttpRequest, vault: &Vault, masked: bool) -> Curl {
    let mut builder = Builder {
        vault,
        masked,
        vars: Vec::new(),
        notes: Vec::new(),
    };
    let mut lines = builder.lines(request);
    builder.warn(&mut lines);
    let text = builder.text(&lines);
    Curl {
        vars: builder
            .vars
            .into_iter()
            .map(|var| (var.name, var.holds))
            .collect(),
        args: lines.into_iter().flatten().collect(),
        text,
    }
}

impl Curl {
    /// Returns the arguments as the shell hands them to curl, secrets included.
    pub fn argv(&self) -> Vec<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Var(index) => self.vars[*index].1.reveal().to_owned(),
        };
        self.args
            .iter()
            .map(|arg| arg.0.iter().map(piece).collect())
            .collect()
    }
}

/// How a text is written where it stands.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Written {
    /// As it is.
    Plain,
    /// Form-encoded.
    Form,
}

impl Written {
    fn write(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Form => form_encode(text),
        }
    }
}

struct Var {
    name: String,
    holds: Secret,
    shown: String,
    encoded: bool,
}

struct Builder<'a> {
    vault: &'a Vault,
    masked: bool,
    vars: Vec<Var>,
    notes: Vec<String>,
}

impl Builder<'_> {
    /// The arguments, those of one line together.
    fn lines(&mut self, request: &HttpRequest) -> Vec<Vec<Arg>> {
        let body = request.body_text().or_else(|| {
            // `Content-Length: 0` goes out with these even without a body, and curl sends it only when it has data.
            matches!(request.method.as_str(), "POST" | "PUT" | "PATCH").then(String::new)
        });
        let mut first = vec![word("-sS"), word("--http1.1")];
        match (request.method.as_str(), &body) {
            ("GET", None) | ("POST", Some(_)) => {}
            ("HEAD", None) => first.push(word("-I")),
            (method, _) => first.extend([word("-X"), word(method)]),
        }
        let address = self.address(request);
        if self.wire(&address).contains(['[', ']', '{', '}']) {
            first.push(word("--globoff"));
        }
        let mut lines = vec![first];
        lines.push(if self.wire(&address).starts_with('-') {
            vec![word("--url"), address]
        } else {
            vec![address]
        });
        for (name, value) in request.wire_headers() {
            let own = request
                .headers
                .iter()
                .any(|(own, _)| own.eq_ignore_ascii_case(&name));
            // curl counts the body itself, and knows the host from the address.
            let known =
                name == "content-length" || (name == "host" && value.wire() == request.host());
            if own && !known {
                lines.push(vec![word("-H"), self.header(&name, &value)]);
            }
        }
        // What curl would add on its own.
        let mut without = |name: &str| lines.push(vec![word("-H"), word(&format!("{name}:"))]);
        if request.header("user-agent").is_none() {
            without("user-agent");
        }
        if let Some(body) = &body {
            if request.header("content-type").is_none() {
                without("content-type");
            }
            if body.len() >= ASKS_FIRST && request.header("expect").is_none() {
                without("expect");
            }
        }
        match (request.form(), body) {
            // curl joins several pieces of data with `&`, which makes a form readable.
            (Some(form), _) if !form.0.is_empty() => {
                for (name, value) in &form.0 {
                    let mut arg = Arg::default();
                    self.pair(&mut arg, name, value);
                    lines.push(vec![word("--data-raw"), arg]);
                }
            }
            (_, Some(body)) => {
                let mut arg = Arg::default();
                self.open(&mut arg, &body, Written::Plain);
                lines.push(vec![word("--data-raw"), arg]);
            }
            (_, None) => {}
        }
        lines
    }

    /// The address as an HTTP library sends it: normalised, without a fragment.
    fn address(&mut self, request: &HttpRequest) -> Arg {
        let mut arg = Arg::default();
        let secret = request
            .query
            .0
            .iter()
            .any(|(_, value)| value.secret().is_some());
        if !secret {
            self.open(&mut arg, &normal(&request.address()), Written::Plain);
            return arg;
        }
        self.open(&mut arg, &normal(&request.url), Written::Plain);
        for (index, (name, value)) in request.query.0.iter().enumerate() {
            arg.text(if index == 0 { "?" } else { "&" });
            self.pair(&mut arg, name, value);
        }
        arg
    }

    fn header(&mut self, name: &str, value: &Value) -> Arg {
        let mut arg = Arg::default();
        if !pending(value) && value.wire().trim().is_empty() {
            // With a colon curl would leave the field out.
            arg.text(&format!("{name};"));
            return arg;
        }
        arg.text(&format!("{name}: "));
        self.value(&mut arg, value, Written::Plain);
        arg
    }

    fn pair(&mut self, arg: &mut Arg, name: &str, value: &Value) {
        arg.text(&form_encode(name));
        arg.text("=");
        self.value(arg, value, Written::Form);
    }

    fn value(&mut self, arg: &mut Arg, value: &Value, written: Written) {
        match value {
            Value::Plain(text) => self.open(arg, text, written),
            Value::Secret(hidden) => {
                let secret = &hidden.secret;
                self.open(arg, &hidden.before, written);
                if self.masked && self.vault.hides(secret) || is_stand_in(secret) {
                    let name = if hidden.before.eq_ignore_ascii_case("basic ") {
                        let field = base_name(secret.name());
                        format!(
                            "{}_BASIC",
                            variable(field.split('.').next().unwrap_or(field))
                        )
                    } else {
                        variable(base_name(secret.name()))
                    };
                    let wire = written.write(secret.reveal());
                    self.var(
                        arg,
                        &name,
                        &wire,
                        &self.vault.shown(secret),
                        wire != secret.reveal(),
                    );
                } else {
                    arg.text(&written.write(secret.reveal()));
                }
            }
        }
    }

    /// Open text; masked, the known secrets in it become variables too.
    fn open(&mut self, arg: &mut Arg, text: &str, written: Written) {
        if !self.masked {
            arg.text(&written.write(text));
            return;
        }
        let mut rest = 0;
        for (range, shown) in self.vault.found(text) {
            self.stand_ins(arg, &text[rest..range.start], written);
            self.found(arg, &text[range.clone()], &shown, written);
            rest = range.end;
        }
        self.stand_ins(arg, &text[rest..], written);
    }

    /// Text in which only what a stored trace shows for a secret can stand.
    fn stand_ins(&mut self, arg: &mut Arg, text: &str, written: Written) {
        let mut rest = text;
        while let Some((before, marked)) = rest.split_once('‹')
            && let Some((inner, after)) = marked.split_once('›')
        {
            arg.text(&written.write(before));
            self.found(arg, &format!("‹{inner}›"), &format!("‹{inner}›"), written);
            rest = after;
        }
        arg.text(&written.write(rest));
    }

    fn found(&mut self, arg: &mut Arg, text: &str, shown: &str, written: Written) {
        let name = variable(base_name(shown.trim_matches(['‹', '›'])));
        let wire = written.write(text);
        self.var(arg, &name, &wire, shown, wire != text);
    }

    fn var(&mut self, arg: &mut Arg, name: &str, wire: &str, shown: &str, encoded: bool) {
        let mut unique = name.to_owned();
        let mut number = 1;
        let index = loop {
            match self.vars.iter().position(|var| var.name == unique) {
                Some(index) if self.vars[index].holds.reveal() == wire => break index,
                Some(_) => {
                    number += 1;
                    unique = format!("{name}_{number}");
                }
                None => {
                    self.vars.push(Var {
                        holds: Secret::minted(name, wire),
                        name: unique,
                        shown: shown.to_owned(),
                        encoded,
                    });
                    break self.vars.len() - 1;
                }
            }
        };
        arg.0.push(Piece::Var(index));
    }

    /// Says what no argument can hold, and leaves it out.
    fn warn(&mut self, lines: &mut [Vec<Arg>]) {
        let mut zeros = false;
        for arg in lines.iter_mut().flatten() {
            for piece in &mut arg.0 {
                if let Piece::Text(text) = piece
                    && text.contains('\0')
                {
                    zeros = true;
                    text.retain(|c| c != '\0');
                }
            }
        }
        if zeros {
            self.notes
                .push("NUL bytes are left out: no argument can hold them.".to_owned());
        }
        let longest = lines.iter().flatten().map(|arg| self.wire(arg).len()).max();
        if let Some(length) = longest.filter(|length| *length >= LONGEST_ARGUMENT) {
            self.notes.push(format!(
                "One argument has {length} bytes, more than many systems take."
            ));
        }
    }

    fn wire(&self, arg: &Arg) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Var(index) => self.vars[*index].holds.reveal().to_owned(),
        };
        arg.0.iter().map(text).collect()
    }

    fn text(&self, lines: &[Vec<Arg>]) -> String {
        let mut out = String::new();
        let width = self
            .vars
            .iter()
            .map(|var| var.name.len())
            .max()
            .unwrap_or_default();
        for note in &self.notes {
            let _ = writeln!(out, "# {note}");
        }
        for var in &self.vars {
            let encoded = if var.encoded { ", form-encoded" } else { "" };
            let _ = writeln!(
                out,
                "# {:width$}  {}{encoded}",
                var.name,
                visible(&var.shown)
            );
        }
        out.push_str("curl");
        for (index, line) in lines.iter().enumerate() {
            out.push_str(if index == 0 { "" } else { " \\\n " });
            for arg in line {
                out.push(' ');
                out.push_str(&self.quoted(arg));
            }
        }
        out.push('\n');
        out
    }

    /// Quotes one argument for a POSIX shell, so that bash and zsh read it alike, also when it is typed.
    fn quoted(&self, arg: &Arg) -> String {
        let mut open = String::new();
        let mut has_var = false;
        for piece in &arg.0 {
            match piece {
                Piece::Text(text) => open.push_str(text),
                Piece::Var(_) => has_var = true,
            }
        }
        if !has_var {
            let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
            return if !open.is_empty() && open.chars().all(bare) {
                open
            } else {
                single(&open)
            };
        }
        // Inside double quotes these would be read by the shell; `!` cannot even be escaped in an interactive one.
        if !open.contains(['$', '`', '"', '\\', '!', '\n', '\r']) {
            return self.double(arg);
        }
        arg.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => single(text),
                Piece::Var(index) => format!("\"${}\"", self.vars[*index].name),
            })
            .collect()
    }

    fn double(&self, arg: &Arg) -> String {
        let mut out = String::from("\"");
        for (index, piece) in arg.0.iter().enumerate() {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Var(var) => {
                    let name = &self.vars[*var].name;
                    let joins = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    let joined = matches!(arg.0.get(index + 1), Some(Piece::Text(text)) if text.starts_with(joins));
                    let _ = if joined {
                        write!(out, "${{{name}}}")
                    } else {
                        write!(out, "${name}")
                    };
                }
            }
        }
        out.push('"');
        out
    }
}

impl Arg {
    fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(Piece::Text(text.to_owned())),
        }
    }
}

fn word(text: &str) -> Arg {
    Arg(vec![Piece::Text(text.to_owned())])
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The name without its qualifier: `sso.client_secret: Basic` is about `sso.client_secret`.
fn base_name(name: &str) -> &str {
    name.split(':').next().unwrap_or(name).trim()
}

/// A name that a shell takes for a variable.
fn variable(name: &str) -> String {
    let upper: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    match upper.chars().next() {
        None => "SECRET".to_owned(),
        Some('0'..='9') => format!("_{upper}"),
        Some(_) => upper,
    }
}

/// Tells whether the text of a secret is not there: not read yet, or masked in a stored trace.
fn is_stand_in(secret: &Secret) -> bool {
    secret.is_empty() || secret.reveal().starts_with('‹')
}

/// Tells whether a value stands for a secret that is not there yet.
fn pending(value: &Value) -> bool {
    value.secret().is_some_and(is_stand_in)
}

/// The address as it goes over the wire; one that does not parse stays as it is.
pub(super) fn normal(address: &str) -> String {
    url::Url::parse(address).map_or_else(
        |_| address.to_owned(),
        |mut url| {
            url.set_fragment(None);
            url.into()
        },
    )
}
