//! The rules of the house, held by reading the source: walls between rooms, no IO in pure rooms, secrets behind doors.
//!
//! The table of walls is read from the documentation of `src/lib.rs`, so that what is drawn there is what holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Files and folders under `src` that may look inside a secret.
const MAY_REVEAL: &[&str] = &[
    "protocol/secret.rs",
    "protocol/http.rs",
    "protocol/keys.rs",
    "protocol/saml.rs", // encodes an assertion
    "protocol/jwt/",
    "flow/client_auth.rs",
    "flow/workload.rs",          // hashes what a proof is bound to
    "flow/dpop.rs",              // hashes the access token
    "flow/bag.rs",               // shows what is no secret
    "flow/dpop.rs",              // hashes the access token into the proof
    "flow/steps/authorize.rs",   // takes the code out of the redirect
    "flow/steps/redeem_code.rs", // compares the nonce
    "flow/steps/refresh.rs",     // compares the nonce
    "lint/subject.rs",           // takes the redirect apart
    "session/vault.rs",
    "session/commands.rs", // reads a pasted redirect
    "session/existing.rs", // takes a handed-in token
    "profile/doc.rs",      // writes an inline secret into its file
    "transport/",
    "lab/",
    "export/curl.rs",
    "export/report.rs",
    "cli/secrets.rs",
    "cli/lab.rs",   // writes the lab's keys into 0600 files
    "cli/world.rs", // reads an inline client certificate
    "ui/copy.rs",
    "ui/rows.rs", // shows secrets when the user asks, takes redirects apart
    "ui/widgets/field.rs",
];

/// Rooms without IO, clock and randomness, …
const PURE: &[&str] = &[
    "protocol/",
    "profile/",
    "flow/",
    "lint/",
    "export/",
    "session/",
    "ui/",
];

/// … and the files in them that are the doors.
const IMPURE: &[&str] = &["session/driver.rs", "ui/run.rs", "ui/terminal.rs"];

/// What a pure file may not name: a run of path segments, and what it is.
const IO: &[(&[&str], &str)] = &[
    (&["std", "fs"], "files"),
    (&["std", "net"], "the network"),
    (&["std", "env"], "the environment"),
    (&["tokio", "fs"], "files"),
    (&["tokio", "net"], "the network"),
    (&["SystemTime", "now"], "the clock"),
    (&["Instant", "now"], "the clock"),
    (&["rand"], "randomness"),
];

/// Crates that belong to files rather than to rooms.
const CRATES_OF_FILES: &[(&str, &[&str])] = &[("axum", &["lab/", "transport/browser.rs"])];

/// Who may write to the terminal directly.
const MAY_PRINT: &[&str] = &["cli/", "main.rs"];

/// Who may name a colour.
const MAY_COLOUR: &[&str] = &[
    "ui/theme/",
    "ui/theme.rs",
    "ui/pen.rs", // spells colours for the terminal
];

/// Folders in which each file has to stand in the table of its `mod.rs`.
const REGISTERED: &[&str] = &["flow/flows", "flow/steps", "ui/panels", "export"];

/// Files in those folders that only help the others there.
const HELPERS: &[&str] = &[
    "flow/steps/client_document.rs",
    "flow/steps/mcp.rs",
    "flow/steps/issued.rs",
    "flow/steps/support.rs",
    "flow/steps/user_tokens.rs",
];

#[test]
fn the_house_is_tidy() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let house = House::read(&src);
    assert!(house.files.contains_key("lib.rs"), "no source was found");
    let mut found = house.check();
    found.sort();
    assert!(
        found.is_empty(),
        "{} found:\n  {}",
        found.len(),
        found.join("\n  ")
    );
}

#[test]
fn no_snapshot_holds_a_token() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let found: Vec<_> = files(&tests, "snap")
        .into_iter()
        .filter(|path| {
            fs::read_to_string(path)
                .expect("snapshots are text")
                .contains("eyJ")
        })
        .collect();
    assert!(
        found.is_empty(),
        "`eyJ` begins a token, and these hold one: {found:?}"
    );
}

/// All source files, by their path under `src`.
struct House {
    files: BTreeMap<String, String>,
}

/// What one room may use.
struct Wall {
    imports: Imports,
    crates: BTreeSet<String>,
}

enum Imports {
    Everything,
    Rooms(BTreeSet<String>),
}

