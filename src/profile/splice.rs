//! Edits of a TOML text at the very place of a key, so that every other byte stays as it is.
//!
//! The places come from the spans of a parsed document; printing a changed document would lose line endings and
//! the spaces around what changed.

use std::ops::Range;

use toml_edit::{Array, Document, InlineTable, Item, Key, TableLike, TomlError, Value};

/// Why a text cannot be edited.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is no TOML.
    Syntax(TomlError),
    /// What should be a table is something else.
    NoTable(String),
}

/// One `key = value` of the file, dotted keys in full.
struct Entry {
    path: Vec<String>,
    /// The length of the header's path that it stands under.
    under: usize,
    line: usize,
    value: Range<usize>,
}

/// One `[header]`.
struct Header {
    path: Vec<String>,
    at: usize,
    array: bool,
}

/// Where everything stands in a text.
struct Outline<'a> {
    text: &'a str,
    entries: Vec<Entry>,
    headers: Vec<Header>,
}

/// The mark that some editors put before everything else; nothing can stand before it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Sets the value at `path`; `rank` orders keys and tables where something new has to find its place.
pub(super) fn set(
    text: &str,
    path: &[&str],
    value: &Value,
    rank: &dyn Fn(&[&str]) -> usize,
) -> Result<String, Refusal> {
    if let Some(rest) = text.strip_prefix(BYTE_ORDER_MARK) {
        return Ok(format!(
            "{BYTE_ORDER_MARK}{}",
            set(rest, path, value, rank)?
        ));
    }
    let outline = Outline::of(text)?;
    if let Some(entry) = outline.entry_at_or_above(path) {
        let old = &text[entry.value.clone()];
        let Ok(mut changed) = old.parse::<Value>() else {
            return Err(Refusal::NoTable(path.join(".")));
        };
        put(&mut changed, &path[entry.path.len()..], value)
            .ok_or_else(|| Refusal::NoTable(entry.path.join(".")))?;
        return Ok(spliced(text, entry.value.clone(), &bare(changed)));
    }
    let below = outline.keys_below(path);
    let headed = outline.headers.iter().any(|header| header.path == path);
    if headed || !below.is_empty() {
        // Without a header, an empty table would leave no trace of itself.
        let table = value.as_inline_table();
        let Some(table) = table.filter(|table| headed || !table.is_empty()) else {
            let cleared = unset(text, path)?;
            return set(&cleared, path, value, rank);
        };
        let mut text = text.to_owned();
        for gone in below.iter().filter(|key| !table.contains_key(key)) {
            text = unset(&text, &[path, &[gone]].concat())?;
        }
        for (key, value) in table {
            text = set(&text, &[path, &[key]].concat(), value, rank)?;
        }
        return Ok(text);
    }
    outline.insert(path, value, rank)
}

/// Takes away the value at `path`, with its line, or with every line of a table.
pub(super) fn unset(text: &str, path: &[&str]) -> Result<String, Refusal> {
    if let Some(rest) = text.strip_prefix(BYTE_ORDER_MARK) {
        return Ok(format!("{BYTE_ORDER_MARK}{}", unset(rest, path)?));
    }
    let outline = Outline::of(text)?;
    if let Some(entry) = outline.entry_at_or_above(path)
        && entry.path.len() < path.len()
    {
        let Ok(mut changed) = text[entry.value.clone()].parse::<Value>() else {
            return Ok(text.to_owned());
        };
        take(&mut changed, &path[entry.path.len()..]);
        return Ok(spliced(text, entry.value.clone(), &bare(changed)));
    }
    let entries = outline
        .entries
        .iter()
        .filter(|entry| starts_with(&entry.path, path))
        .map(|entry| entry.line..line_end(text, entry.value.end));
    let headers = outline
        .headers
        .iter()
        .filter(|header| starts_with(&header.path, path))
        .map(|header| line_start(text, header.at)..line_end(text, header.at));
    let mut lines: Vec<_> = entries.chain(headers).collect();
    lines.sort_by_key(|range| std::cmp::Reverse(range.start));
    let mut text = text.to_owned();
    for range in lines {
        text.replace_range(range, "");
    }
    Ok(text)
}

