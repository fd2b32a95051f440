//! Where jagwalk keeps its files on this platform.

use std::{
    env,
    path::{Path, PathBuf},
};

use directories::ProjectDirs;

/// Names another configuration folder, for tests and scripts.
pub const CONFIG_DIR: &str = "JAGWALK_CONFIG_DIR";

/// The folders of jagwalk; none of them needs to exist.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Paths {
    config: PathBuf,
    state: PathBuf,
}

impl Paths {
    /// Finds the platform's folders, or the one that [`CONFIG_DIR`] names; `None` when there is no home folder.
    pub fn find() -> Option<Self> {
        if let Some(folder) = env::var_os(CONFIG_DIR).filter(|folder| !folder.is_empty()) {
            return Some(Self::at(folder));
        }
        let dirs = ProjectDirs::from("", "", "jagwalk")?;
        Some(Self {
            config: dirs.config_dir().to_owned(),
            state: dirs
                .state_dir()
                .unwrap_or_else(|| dirs.data_local_dir())
                .to_owned(),
        })
    }

    /// Keeps everything in one folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        let config = folder.into();
        Self {
            state: config.clone(),
            config,
        }
    }

    /// Returns the configuration folder.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Returns the file with theme, mouse and keys.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// Returns the folder of the profiles.
    pub fn profiles(&self) -> PathBuf {
        self.config.join("profiles")
    }

    /// Returns the file that names the profile used last.
    pub fn last_profile(&self) -> PathBuf {
        self.state.join("last-profile")
    }

    /// Returns the file that says where the user stood in each profile.
    pub fn places(&self) -> PathBuf {
        self.state.join("places.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_holds_everything_when_it_is_named() {
        let paths = Paths::at("/somewhere");
        assert_eq!(paths.profiles(), Path::new("/somewhere/profiles"));
        assert_eq!(paths.last_profile(), Path::new("/somewhere/last-profile"));
    }
}