impl House {
    fn read(src: &Path) -> Self {
        let files = files(src, "rs")
            .into_iter()
            .map(|path| {
                let name = path.strip_prefix(src).expect("it was found there");
                let name = name
                    .to_str()
                    .expect("our names are ASCII")
                    .replace('\\', "/");
                (name, fs::read_to_string(&path).expect("source is text"))
            })
            .collect();
        Self { files }
    }

    fn check(&self) -> Vec<String> {
        let walls = match walls(self.files.get("lib.rs").map_or("", String::as_str)) {
            Ok(walls) => walls,
            Err(error) => return vec![error],
        };
        let mut found = Vec::new();
        for (name, source) in &self.files {
            found.extend(check_file(&walls, name, source));
        }
        for folder in REGISTERED {
            found.extend(self.check_registry(folder));
        }
        found
    }

    fn check_registry(&self, folder: &str) -> Vec<String> {
        let register = self
            .files
            .get(&format!("{folder}/mod.rs"))
            .map(|source| lex(source))
            .unwrap_or_default();
        self.files
            .keys()
            .filter_map(|name| name.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".rs"))
            .filter(|stem| !HELPERS.contains(&format!("{folder}/{stem}.rs").as_str()))
            .filter(|stem| *stem != "mod" && !stem.contains('/'))
            .filter(|stem| !stands_in_table(&register, stem))
            .map(|stem| {
                format!("{folder}/{stem}.rs: not in the table of {folder}/mod.rs; one line there registers it.")
            })
            .collect()
    }
}

/// Reads the table of walls: room, what it may import, which outside crates only it may use.
fn walls(lib: &str) -> Result<BTreeMap<String, Wall>, String> {
    let list = |cell: &str| -> BTreeSet<String> {
        cell.split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty() && *word != "–")
            .map(str::to_owned)
            .collect()
    };
    let mut walls = BTreeMap::new();
    for line in lib.lines().filter_map(|line| line.strip_prefix("//! |")) {
        let cells: Vec<_> = line
            .trim_end()
            .trim_end_matches('|')
            .split('|')
            .map(str::trim)
            .collect();
        let [room, imports, crates] = cells[..] else {
            return Err(format!(
                "lib.rs: the table of walls has a row without three cells: {line}"
            ));
        };
        if room == "room" || room.starts_with("--") {
            continue;
        }
        let imports = if imports == "everything" {
            Imports::Everything
        } else {
            Imports::Rooms(list(imports))
        };
        let crates = list(crates);
        walls.insert(room.to_owned(), Wall { imports, crates });
    }
    let unknown = walls.values().find_map(|wall| match &wall.imports {
        Imports::Rooms(rooms) => rooms.iter().find(|room| !walls.contains_key(*room)),
        Imports::Everything => None,
    });
    match unknown {
        _ if walls.is_empty() => Err("lib.rs: there is no table of walls.".to_owned()),
        Some(room) => Err(format!(
            "lib.rs: the table of walls lets a room import `{room}`, which has no row."
        )),
        None => Ok(walls),
    }
}