impl<'a> Outline<'a> {
    fn of(text: &'a str) -> Result<Self, Refusal> {
        let document = Document::parse(text).map_err(Refusal::Syntax)?;
        let mut outline = Self {
            text,
            entries: Vec::new(),
            headers: Vec::new(),
        };
        outline.walk(document.as_table(), &[], 0);
        outline.entries.sort_by_key(|entry| entry.line);
        outline.headers.sort_by_key(|header| header.at);
        Ok(outline)
    }

    fn walk(&mut self, table: &dyn TableLike, path: &[String], under: usize) {
        for (name, item) in table.iter() {
            let path = [path, &[name.to_owned()]].concat();
            match item {
                Item::Value(value) => {
                    let key = table.key(name).and_then(Key::span);
                    if let (Some(key), Some(value)) = (key, value.span()) {
                        let line = line_start(self.text, key.start);
                        self.entries.push(Entry {
                            path,
                            under,
                            line,
                            value,
                        });
                    }
                }
                Item::Table(inner) if inner.is_dotted() => self.walk(inner, &path, under),
                Item::Table(inner) => {
                    if let Some(span) = inner.span().filter(|_| !inner.is_implicit()) {
                        self.header(&path, span.start, false);
                    }
                    self.walk(inner, &path, path.len());
                }
                Item::ArrayOfTables(tables) => {
                    for inner in tables {
                        if let Some(span) = inner.span() {
                            self.header(&path, span.start, true);
                        }
                        // A name that no path has, so that nothing is set in one of several tables.
                        let inside = [path.as_slice(), &["[]".to_owned()]].concat();
                        self.walk(inner, &inside, path.len());
                    }
                }
                Item::None => {}
            }
        }
    }

    fn header(&mut self, path: &[String], at: usize, array: bool) {
        self.headers.push(Header {
            path: path.to_vec(),
            at,
            array,
        });
    }

