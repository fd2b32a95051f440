//! Themes on the command line: the list of them, and the one that is kept in `config.toml`.

use std::fmt::Write as _;

use serde_json::json;
use toml_edit::{DocumentMut, Item, value};

use super::{
    Failed,
    args::{Format, Listing},
    start,
    store::Store,
};
use crate::{
    protocol::visible::visible,
    ui::theme::{Listed, Shelf},
};

/// The key of `config.toml`.
const KEY: &str = "theme";

/// Lists the themes; what is wrong with the user's own is said on standard error.
pub fn list(listing: &Listing) -> String {
    let (own, mut warnings) = start::own_themes();
    let shelf = Shelf::new(own);
    let themes = shelf.listing();
    let mistakes = themes.iter().flat_map(|theme| &theme.mistakes);
    warnings.extend(mistakes.map(ToString::to_string));
    for warning in warnings {
        super::tell(&format!("jagwalk: {}", visible(&warning)));
    }
    match listing.format {
        Format::Json => {
            let all: Vec<_> = themes.iter().map(as_json).collect();
            serde_json::to_string_pretty(&all).unwrap_or_default()
        }
        Format::Text => text(themes),
    }
}

fn from(theme: &Listed) -> &'static str {
    if theme.own { "yours" } else { "built-in" }
}

fn as_json(theme: &Listed) -> serde_json::Value {
    let mistakes: Vec<_> = theme.mistakes.iter().map(ToString::to_string).collect();
    json!({
        "name": theme.name, "title": theme.title, "mood": theme.mood_word(), "from": from(theme),
        "about": theme.about, "mistakes": mistakes,
    })
}

fn text(themes: &[Listed]) -> String {
    let name = |theme: &Listed| visible(&theme.name).into_owned();
    let widths = themes.iter().map(|theme| name(theme).chars().count());
    let width = widths.max().unwrap_or_default();
    let line = |theme: &Listed| {
        let (name, mood, about) = (name(theme), theme.mood_word(), visible(&theme.about));
        format!("{name:<width$}  {mood:<6}  {:<8}  {about}", from(theme))
    };
    let lines: Vec<_> = themes
        .iter()
        .map(|theme| line(theme).trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// Returns the README's table of the themes in the program.
pub fn theme_table_markdown() -> String {
    let mut out =
        String::from("| theme | for a background that is | what it is |\n|---|---|---|\n");
    for theme in Shelf::default().listing() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| `{}` | {} | {} |",
            theme.name,
            theme.mood_word(),
            theme.about
        );
    }
    out
}

/// Writes the name of a theme into `config.toml` and nothing else; returns the sentence about it.
///
/// # Errors
/// When the file is no TOML, and then it stays as it is; when it cannot be read or written.
pub fn keep(store: &Store, name: &str) -> Result<String, Failed> {
    let mut settings = parsed(store, &store.settings()?).map_err(|says| {
        Failed::usage(says).hint(Some(format!("The theme {name} is not written there.")))
    })?;
    match settings.get_mut(KEY) {
        // What stands around the old name stays: a comment, say.
        Some(Item::Value(old)) => {
            let decor = old.decor().clone();
            *old = name.into();
            *old.decor_mut() = decor;
        }
        _ => settings[KEY] = value(name),
    }
    store.write_settings(&settings.to_string())?;
    let file = store.paths().config_file();
    Ok(format!(
        "The theme is {name} from now on, as {} says.",
        file.display()
    ))
}

fn parsed(store: &Store, text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        let says = error.message().trim_end_matches('.');
        let file = store.paths().config_file();
        format!("{}, line {line}: Not TOML: {says}.", file.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::paths::Paths;
    use std::fs;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::new(Paths::at(folder.path().join("new")));
        (folder, store)
    }

    #[test]
    fn a_kept_theme_is_found_again_and_the_file_is_the_users_alone() {
        let (_folder, store) = store();
        let says = keep(&store, "dark").expect("it is written");
        assert!(says.starts_with("The theme is dark from now on"), "{says}");
        assert_eq!(store.settings().expect("it is there"), "theme = \"dark\"\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = fs::metadata(store.paths().config_file()).expect("it is there");
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn everything_else_in_the_file_stays_as_it_is() {
        let (_folder, store) = store();
        let text = "# mine\ntheme  =  \"dark\" # at night\nglyphs = 'ascii'\n\n[keys]\nsend-step = [ \"s\" ] # s\n";
        store.write_settings(text).expect("it is written");
        keep(&store, "light").expect("it is written");
        let wanted = text.replace("\"dark\"", "\"light\"");
        assert_eq!(store.settings().expect("it is there"), wanted);

        store
            .write_settings("[keys]\nquit = [\"Q\"]\n")
            .expect("it is written");
        keep(&store, "light").expect("it is written");
        let text = store.settings().expect("it is there");
        assert_eq!(text, "theme = \"light\"\n[keys]\nquit = [\"Q\"]\n");
    }

    #[test]
    fn a_broken_file_is_named_and_never_written_over() {
        let (_folder, store) = store();
        let broken = "a = 1\ntheme = dark\n";
        store.write_settings(broken).expect("it is written");
        let failed = keep(&store, "dark").expect_err("it is no TOML");
        assert!(failed.says.contains("line 2"), "{}", failed.says);
        assert_eq!(store.settings().expect("it is there"), broken);
    }
}