/// Checks one file; `name` is its path under `src`.
fn check_file(walls: &BTreeMap<String, Wall>, name: &str, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !source.starts_with("//! ") {
        found.push(format!(
            "{name}:1: does not begin with a `//!` line that says what the file is for."
        ));
    }
    let room = room_of(name);
    if name != "lib.rs" && !walls.contains_key(room) {
        found.push(format!(
            "{name}: the room `{room}` is not in the table of walls in lib.rs."
        ));
    }
    let is = |list: &[&str]| list.iter().any(|place| within(name, place));
    let pure = is(PURE) && !is(IMPURE);
    let tokens = lex(source);
    let test_file = name.ends_with("/tests.rs");

    for path in paths(&tokens, &module_of(name)) {
        let mut say = |what: String| found.push(format!("{name}:{}: {what}", path.line));
        if path.from_root {
            if let Some(what) = wrong_room(walls, name, room, &path) {
                say(what);
            }
        } else {
            if let Some(what) = wrong_crate(walls, name, room, &path) {
                say(what);
            }
            if path.segments[0] == "jagwalk"
                && (name != "main.rs" || path.segments.get(1).is_none_or(|at| at != "cli"))
            {
                say("only main.rs names the library, and only its `cli`.".to_owned());
            }
        }
        if path.in_test || test_file {
            continue;
        }
        if pure && let Some((segments, what)) = IO.iter().find(|(segments, _)| path.has(segments)) {
            say(format!(
                "`{}` is {what}: hand it in from outside.",
                segments.join("::")
            ));
        }
        if !is(MAY_COLOUR)
            && path
                .segments
                .iter()
                .rev()
                .skip(1)
                .any(|segment| segment == "Color")
        {
            say("a colour is named outside ui/theme: use a role.".to_owned());
        }
        if !is(MAY_REVEAL) && path.has(&["Secret", "reveal"]) {
            say("a secret is revealed here: is this file one of the doors?".to_owned());
        }
    }
    for (index, token) in tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| !token.in_test && !test_file)
    {
        let mut say = |what: &str| found.push(format!("{name}:{}: {what}", token.line));
        let next = |offset: usize| tokens.get(index + offset).map(|token| &token.kind);
        let Kind::Ident(word) = &token.kind else {
            continue;
        };
        let method = index > 0
            && tokens[index - 1].kind == Kind::Mark('.')
            && next(1) == Some(&Kind::Mark('('));
        if next(1) == Some(&Kind::Mark('!'))
            && matches!(
                word.as_str(),
                "println" | "eprintln" | "print" | "eprint" | "dbg"
            )
            && !is(MAY_PRINT)
        {
            say(&format!("`{word}!` outside cli."));
        }
        if method && word == "reveal" && !is(MAY_REVEAL) {
            say("a secret is revealed here: is this file one of the doors?");
        }
        if method && room == "ui" && is_colour_method(word) && !is(MAY_COLOUR) {
            say(&format!(
                "`.{word}()` names a colour outside ui/theme: use a role."
            ));
        }
    }
    // A group names the same wall once for each of its members.
    found.dedup();
    found
}

fn wrong_room(
    walls: &BTreeMap<String, Wall>,
    name: &str,
    room: &str,
    path: &Found,
) -> Option<String> {
    let to = path.segments.first().map_or("*", String::as_str);
    if name == "lib.rs" || to == room {
        return None;
    }
    if !walls.contains_key(to) {
        return Some(format!("`crate::{to}` is not a room."));
    }
    match &walls.get(room)?.imports {
        Imports::Everything => None,
        Imports::Rooms(rooms) if rooms.contains(to) => None,
        Imports::Rooms(_) => Some(format!("the room `{room}` may not import `{to}`.")),
    }
}

fn wrong_crate(
    walls: &BTreeMap<String, Wall>,
    name: &str,
    room: &str,
    path: &Found,
) -> Option<String> {
    let outside = path.segments[0].as_str();
    if let Some((_, places)) = CRATES_OF_FILES.iter().find(|(other, _)| *other == outside) {
        let allowed = places.iter().any(|place| within(name, place));
        return (!allowed).then(|| format!("`{outside}` belongs to {}.", places.join(" and ")));
    }
    let owners: Vec<_> = walls
        .iter()
        .filter(|(_, wall)| wall.crates.contains(outside))
        .map(|(owner, _)| owner.as_str())
        .collect();
    (!owners.is_empty() && !owners.contains(&room))
        .then(|| format!("`{outside}` belongs to the room {}.", owners.join(" and ")))
}

/// Tells whether a file is the place, or lies in it when the place ends with a slash.
fn within(name: &str, place: &str) -> bool {
    name == place || place.ends_with('/') && name.starts_with(place)
}

/// Returns the room of a file; `main.rs` is the doorstep of `cli`.
fn room_of(name: &str) -> &str {
    match name.split_once('/') {
        Some((room, _)) => room,
        None if name == "main.rs" => "cli",
        None => name.trim_end_matches(".rs"),
    }
}

/// Returns the module that a file is.
fn module_of(name: &str) -> Vec<String> {
    let stem = name.trim_end_matches(".rs");
    let mut module: Vec<_> = stem.split('/').map(str::to_owned).collect();
    if matches!(
        module.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        module.pop();
    }
    module
}

/// Tells whether a method of ratatui's `Stylize` names a colour (`.red()`, `.on_dark_gray()`).
fn is_colour_method(word: &str) -> bool {
    let word = word.strip_prefix("on_").unwrap_or(word);
    let word = word
        .strip_prefix("light_")
        .or_else(|| word.strip_prefix("dark_"))
        .unwrap_or(word);
    matches!(
        word,
        "black" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "gray" | "white"
    )
}