    fn entry_at_or_above(&self, path: &[&str]) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| is_prefix(&entry.path, path))
    }

    /// Returns the keys that stand right below `path` in lines of their own.
    fn keys_below(&self, path: &[&str]) -> Vec<String> {
        let entries = self.entries.iter().map(|entry| &entry.path);
        let headers = self.headers.iter().map(|header| &header.path);
        let mut keys: Vec<String> = Vec::new();
        for below in entries.chain(headers) {
            if below.len() > path.len() && starts_with(below, path) {
                let key = below[path.len()].clone();
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        keys
    }

    /// Writes a key that is not there yet, into the table nearest above it or into a new one.
    fn insert(
        &self,
        path: &[&str],
        value: &Value,
        rank: &dyn Fn(&[&str]) -> usize,
    ) -> Result<String, Refusal> {
        for depth in (1..path.len()).rev() {
            let prefix = &path[..depth];
            if let Some(header) = self.headers.iter().find(|header| header.path == prefix) {
                if header.array {
                    return Err(Refusal::NoTable(prefix.join(".")));
                }
                return Ok(self.insert_under(Some(header), path, value, rank));
            }
            let dotted = self.entries.iter().rev();
            let mut dotted =
                dotted.filter(|entry| entry.under < depth && starts_with(&entry.path, prefix));
            if let Some(entry) = dotted.next() {
                let keys: Vec<String> = path[entry.under..].iter().map(|key| quoted(key)).collect();
                let line = format!("{} = {}", keys.join("."), bare(value.clone()));
                return Ok(self.line_at(line_end(self.text, entry.value.end), &line));
            }
        }
        if path.len() == 1 {
            return Ok(self.insert_under(None, path, value, rank));
        }
        Ok(self.insert_table(path, value, rank))
    }

    fn insert_under(
        &self,
        header: Option<&Header>,
        path: &[&str],
        value: &Value,
        rank: &dyn Fn(&[&str]) -> usize,
    ) -> String {
        let under = header.map_or(0, |header| header.path.len());
        let start = header.map_or(0, |header| line_end(self.text, header.at));
        let end = self
            .headers
            .iter()
            .map(|header| line_start(self.text, header.at))
            .find(|at| *at >= start)
            .unwrap_or(self.text.len());
        let line = assignment(&path[under..], value);
        let siblings: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| (start..end).contains(&entry.line))
            .collect();
        let mine = rank(&path[..=under]);
        let before = siblings
            .iter()
            .map(|entry| (rank(&strs(&entry.path[..=under])), *entry))
            .filter(|(rank, _)| *rank <= mine)
            .max_by_key(|(rank, entry)| (*rank, entry.line));
        let at = if let Some(example) = self.commented(start..end, path[under]) {
            line_end(self.text, example)
        } else if let Some((_, entry)) = before {
            line_end(self.text, entry.value.end)
        } else if header.is_some() {
            start
        } else {
            return self.insert_first(&siblings, end, &line);
        };
        self.line_at(at, &line)
    }

    /// Writes the first key of the top level where it takes nobody's comment away.
    fn insert_first(&self, siblings: &[&Entry], end: usize, line: &str) -> String {
        if let Some(first) = siblings.first() {
            let block = self.block_start(first.line);
            return if block == 0 && block < first.line {
                self.line_at(line_end(self.text, first.value.end), line)
            } else {
                self.line_at(block, line)
            };
        }
        if end == self.text.len() {
            return self.line_at(end, line);
        }
        let at = self.block_start(end);
        self.line_at(at, &format!("{line}{}", self.newline()))
    }

    fn insert_table(
        &self,
        path: &[&str],
        value: &Value,
        rank: &dyn Fn(&[&str]) -> usize,
    ) -> String {
        let depth = if path[0] == "step" { 2 } else { 1 }.min(path.len() - 1);
        let newline = self.newline();
        let name: Vec<String> = path[..depth].iter().map(|key| quoted(key)).collect();
        let table = format!(
            "[{}]{newline}{}",
            name.join("."),
            assignment(&path[depth..], value)
        );
        let mine = rank(&path[..depth]);
        let next = self.headers.iter().find(|header| {
            let theirs = rank(&strs(&header.path));
            theirs > mine || header.path.len() > depth && starts_with(&header.path, &path[..depth])
        });
        if let Some(next) = next {
            let header = line_start(self.text, next.at);
            // A comment on top of the file is about the file; any other belongs to the header below it.
            let block = Some(self.block_start(header)).filter(|at| *at > 0);
            return self.line_at(block.unwrap_or(header), &format!("{table}{newline}"));
        }
        let gap = match self.text.trim_end_matches([' ', '\t', '\r']) {
            "" => "",
            text if text.ends_with("\n\n") || text.ends_with("\n\r\n") => "",
            _ => newline,
        };
        self.line_at(self.text.len(), &format!("{gap}{table}"))
    }

    /// Finds the line in which a comment shows how the key is written (`# client_id = "…"`), before any commented header.
    fn commented(&self, section: Range<usize>, key: &str) -> Option<usize> {
        let mut at = section.start;
        while at < section.end {
            let end = line_end(self.text, at);
            let line = self.text[at..end].trim_start();
            let example = line
                .strip_prefix('#')
                .map(|line| line.trim_start_matches([' ', '#']));
            if example.is_some_and(|line| line.starts_with('[')) {
                return None;
            }
            let rest = example.and_then(|line| line.strip_prefix(key));
            if rest.is_some_and(|rest| rest.trim_start().starts_with('=')) && !self.inside_value(at)
            {
                return Some(at);
            }
            at = end;
        }
        None
    }

    /// Returns where the comments begin that stand right above a line.
    fn block_start(&self, line: usize) -> usize {
        let mut at = line;
        while at > 0 {
            let above = line_start(self.text, at - 1);
            let comment = self.text[above..at].trim_start();
            if !comment.starts_with('#') || self.inside_value(above) {
                break;
            }
            at = above;
        }
        at
    }

    fn inside_value(&self, at: usize) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.value.start < at && at < entry.value.end)
    }

    fn line_at(&self, at: usize, line: &str) -> String {
        let newline = self.newline();
        let unended = at > 0 && !self.text[..at].ends_with('\n');
        let before = if unended { newline } else { "" };
        spliced(self.text, at..at, &format!("{before}{line}{newline}"))
    }

    fn newline(&self) -> &'static str {
        if self.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        }
    }
}

