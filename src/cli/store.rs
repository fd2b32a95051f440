//! The profiles on disk: written beside and renamed, readable by their owner only, and never over someone else's change.

use std::{
    error, fmt, fs,
    io::{self, ErrorKind, Read, Write},
    path::{self, Path, PathBuf},
};

use super::paths::Paths;
use crate::{
    profile::{Problem, Profile, load, suggest},
    ui::places::{Places, Stood},
};

/// The name of the built-in profile, which is always there and needs no file.
pub const LAB: &str = "lab";

/// The text of the built-in profile.
pub const LAB_TEXT: &str = include_str!("../../profiles/lab.toml");

/// A profile is a page of text; what is larger is something else.
const LIMIT: u64 = 1024 * 1024;

/// A profile's text and where it came from.
#[derive(Clone, Eq, PartialEq)]
pub struct Opened {
    /// Its name.
    pub name: String,
    /// Its file; none for the built-in lab and for standard input.
    pub path: Option<PathBuf>,
    /// The text as it was read.
    pub text: String,
}

/// Leaves the text out: there may be secrets in it.
impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("name", &self.name)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Opened {
    /// Reads the typed profile, with the folder that its relative paths count from.
    pub fn load(&self) -> (Profile, Vec<Problem>) {
        let (mut profile, problems) = load(&self.name, &self.text);
        profile.base = self
            .path
            .as_deref()
            .and_then(Path::parent)
            .map(Path::to_owned);
        (profile, problems)
    }
}

/// The profiles of this user.
#[derive(Clone, Debug)]
pub struct Store {
    paths: Paths,
}

impl Store {
    /// Opens the store in those folders; they are made when something is written.
    pub fn new(paths: Paths) -> Self {
        Self { paths }
    }

    /// Opens the store of this user.
    ///
    /// # Errors
    ///
    /// When this user has no home folder.
    pub fn find() -> Result<Self, StoreError> {
        Paths::find().map(Self::new).ok_or(StoreError::NoHome)
    }