/// Tells whether a name stands in a `mod.rs` other than in a bare `mod name;`.
fn stands_in_table(tokens: &[Token], stem: &str) -> bool {
    let is =
        |at: usize, word: &str| matches!(&tokens[at].kind, Kind::Ident(other) if other == word);
    (0..tokens.len()).any(|at| is(at, stem) && !(at > 0 && is(at - 1, "mod")))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)
        .expect("a folder of the checkout")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|other| other == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

// ---- reading Rust, as far as the rules need it

/// A word or mark of the source.
#[derive(Debug)]
struct Token {
    kind: Kind,
    line: usize,
    /// Whether it stands in an item under `#[cfg(test)]`.
    in_test: bool,
}

#[derive(Debug, Eq, PartialEq)]
enum Kind {
    Ident(String),
    /// `::`
    PathMark,
    Mark(char),
    /// The text of a string, for attributes such as `with = "crate::…"`.
    Text(String),
}

/// A path that the source names, with groups and `self` and `super` resolved.
#[derive(Debug)]
struct Found {
    segments: Vec<String>,
    /// Whether the segments start at our crate's root.
    from_root: bool,
    line: usize,
    in_test: bool,
}

impl Found {
    fn has(&self, run: &[&str]) -> bool {
        self.segments.windows(run.len()).any(|window| window == run)
    }
}

/// Splits source into words and marks; comments go, numbers and characters become marks.
fn lex(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let (mut index, mut line) = (0, 1);
    while index < chars.len() {
        let (start, first_line) = (index, line);
        let kind = match at(index) {
            '/' if at(index + 1) == '/' => {
                while index < chars.len() && at(index) != '\n' {
                    index += 1;
                }
                None
            }
            '/' if at(index + 1) == '*' => {
                let mut depth = 0;
                loop {
                    match (at(index), at(index + 1)) {
                        ('/', '*') => (depth, index) = (depth + 1, index + 2),
                        ('*', '/') => (depth, index) = (depth - 1, index + 2),
                        _ => index += 1,
                    }
                    if depth == 0 || index >= chars.len() {
                        break;
                    }
                }
                None
            }
            'r' | 'b' | 'c' if text_after_prefix(&chars[index..]) => {
                while !matches!(at(index), '"' | '#') {
                    index += 1;
                }
                let raw = chars[start..index].contains(&'r');
                Some(Kind::Text(skip_text(&chars, &mut index, raw)))
            }
            '"' => Some(Kind::Text(skip_text(&chars, &mut index, false))),
            '\'' if at(index + 1) == '\\' || at(index + 2) == '\'' => {
                index += if at(index + 1) == '\\' { 3 } else { 2 };
                while index < chars.len() && at(index) != '\'' {
                    index += 1;
                }
                index += 1;
                Some(Kind::Mark('\''))
            }
            c if c.is_alphabetic() || c == '_' => {
                if c == 'r' && at(index + 1) == '#' {
                    index += 2;
                }
                let begin = index;
                while word(at(index)) {
                    index += 1;
                }
                Some(Kind::Ident(chars[begin..index].iter().collect()))
            }
            c if c.is_numeric() => {
                while word(at(index)) {
                    index += 1;
                }
                Some(Kind::Mark('0'))
            }
            ':' if at(index + 1) == ':' => {
                index += 2;
                Some(Kind::PathMark)
            }
            c => {
                index += 1;
                (!c.is_whitespace()).then_some(Kind::Mark(c))
            }
        };
        line += chars[start..index.min(chars.len())]
            .iter()
            .filter(|c| **c == '\n')
            .count();
        if let Some(kind) = kind {
            tokens.push(Token {
                kind,
                line: first_line,
                in_test: false,
            });
        }
    }
    mark_tests(&mut tokens);
    tokens
}

/// Tells whether a string with a prefix begins here: `r"`, `r#"`, `b"`, `br##"`, `c"`; not `r#name`.
fn text_after_prefix(chars: &[char]) -> bool {
    let letters = chars
        .iter()
        .take_while(|c| matches!(c, 'r' | 'b' | 'c'))
        .count();
    let hashes = chars[letters..].iter().take_while(|c| **c == '#').count();
    letters <= 2
        && chars.get(letters + hashes) == Some(&'"')
        && (hashes == 0 || chars[..letters].contains(&'r'))
}