/// Puts `new` in the place of a value, or of one inside it; what is equal stays as it is written.
fn put(old: &mut Value, path: &[&str], new: &Value) -> Option<()> {
    if let Some((key, rest)) = path.split_first() {
        let table = old.as_inline_table_mut()?;
        if let Some(inner) = table.get_mut(key) {
            return put(inner, rest, new);
        }
        table.insert(*key, nested(rest, new));
        tidy(table);
        return Some(());
    }
    match (old, new) {
        (old, new) if same(old, new) => {}
        (Value::InlineTable(old), Value::InlineTable(new)) => {
            let gone: Vec<String> = old
                .iter()
                .map(|(key, _)| key.to_owned())
                .filter(|key| !new.contains_key(key))
                .collect();
            let fits = gone.is_empty() && old.len() == new.len();
            for key in gone {
                old.remove(&key);
            }
            for (key, value) in new {
                match old.get_mut(key) {
                    Some(inner) => put(inner, &[], value)?,
                    None => {
                        old.insert(key, value.clone());
                    }
                }
            }
            if !fits {
                tidy(old);
            }
        }
        (Value::Array(old), Value::Array(new)) => put_items(old, new)?,
        (old, new) => {
            let decor = old.decor().clone();
            *old = new.clone();
            *old.decor_mut() = decor;
        }
    }
    Some(())
}

fn put_items(old: &mut Array, new: &Array) -> Option<()> {
    let length = old.len();
    for (at, value) in new.iter().enumerate() {
        if let Some(inner) = old.get_mut(at) {
            put(inner, &[], value)?;
        } else {
            old.push(value.clone());
        }
    }
    while old.len() > new.len() {
        old.remove(old.len() - 1);
    }
    if length != new.len() && !several_lines(&old.to_string()) {
        old.fmt();
    }
    Some(())
}

fn take(value: &mut Value, path: &[&str]) {
    let (Some((key, rest)), Some(table)) = (path.split_first(), value.as_inline_table_mut()) else {
        return;
    };
    if rest.is_empty() {
        table.remove(key);
        tidy(table);
    } else if let Some(inner) = table.get_mut(key) {
        take(inner, rest);
    }
}

/// Puts the usual spaces back after a key came or went; a table over several lines may hold comments and is left alone.
fn tidy(table: &mut InlineTable) {
    if !several_lines(&table.to_string()) {
        table.fmt();
    }
}

fn several_lines(text: &str) -> bool {
    text.contains('\n')
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.value() == other.value(),
        (Value::Integer(one), Value::Integer(other)) => one.value() == other.value(),
        (Value::Boolean(one), Value::Boolean(other)) => one.value() == other.value(),
        _ => false,
    }
}

fn nested(path: &[&str], value: &Value) -> Value {
    match path.split_first() {
        None => value.clone(),
        Some((key, rest)) => {
            let mut table = InlineTable::new();
            table.insert(*key, nested(rest, value));
            Value::InlineTable(table)
        }
    }
}

fn assignment(path: &[&str], value: &Value) -> String {
    format!("{} = {}", quoted(path[0]), bare(nested(&path[1..], value)))
}

fn quoted(key: &str) -> String {
    Key::new(key).display_repr().into_owned()
}

/// Prints a value without the spaces and comments around it.
fn bare(value: Value) -> String {
    value.decorated("", "").to_string()
}

fn spliced(text: &str, range: Range<usize>, new: &str) -> String {
    let mut text = text.to_owned();
    text.replace_range(range, new);
    text
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Returns where the line after `at` begins.
fn line_end(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |newline| at + newline + 1)
}

fn strs(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

fn is_prefix(prefix: &[String], path: &[&str]) -> bool {
    prefix.len() <= path.len() && prefix.iter().zip(path).all(|(one, other)| one == other)
}

fn starts_with(path: &[String], prefix: &[&str]) -> bool {
    prefix.len() <= path.len() && path.iter().zip(prefix).all(|(one, other)| one == other)
}