    /// Returns its folders.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// Returns the names of the saved profiles, in order; the built-in lab is not among them.
    ///
    /// # Errors
    ///
    /// When the folder is there and cannot be read.
    pub fn saved(&self) -> Result<Vec<String>, StoreError> {
        let folder = self.paths.profiles();
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| StoreError::io("read", &folder, error))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| StoreError::io("read", &folder, error))?;
            let name = entry.file_name().into_string().unwrap_or_default();
            if let Some(name) = name.strip_suffix(".toml")
                && checked_name(name).is_ok()
                && entry.path().is_file()
            {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Opens a profile by its name, by a path to its file (with a separator, or ending in `.toml`), or `-` from
    /// standard input.
    ///
    /// # Errors
    ///
    /// When it is not there, cannot be read, or is no text.
    pub fn open(&self, profile: &str) -> Result<Opened, StoreError> {
        if profile == "-" {
            let text = text_of(&mut io::stdin().lock(), Path::new("standard input"))?;
            return Ok(Opened {
                name: "stdin".to_owned(),
                path: None,
                text,
            });
        }
        if profile == LAB {
            return Ok(Opened {
                name: LAB.to_owned(),
                path: None,
                text: LAB_TEXT.to_owned(),
            });
        }
        if is_path(profile) {
            let path = path::absolute(profile)
                .map_err(|error| StoreError::io("find", Path::new(profile), error))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            return Ok(Opened {
                name: name.into_owned(),
                text: read(&path)?,
                path: Some(path),
            });
        }
        let path = self.path(profile)?;
        match read(&path) {
            Ok(text) => Ok(Opened {
                name: profile.to_owned(),
                path: Some(path),
                text,
            }),
            Err(error) if error.is_absent() => Err(self.not_found(profile)),
            Err(error) => Err(error),
        }
    }

    /// Writes a new text over the file that `opened` came from, and returns it as opened anew.
    ///
    /// # Errors
    ///
    /// When the file is no longer what it was, so that nothing is lost; when there is no file; when writing fails,
    /// and then the old text is still there.
    pub fn save(&self, opened: &Opened, text: &str) -> Result<Opened, StoreError> {
        let Some(path) = &opened.path else {
            return Err(StoreError::NoFile {
                name: opened.name.clone(),
            });
        };
        match read(path) {
            Ok(now) if now == opened.text => {}
            Ok(_) => return Err(StoreError::Changed { path: path.clone() }),
            Err(error) if error.is_absent() => return Err(StoreError::Gone { path: path.clone() }),
            Err(error) => return Err(error),
        }
        write(path, text, Over::Replace)?;
        Ok(Opened {
            text: text.to_owned(),
            ..opened.clone()
        })
    }

    /// Writes a profile that is not there yet.
    ///
    /// # Errors
    ///
    /// When the name cannot be one, is taken, or writing fails.
    pub fn create(&self, name: &str, text: &str) -> Result<Opened, StoreError> {
        let path = self.path(name)?;
        write(&path, text, Over::Refuse).map_err(|error| error.taken(name))?;
        Ok(Opened {
            name: name.to_owned(),
            path: Some(path),
            text: text.to_owned(),
        })
    }

    /// Copies a profile (the lab, too) under another name.
    ///
    /// # Errors
    ///
    /// As [`Store::open`] and [`Store::create`].
    pub fn duplicate(&self, from: &str, to: &str) -> Result<Opened, StoreError> {
        self.create(to, &self.open(from)?.text)
    }

    /// Gives a profile another name.
    ///
    /// # Errors
    ///
    /// When it is not there, or the name cannot be one or is taken.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), StoreError> {
        let (old, new) = (self.path(from)?, self.path(to)?);
        if fs::symlink_metadata(&old).is_err() {
            return Err(self.not_found(from));
        }
        let taken = fs::symlink_metadata(&new).is_ok();
        // On some platforms `Acme` and `acme` are one file, and renaming it is no clash.
        let same = taken && fs::canonicalize(&old).ok() == fs::canonicalize(&new).ok();
        if taken && !(same && from.to_lowercase() == to.to_lowercase()) {
            return Err(StoreError::Exists {
                name: to.to_owned(),
            });
        }
        let used_last = self.last_used().as_deref() == Some(from);
        fs::rename(&old, &new).map_err(|error| StoreError::io("rename", &old, error))?;
        if used_last {
            self.set_last_used(to)?;
        }
        self.change_places(|places| places.rename(from, to));
        Ok(())
    }

    /// Deletes a profile; of a link, only the link.
    ///
    /// # Errors
    ///
    /// When it is not there or cannot be deleted.
    pub fn delete(&self, name: &str) -> Result<(), StoreError> {
        let path = self.path(name)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(self.not_found(name)),
            done => {
                done.map_err(|error| StoreError::io("delete", &path, error))?;
                self.change_places(|places| places.forget(name));
                Ok(())
            }
        }
    }

    /// Returns where the user stood in each profile; nothing where it was not kept or cannot be read.
    pub fn places(&self) -> Places {
        let text = read(&self.paths.places()).unwrap_or_default();
        Places::read(&text)
    }

    /// Keeps where the user stood; a convenience, so that it cannot be written stops nobody. What another jagwalk kept
    /// in the meantime stays.
    pub fn keep_places(&self, left: Vec<(String, Stood)>) {
        if !left.is_empty() {
            let mut places = self.places();
            places.keep(left);
            let _ = write(&self.paths.places(), &places.text(), Over::Replace);
        }
    }

    fn change_places(&self, change: impl FnOnce(&mut Places)) {
        let before = self.places();
        let mut places = before.clone();
        change(&mut places);
        if places != before {
            let _ = write(&self.paths.places(), &places.text(), Over::Replace);
        }
    }

    /// Returns the text of the settings; empty when there is no such file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no text.
    pub fn settings(&self) -> Result<String, StoreError> {
        match read(&self.paths.config_file()) {
            Err(error) if error.is_absent() => Ok(String::new()),
            text => text,
        }
    }

    /// Writes the text of the settings.
    ///
    /// # Errors
    ///
    /// When writing fails; the old text is still there then.
    pub fn write_settings(&self, text: &str) -> Result<(), StoreError> {
        write(&self.paths.config_file(), text, Over::Replace)
    }

    /// Returns the profile used last, as [`Store::open`] takes it; `None` when nobody said or it is gone.
    pub fn last_used(&self) -> Option<String> {
        let text = read(&self.paths.last_profile()).ok()?;
        let name = text.trim();
        let there = match name {
            "" | "-" => false,
            LAB => true,
            name if is_path(name) => Path::new(name).is_file(),
            name => self.path(name).is_ok_and(|path| path.is_file()),
        };
        there.then(|| name.to_owned())
    }

    /// Remembers the profile used last, by name or path.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn set_last_used(&self, profile: &str) -> Result<(), StoreError> {
        let profile = if is_path(profile) {
            path::absolute(profile).map_or_else(
                |_| profile.to_owned(),
                |path| path.to_string_lossy().into_owned(),
            )
        } else {
            profile.to_owned()
        };
        let (path, text) = (self.paths.last_profile(), format!("{profile}\n"));
        // Most starts are on the profile of the last one: the disk is not waited for then.
        if fs::read_to_string(&path).is_ok_and(|known| known == text) {
            return Ok(());
        }
        write(&path, &text, Over::Replace)
    }

    /// Returns the file of that name, whether it is there or not.
    fn path(&self, name: &str) -> Result<PathBuf, StoreError> {
        checked_name(name)?;
        Ok(self.paths.profiles().join(format!("{name}.toml")))
    }

    fn not_found(&self, name: &str) -> StoreError {
        let mut known = self.saved().unwrap_or_default();
        known.push(LAB.to_owned());
        StoreError::NotFound {
            name: name.to_owned(),
            near: suggest::nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
            known,
        }
    }
}