/// Moves behind a string that begins with `"` or `#`, and returns what is in it.
fn skip_text(chars: &[char], index: &mut usize, raw: bool) -> String {
    let hashes = chars[*index..].iter().take_while(|c| **c == '#').count();
    let begin = *index + hashes + 1;
    let mut end = begin;
    while end < chars.len() {
        let closes = chars[end] == '"'
            && chars[end + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
        if closes {
            break;
        }
        end += if chars[end] == '\\' && !raw { 2 } else { 1 };
    }
    let end = end.min(chars.len());
    *index = (end + 1 + hashes).min(chars.len());
    chars[begin.min(end)..end].iter().collect()
}

/// Marks the items under `#[cfg(test)]`.
fn mark_tests(tokens: &mut [Token]) {
    let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
    let is = |token: &Token, text: &str| match &token.kind {
        Kind::Ident(word) => word == text,
        Kind::Mark(mark) => text.len() == 1 && text.starts_with(*mark),
        Kind::PathMark | Kind::Text(_) => false,
    };
    let mut index = 0;
    while index + attribute.len() <= tokens.len() {
        let here = &tokens[index..index + attribute.len()];
        if !here
            .iter()
            .zip(attribute)
            .all(|(token, text)| is(token, text))
        {
            index += 1;
            continue;
        }
        let mut depth = 0;
        let mut end = index + attribute.len();
        while end < tokens.len() {
            match tokens[end].kind {
                Kind::Mark('{' | '(' | '[') => depth += 1,
                Kind::Mark(close @ ('}' | ')' | ']')) => {
                    depth -= 1;
                    if depth == 0 && close == '}' {
                        break;
                    }
                }
                Kind::Mark(';') if depth == 0 => break,
                _ => {}
            }
            end += 1;
        }
        let end = end.min(tokens.len() - 1);
        for token in &mut tokens[index..=end] {
            token.in_test = true;
        }
        index = end + 1;
    }
}

/// Collects every path that source names; `module` is the one that the file is.
fn paths(tokens: &[Token], module: &[String]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut module = module.to_vec();
    let mut inline = Vec::new();
    let mut depth = 0;
    let mut index = 0;
    while index < tokens.len() {
        let kind = |offset: usize| tokens.get(index + offset).map(|token| &token.kind);
        let mut trees = Vec::new();
        let mut next = index + 1;
        match &tokens[index].kind {
            Kind::Mark('{') => depth += 1,
            Kind::Mark('}') => {
                depth -= 1;
                if inline.last() == Some(&depth) {
                    inline.pop();
                    module.pop();
                }
            }
            Kind::Ident(word) if word == "mod" => {
                if let (Some(Kind::Ident(name)), Some(Kind::Mark('{'))) = (kind(1), kind(2)) {
                    module.push(name.clone());
                    inline.push(depth);
                    depth += 1;
                    next = index + 3;
                }
            }
            Kind::Ident(word) if word == "use" && kind(1) != Some(&Kind::Mark('<')) => {
                next = tree(tokens, index + 1, &[], &mut trees);
            }
            Kind::Ident(_) => {
                let inside =
                    index > 0 && matches!(tokens[index - 1].kind, Kind::PathMark | Kind::Mark('.'));
                if kind(1) == Some(&Kind::PathMark) && !inside {
                    next = tree(tokens, index, &[], &mut trees);
                }
            }
            Kind::Text(text) if text.starts_with("crate::") => {
                trees.push((index, text.split("::").map(str::to_owned).collect()));
            }
            Kind::Mark(_) | Kind::PathMark | Kind::Text(_) => {}
        }
        for (at, segments) in trees {
            let (from_root, segments) = resolve(&module, segments);
            let Token { line, in_test, .. } = tokens[at];
            if !segments.is_empty() {
                found.push(Found {
                    segments,
                    from_root,
                    line,
                    in_test,
                });
            }
        }
        index = next;
    }
    found
}

/// Reads one path or tree of a `use`, adds each whole path with the place of its last word, and returns what follows.
fn tree(
    tokens: &[Token],
    mut index: usize,
    lead: &[String],
    out: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let mut path = lead.to_vec();
    if tokens
        .get(index)
        .is_some_and(|token| token.kind == Kind::PathMark)
    {
        index += 1;
    }
    loop {
        match tokens.get(index).map(|token| &token.kind) {
            Some(Kind::Ident(word)) => {
                path.push(word.clone());
                index += 1;
            }
            Some(Kind::Mark('*')) => {
                path.push("*".to_owned());
                out.push((index, path));
                return index + 1;
            }
            Some(Kind::Mark('{')) => {
                index += 1;
                while !matches!(
                    tokens.get(index).map(|token| &token.kind),
                    None | Some(Kind::Mark('}'))
                ) {
                    let before = index;
                    index = tree(tokens, index, &path, out);
                    if let Some(Kind::Ident(word)) = tokens.get(index).map(|token| &token.kind)
                        && word == "as"
                    {
                        index += 2;
                    }
                    if tokens
                        .get(index)
                        .is_some_and(|token| token.kind == Kind::Mark(','))
                        || index == before
                    {
                        index += 1;
                    }
                }
                return index + 1;
            }
            _ => break,
        }
        if tokens
            .get(index)
            .is_none_or(|token| token.kind != Kind::PathMark)
        {
            break;
        }
        index += 1;
    }
    if path.len() > lead.len() {
        out.push((index - 1, path));
    }
    index
}

/// Follows `crate`, `self` and `super` from a module; the rest is a path from outside, or one we cannot follow.
fn resolve(module: &[String], segments: Vec<String>) -> (bool, Vec<String>) {
    let mut base: Option<Vec<String>> = None;
    let mut rest = segments.into_iter().peekable();
    while let Some(word) = rest.next_if(|word| matches!(word.as_str(), "crate" | "self" | "super"))
    {
        let from = base.take();
        base = Some(match word.as_str() {
            "crate" => Vec::new(),
            "self" => from.unwrap_or_else(|| module.to_vec()),
            _ => {
                let mut up = from.unwrap_or_else(|| module.to_vec());
                up.pop();
                up
            }
        });
    }
    let from_root = base.is_some();
    let mut whole = base.unwrap_or_default();
    whole.extend(rest.filter(|word| word != "self"));
    (from_root, whole)
}

mod tests {
    use super::*;

    const LIB: &str = "\
//! The house.
//! | room      | may import     | outside crates only it may use |
//! |-----------|----------------|--------------------------------|
//! | protocol  | –              | jsonwebtoken                   |
//! | flow      | protocol       |                                |
//! | session   | protocol, flow | aho_corasick                   |
//! | export    | session        |                                |
//! | transport | protocol       | reqwest                        |
//! | lab       | protocol       |                                |
//! | ui        | session        | ratatui, crossterm             |
//! | cli       | everything     | clap                           |
";

    /// Checks one file with a proper first line, and returns what is wrong with it, without its name.
    fn wrong(name: &str, source: &str) -> Vec<String> {
        let walls = walls(LIB).unwrap();
        check_file(&walls, name, &format!("//! Says.\n{source}"))
            .into_iter()
            .map(|text| text.strip_prefix(&format!("{name}:")).unwrap().to_owned())
            .collect()
    }

    #[track_caller]
    fn fine(name: &str, source: &str) {
        assert_eq!(wrong(name, source), Vec::<String>::new(), "{source}");
    }

    #[track_caller]
    fn caught(name: &str, source: &str, part: &str) {
        let found = wrong(name, source);
        assert!(
            found.len() == 1 && found[0].contains(part),
            "{source}\n{found:?}"
        );
    }

    #[test]
    fn the_table_is_read_and_has_to_be_whole() {
        let table = walls(LIB).unwrap();
        assert_eq!(table.len(), 8);
        assert!(matches!(table["cli"].imports, Imports::Everything));
        assert!(matches!(&table["protocol"].imports, Imports::Rooms(rooms) if rooms.is_empty()));
        assert!(table["ui"].crates.contains("crossterm"));
        assert!(walls("//! Nothing.").is_err());
        assert!(walls("//! | a | b |").is_err());
        assert!(walls("//! | a | nowhere | |").is_err());
    }

    #[test]
    fn a_room_may_import_itself_and_what_the_table_says() {
        fine(
            "flow/bag.rs",
            "use crate::{flow::ink, protocol::{http, jwt::{self, token}}};",
        );
        fine(
            "flow/mod.rs",
            "fn f(at: &crate::protocol::time::Timestamp) {}",
        );
        fine("cli/run.rs", "use crate::{ui, lab::*};");
        fine(
            "ui/run.rs",
            "use super::model; use super::super::session::state;",
        );
    }

    #[test]
    fn an_import_through_a_wall_is_seen_however_it_is_written() {
        caught(
            "protocol/a.rs",
            "use crate::flow::Bag;",
            "2: the room `protocol` may not import `flow`",
        );
        caught(
            "flow/a.rs",
            "use crate::protocol::http;\nuse crate::ui;",
            "3: the room `flow` may not import `ui`",
        );
        caught(
            "flow/a.rs",
            "use crate::{protocol::{http, time}, session::{state, vault}};",
            "`session`",
        );
        caught("flow/a.rs", "use {crate::lab::keys, std::fmt};", "`lab`");
        caught("flow/a.rs", "use crate::lab as l;", "`lab`");
        caught("flow/a.rs", "fn f() { crate::lab::serve() }", "`lab`");
        caught("flow/a.rs", "fn f(x: Vec<crate::lab::Fault>) {}", "`lab`");
        caught(
            "flow/a.rs",
            "#[serde(with = \"crate::lab::time\")] struct A;",
            "`lab`",
        );
        caught("flow/mod.rs", "use super::lab;", "`lab`");
        caught(
            "flow/steps/a.rs",
            "use super::super::super::lab::keys;",
            "`lab`",
        );
        caught(
            "flow/a.rs",
            "use super::{super::{lab, protocol}, bag};",
            "`lab`",
        );
        caught(
            "flow/a.rs",
            "mod inner { use super::super::super::lab; }",
            "`lab`",
        );
        caught(
            "flow/a.rs",
            "mod inner { fn f() {} } use super::super::lab;",
            "`lab`",
        );
        caught(
            "flow/a.rs",
            "#[cfg(test)] mod tests { use crate::lab::keys; }",
            "`lab`",
        );
        caught("flow/a.rs", "use crate::*;", "`crate::*` is not a room");
        caught(
            "flow/a.rs",
            "use jagwalk::lab;",
            "only main.rs names the library",
        );
        caught("attic/a.rs", "", "`attic` is not in the table");
    }

    #[test]
    fn words_that_only_look_like_an_import_are_let_through() {
        fine(
            "flow/a.rs",
            "// use crate::lab;\n/* crate::lab::x /* nested */ crate::ui */",
        );
        fine(
            "flow/a.rs",
            "const A: &str = \"a \\\" crate::lab::x\"; const B: &str = r#\"x \" reqwest::y\"#;",
        );
        fine(
            "flow/a.rs",
            "fn f<'a>(x: &'a str) -> char { let q = '\"'; let e = '\\''; q }",
        );
        fine(
            "flow/a.rs",
            "pub(crate) fn f() {} pub(in crate::flow) fn g(r#type: u8) { 1..2; 0x1f_u8; }",
        );
        fine(
            "flow/a.rs",
            "mod inner { use super::super::bag; } fn f() { other::reqwest::g(); x.reqwest::<u8>() }",
        );
    }

    #[test]
    fn main_is_a_doorstep() {
        fine(
            "main.rs",
            "fn main() { jagwalk::cli::run(); println!(); } use clap::Parser;",
        );
        caught("main.rs", "use jagwalk::ui;", "only its `cli`");
        caught(
            "main.rs",
            "use jagwalk::{cli, session::Session};",
            "only its `cli`",
        );
        caught(
            "main.rs",
            "use reqwest::Client;",
            "`reqwest` belongs to the room transport",
        );
    }

    #[test]
    fn a_crate_of_one_room_is_missed_in_no_other() {
        fine("transport/http.rs", "use reqwest::{Client, redirect};");
        fine("ui/panels/a.rs", "use ratatui::text::Line;");
        caught(
            "ui/a.rs",
            "use reqwest::Client;",
            "`reqwest` belongs to the room transport",
        );
        caught("ui/a.rs", "use {reqwest, std::fmt};", "`reqwest`");
        caught("ui/a.rs", "use ::reqwest::Client;", "`reqwest`");
        caught(
            "flow/a.rs",
            "#[derive(clap::Parser)] struct A;",
            "`clap` belongs to the room cli",
        );
        fine("lab/serve.rs", "use axum::Router;");
        fine(
            "transport/browser.rs",
            "use axum::{Router, extract::Query};",
        );
        caught(
            "transport/http.rs",
            "use axum::Router;",
            "`axum` belongs to lab/ and transport/browser.rs",
        );
    }

    #[test]
    fn pure_rooms_stay_pure() {
        caught(
            "flow/a.rs",
            "use std::{fmt, fs::File};",
            "`std::fs` is files",
        );
        caught(
            "export/har.rs",
            "fn f() { std::env::var(\"A\"); }",
            "`std::env` is the environment",
        );
        caught("ui/a.rs", "use std::net::TcpListener;", "the network");
        caught(
            "session/mod.rs",
            "fn f() { SystemTime::now(); }",
            "the clock",
        );
        caught(
            "session/mod.rs",
            "fn f() { std::time::Instant::now(); }",
            "the clock",
        );
        caught(
            "protocol/a.rs",
            "use aws_lc_rs::{digest, rand::SystemRandom};",
            "randomness",
        );
        caught(
            "protocol/a.rs",
            "fn f() -> u8 { rand::random() }",
            "randomness",
        );
        fine(
            "session/driver.rs",
            "use std::{fs, time::Instant}; fn f() { Instant::now(); }",
        );
        fine("ui/terminal.rs", "use std::env;");
        fine(
            "transport/clock.rs",
            "fn f() { std::time::SystemTime::now(); }",
        );
        fine(
            "ui/a.rs",
            "const A: &str = include_str!(\"a\"); const B: &str = env!(\"CARGO_PKG_VERSION\");",
        );
        fine(
            "flow/a.rs",
            "fn f() {}\n#[cfg(test)]\n#[allow(x)]\nmod tests { fn f() { std::fs::read(\"a\"); } }",
        );
        caught(
            "flow/a.rs",
            "#[cfg(test)] mod tests {}\nuse std::fs;",
            "3: `std::fs`",
        );
        caught(
            "flow/a.rs",
            "#[cfg(test)] use x::y;\nuse std::fs;",
            "3: `std::fs`",
        );
    }

    #[test]
    fn only_cli_prints() {
        caught(
            "flow/a.rs",
            "fn f() { println!(\"a\"); }",
            "`println!` outside cli",
        );
        caught("ui/run.rs", "fn f() { eprint!(\"a\"); }", "`eprint!`");
        fine("cli/run.rs", "fn f() { println!(\"a\"); }");
        fine(
            "flow/a.rs",
            "fn println() {} #[cfg(test)] mod tests { fn f() { println!(\"a\"); } }",
        );
    }

    #[test]
    fn only_the_theme_names_colours() {
        caught(
            "ui/panels/a.rs",
            "fn f() { Color::Red; }",
            "a colour is named",
        );
        caught(
            "ui/a.rs",
            "use ratatui::style::Color::*;",
            "a colour is named",
        );
        caught(
            "ui/a.rs",
            "fn f() { ratatui::style::Color::Rgb(1, 2, 3); }",
            "a colour is named",
        );
        caught(
            "ui/a.rs",
            "fn f() { \"a\".light_red(); }",
            "`.light_red()` names a colour",
        );
        fine("ui/theme/role.rs", "fn f() { Color::Red; }");
        fine(
            "ui/a.rs",
            "use ratatui::style::Color; fn f(c: Color) { \"a\".bold(); }",
        );
    }

    #[test]
    fn secrets_are_revealed_at_the_doors_only() {
        caught(
            "flow/a.rs",
            "fn f(s: &Secret) { s.reveal(); }",
            "a secret is revealed",
        );
        caught(
            "flow/a.rs",
            "fn f() { x.map(Secret::reveal); }",
            "a secret is revealed",
        );
        fine("session/vault.rs", "fn f(s: &Secret) { s.reveal(); }");
        fine("protocol/jwt/jose.rs", "fn f(s: &Secret) { s.reveal(); }");
        fine("flow/a.rs", "fn f() { options.reveal; reveal(); }");
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        let walls = walls(LIB).unwrap();
        assert!(
            check_file(&walls, "flow/a.rs", "use std::fmt;\n//! Late.")[0].contains("flow/a.rs:1:")
        );
        assert_eq!(
            check_file(&walls, "flow/a.rs", "//! Early.\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_is_not_registered_is_named() {
        let house = |register: &str| House {
            files: BTreeMap::from([
                ("flow/steps/mod.rs".to_owned(), register.to_owned()),
                ("flow/steps/redeem.rs".to_owned(), String::new()),
            ]),
        };
        assert_eq!(
            house("steps! { redeem }")
                .check_registry("flow/steps")
                .len(),
            0
        );
        assert_eq!(
            house("mod redeem; static A: X = &[&redeem::Redeem];")
                .check_registry("flow/steps")
                .len(),
            0
        );
        assert_eq!(
            house("pub mod redeem; // redeem")
                .check_registry("flow/steps")
                .len(),
            1
        );
        assert_eq!(house("").check_registry("flow/steps").len(), 1);
        assert_eq!(house("").check_registry("export").len(), 0);
    }
}