/// Tells whether `--profile` got a path and not a name.
fn is_path(profile: &str) -> bool {
    profile.contains(path::is_separator)
        || Path::new(profile)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

fn checked_name(name: &str) -> Result<(), StoreError> {
    let why = match name {
        LAB => {
            return Err(StoreError::Reserved);
        }
        "" => "it is empty",
        _ if name.starts_with('.') => "it begins with a dot",
        _ if name.starts_with('-') => "it begins with a hyphen",
        _ if name.contains(['/', '\\', ':']) => "it has a separator in it",
        _ if name.contains(char::is_control) => "it has a control character in it",
        _ if name.trim() != name => "it begins or ends with a space",
        _ if is_path(name) => "it ends in .toml, which is added by itself",
        _ if name.len() > 200 => "it is too long",
        _ => return Ok(()),
    };
    Err(StoreError::Name {
        name: name.to_owned(),
        why,
    })
}

fn read(path: &Path) -> Result<String, StoreError> {
    let mut file = fs::File::open(path).map_err(|error| StoreError::io("read", path, error))?;
    text_of(&mut file, path)
}

fn text_of(from: &mut dyn Read, path: &Path) -> Result<String, StoreError> {
    let mut bytes = Vec::new();
    from.take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| StoreError::io("read", path, error))?;
    if bytes.len() as u64 > LIMIT {
        return Err(StoreError::TooLarge {
            path: path.to_owned(),
        });
    }
    String::from_utf8(bytes).map_err(|_| StoreError::NotText {
        path: path.to_owned(),
    })
}

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Over {
    Replace,
    Refuse,
}

/// Writes beside the file, then renames, so that there is always one whole text; a link is written through.
fn write(path: &Path, text: &str, over: Over) -> Result<(), StoreError> {
    let target = match over {
        Over::Replace => linked(path),
        Over::Refuse => path.to_owned(),
    };
    let failed = |error| StoreError::io("write", path, error);
    let folder = target.parent().unwrap_or(Path::new("."));
    make_folder(folder).map_err(|error| StoreError::io("make the folder", folder, error))?;
    // tempfile makes its files 0600.
    let mut file = tempfile::Builder::new()
        .prefix(".jagwalk-")
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    match over {
        Over::Replace => file.persist(&target),
        Over::Refuse => file.persist_noclobber(&target),
    }
    .map_err(|error| failed(error.error))?;
    Ok(())
}

/// Returns what a link points to in the end, whether that is there or not.
fn linked(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // As many links in a row as Linux follows.
    for _ in 0..40 {
        let Ok(target) = fs::read_link(&path) else {
            break;
        };
        path = path.parent().unwrap_or(Path::new(".")).join(target);
    }
    path
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Why a profile could not be found, read or written.
#[derive(Debug)]
pub enum StoreError {
    /// There is no home folder.
    NoHome,
    /// No profile can have that name.
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The name belongs to the built-in lab.
    Reserved,
    /// There is no such profile.
    NotFound {
        /// The name asked for.
        name: String,
        /// The one that was probably meant.
        near: Option<String>,
        /// Those that are there.
        known: Vec<String>,
    },
    /// There is one of that name already.
    Exists {
        /// The name.
        name: String,
    },
    /// The file was changed after it was read.
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file was deleted after it was read.
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// The profile came from no file, so there is none to save to.
    NoFile {
        /// The profile.
        name: String,
    },
    /// The file is no UTF-8 text.
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The file is far too large for a profile.
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    Io {
        /// What was attempted.
        doing: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl StoreError {
    fn io(doing: &'static str, path: &Path, error: io::Error) -> Self {
        Self::Io {
            doing,
            path: path.to_owned(),
            error,
        }
    }

    fn is_absent(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == ErrorKind::NotFound)
    }

    fn taken(self, name: &str) -> Self {
        match self {
            Self::Io { error, .. } if error.kind() == ErrorKind::AlreadyExists => Self::Exists {
                name: name.to_owned(),
            },
            other => other,
        }
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoHome => format!("Set {} to a folder.", super::paths::CONFIG_DIR),
            Self::Name { .. } => "Use letters, digits, spaces and hyphens.".to_owned(),
            Self::Reserved => "Copy it under another name, and change the copy.".to_owned(),
            Self::NotFound {
                near: Some(near), ..
            } => format!("Did you mean `{near}`?"),
            Self::NotFound { known, .. } => format!(
                "There are {}. A path needs a separator or the ending .toml.",
                known.join(", ")
            ),
            Self::Exists { .. } => "Choose another name, or delete that one first.".to_owned(),
            Self::Changed { .. } => {
                "Open it again and make your change there, or save under another name.".to_owned()
            }
            Self::Gone { .. } | Self::NoFile { .. } => "Save it under another name.".to_owned(),
            Self::NotText { .. } => "Save it as UTF-8.".to_owned(),
            Self::TooLarge { .. } => return None,
            Self::Io { doing, error, .. } => {
                let hint = match error.kind() {
                    ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                        "Free some space, then try again."
                    }
                    ErrorKind::PermissionDenied => "See whom the file and its folder belong to.",
                    ErrorKind::ReadOnlyFilesystem => "Choose a folder that can be written.",
                    _ => return None,
                };
                match *doing {
                    "write" => format!("{hint} Nothing was changed."),
                    _ => hint.to_owned(),
                }
            }
        })
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => f.write_str("This user has no home folder to keep profiles in."),
            Self::Name { name, why } => {
                write!(
                    f,
                    "A profile cannot be called `{}`: {why}.",
                    name.escape_debug()
                )
            }
            Self::Reserved => {
                f.write_str("`lab` is the built-in profile: it has no file of its own.")
            }
            Self::NotFound { name, .. } => {
                write!(f, "There is no profile `{}`.", name.escape_debug())
            }
            Self::Exists { name } => write!(f, "There is a profile `{name}` already."),
            Self::Changed { path } => write!(
                f,
                "{} was changed by someone else after it was opened, so it was not saved.",
                path.display()
            ),
            Self::Gone { path } => write!(
                f,
                "{} was deleted after it was opened, so it was not saved.",
                path.display()
            ),
            Self::NoFile { name } => {
                write!(
                    f,
                    "The profile `{name}` came from no file, so there is none to save to."
                )
            }
            Self::NotText { path } => write!(f, "{} is not UTF-8 text.", path.display()),
            Self::TooLarge { path } => write!(
                f,
                "{} is larger than 1 MB, so it is no profile.",
                path.display()
            ),
            Self::Io { doing, path, error } => {
                write!(f, "Cannot {doing} {}: {}.", path.display(), because(error))
            }
        }
    }
}

impl error::Error for StoreError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

fn because(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "it is not there".to_owned(),
        ErrorKind::PermissionDenied => "this user may not".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        ErrorKind::QuotaExceeded => "this user's share of the disk is full".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::NotADirectory => "a part of the path is no folder".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::profile::fields;

    fn store() -> (TempDir, Store) {
        let dir = TempDir::new().unwrap();
        let store = Store::new(Paths::at(dir.path().join("config")));
        (dir, store)
    }

    #[test]
    fn a_profile_is_made_opened_saved_and_deleted() {
        let (_dir, store) = store();
        assert_eq!(store.saved().unwrap(), [""; 0]);
        let made = store.create("acme staging", "title = 'a'\n").unwrap();
        let opened = store.open("acme staging").unwrap();
        assert_eq!(made, opened);
        let (profile, problems) = opened.load();
        assert_eq!(problems, []);
        assert_eq!(profile.text(fields::TITLE), Some("a"));
        assert_eq!(profile.base, Some(store.paths().profiles()));
        let saved = store.save(&opened, "title = 'b'\n").unwrap();
        let again = store.save(&saved, "title = 'c'\n").unwrap();
        assert_eq!(store.open("acme staging").unwrap(), again);
        store.duplicate("acme staging", "copy").unwrap();
        assert_eq!(store.saved().unwrap(), ["acme staging", "copy"]);
        store.delete("acme staging").unwrap();
        assert_eq!(store.saved().unwrap(), ["copy"]);
        assert_eq!(
            fs::read_dir(store.paths().profiles()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn the_lab_is_always_there_and_never_written() {
        let (_dir, store) = store();
        let lab = store.open("lab").unwrap();
        assert!(lab.load().0.flag(fields::LAB));
        assert!(matches!(
            store.save(&lab, ""),
            Err(StoreError::NoFile { .. })
        ));
        for refused in [
            store.create("lab", "").map(|_| ()),
            store.delete("lab"),
            store.rename("lab", "x"),
        ] {
            assert!(matches!(refused, Err(StoreError::Reserved)));
        }
        assert_eq!(store.duplicate("lab", "mine").unwrap().text, LAB_TEXT);
    }

    #[test]
    fn names_that_are_no_names_are_refused() {
        let (_dir, store) = store();
        for name in [
            "", ".hidden", "../up", "a/b", "a\\b", "-", "-x", "a\nb", " a", "a.toml", "c:d",
        ] {
            let error = store.create(name, "").unwrap_err();
            assert!(
                matches!(error, StoreError::Name { .. }),
                "{name:?}: {error}"
            );
        }
        assert!(!store.paths().config().exists());
    }

    #[test]
    fn a_name_that_is_not_there_brings_the_near_one() {
        let (_dir, store) = store();
        store.create("acme", "").unwrap();
        let error = store.open("acne").unwrap_err();
        assert_eq!(error.to_string(), "There is no profile `acne`.");
        assert_eq!(error.hint().as_deref(), Some("Did you mean `acme`?"));
        let error = store.open("zzzzzz").unwrap_err();
        assert_eq!(
            error.hint().as_deref(),
            Some("There are acme, lab. A path needs a separator or the ending .toml.")
        );
        assert!(matches!(
            store.create("acme", "x"),
            Err(StoreError::Exists { .. })
        ));
        assert!(matches!(
            store.delete("acne"),
            Err(StoreError::NotFound { .. })
        ));
    }

    #[test]
    fn a_path_is_opened_as_it_is_and_keeps_its_folder() {
        let (dir, store) = store();
        let path = dir.path().join("tenant.toml");
        fs::write(&path, "title = 'x'\n").unwrap();
        let opened = store.open(path.to_str().unwrap()).unwrap();
        assert_eq!(opened.name, "tenant");
        assert_eq!(opened.load().0.base.as_deref(), Some(dir.path()));
        store.save(&opened, "title = 'y'\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "title = 'y'\n");
        let error = store.open("missing.toml").unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("missing.toml: it is not there."),
            "{error}"
        );
    }

    #[test]
    fn a_change_by_someone_else_is_never_lost() {
        let (_dir, store) = store();
        let opened = store.create("acme", "title = 'a'\n").unwrap();
        let path = opened.path.clone().unwrap();
        fs::write(&path, "title = 'theirs'\n").unwrap();
        assert!(matches!(
            store.save(&opened, "title = 'mine'\n"),
            Err(StoreError::Changed { .. })
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "title = 'theirs'\n");
        fs::remove_file(&path).unwrap();
        assert!(matches!(
            store.save(&opened, "title = 'mine'\n"),
            Err(StoreError::Gone { .. })
        ));
        assert!(!path.exists());
    }

    #[test]
    fn the_last_used_is_remembered_while_it_is_there() {
        let (dir, store) = store();
        assert_eq!(store.last_used(), None);
        store.create("acme", "").unwrap();
        store.set_last_used("acme").unwrap();
        assert_eq!(store.last_used().as_deref(), Some("acme"));
        store.rename("acme", "beta").unwrap();
        assert_eq!(store.last_used().as_deref(), Some("beta"));
        store.delete("beta").unwrap();
        assert_eq!(store.last_used(), None);
        let path = dir.path().join("x.toml");
        fs::write(&path, "").unwrap();
        store.set_last_used(path.to_str().unwrap()).unwrap();
        assert_eq!(store.last_used().as_deref(), path.to_str());
    }

    #[test]
    fn renaming_never_covers_another() {
        let (_dir, store) = store();
        store.create("one", "1").unwrap();
        store.create("two", "2").unwrap();
        assert!(matches!(
            store.rename("one", "two"),
            Err(StoreError::Exists { .. })
        ));
        assert!(matches!(
            store.rename("three", "four"),
            Err(StoreError::NotFound { .. })
        ));
        assert_eq!(store.open("two").unwrap().text, "2");
        store.rename("one", "three").unwrap();
        assert_eq!(store.saved().unwrap(), ["three", "two"]);
    }

    #[test]
    fn what_cannot_be_read_or_written_is_said_in_a_sentence() {
        let (dir, store) = store();
        fs::create_dir_all(store.paths().profiles().join("folder.toml")).unwrap();
        let path = store.paths().profiles().join("folder.toml");
        let path = path.display();
        let error = store.open("folder").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Cannot read {path}: it is a folder.")
        );
        assert!(matches!(
            store.create("folder", ""),
            Err(StoreError::Exists { .. })
        ));
        assert_eq!(store.saved().unwrap(), [""; 0]);

        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let blocked = Store::new(Paths::at(&file));
        let error = blocked.create("acme", "").unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("a part of the path is no folder."),
            "{error}"
        );

        fs::write(dir.path().join("bytes.toml"), [0xff, 0xfe]).unwrap();
        let error = store
            .open(dir.path().join("bytes.toml").to_str().unwrap())
            .unwrap_err();
        assert!(error.to_string().ends_with("is not UTF-8 text."), "{error}");
        fs::write(dir.path().join("big.toml"), vec![b'#'; 1_100_000]).unwrap();
        let error = store
            .open(dir.path().join("big.toml").to_str().unwrap())
            .unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("larger than 1 MB, so it is no profile."),
            "{error}"
        );

        let full = StoreError::io(
            "write",
            Path::new("/p/acme.toml"),
            io::Error::from(ErrorKind::StorageFull),
        );
        assert_eq!(
            full.to_string(),
            "Cannot write /p/acme.toml: the disk is full."
        );
        assert_eq!(
            full.hint().as_deref(),
            Some("Free some space, then try again. Nothing was changed.")
        );
    }

    #[cfg(unix)]
    #[test]
    fn files_are_for_their_owner_only_and_links_are_written_through() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (dir, store) = store();
        let opened = store.create("acme", "a").unwrap();
        let path = opened.path.clone().unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&store.paths().profiles()), 0o700);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        store.save(&opened, "b").unwrap();
        assert_eq!(mode(&path), 0o600);

        fs::create_dir(dir.path().join("dotfiles")).unwrap();
        let real = dir.path().join("dotfiles/real.toml");
        fs::write(&real, "real").unwrap();
        let link = store.paths().profiles().join("linked.toml");
        symlink("../../dotfiles/real.toml", &link).unwrap();
        let opened = store.open("linked").unwrap();
        store.save(&opened, "new").unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        store.delete("linked").unwrap();
        assert!(real.exists() && fs::symlink_metadata(&link).is_err());
    }
}
