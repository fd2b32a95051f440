//! Starting the user's browser, where there is one.

use std::time::Duration;

/// Tells whether a browser can be started here; reads the environment through `env`.
///
/// # Errors
/// Why not, as the end of a sentence.
pub fn browser_available(env: &dyn Fn(&str) -> Option<String>) -> Result<(), &'static str> {
    let set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    if set("SSH_CONNECTION") || set("SSH_TTY") {
        return Err("this is an SSH session");
    }
    display_available(env)
}

/// Tells whether a browser that the user asked for can be shown, over SSH as well.
///
/// # Errors
/// Why not, as the end of a sentence.
pub fn display_available(env: &dyn Fn(&str) -> Option<String>) -> Result<(), &'static str> {
    let set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    let needs_display = cfg!(all(unix, not(target_os = "macos")));
    if needs_display && !set("DISPLAY") && !set("WAYLAND_DISPLAY") && !set("WSL_DISTRO_NAME") {
        return Err("no graphical display (DISPLAY and WAYLAND_DISPLAY are not set)");
    }
    Ok(())
}

/// Opens an address in the user's browser without waiting for it; ask [`browser_available`] first.
///
/// # Errors
/// A sentence that says why not; it does not repeat the address.
pub fn open_browser(address: &str) -> Result<(), String> {
    if !address.starts_with("http://") && !address.starts_with("https://") {
        return Err("Only http and https addresses are opened in a browser.".to_owned());
    }
    open::that_detached_with_timeout(address, Duration::from_millis(500)).map_err(|error| {
        format!(
            "No browser could be started ({}). Open the address by hand.",
            error.kind()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(set: &[(&str, &str)]) -> Result<(), &'static str> {
        browser_available(&|name| {
            set.iter()
                .find(|(other, _)| *other == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn over_ssh_no_browser_is_started() {
        assert!(
            asked(&[("SSH_CONNECTION", "a 1 b 22"), ("DISPLAY", ":0")])
                .unwrap_err()
                .contains("SSH")
        );
        assert!(asked(&[("DISPLAY", ":0"), ("SSH_CONNECTION", "")]).is_ok());
        assert!(asked(&[("WAYLAND_DISPLAY", "wayland-0")]).is_ok());
    }

    #[test]
    fn whoever_asks_gets_one_over_ssh_too() {
        let forwarded = |name: &str| {
            matches!(name, "SSH_CONNECTION" | "DISPLAY").then(|| "localhost:10.0".to_owned())
        };
        assert!(display_available(&forwarded).is_ok());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn without_a_display_no_browser_is_started() {
        assert!(asked(&[("DISPLAY", "")]).unwrap_err().contains("display"));
    }

    #[test]
    fn only_web_addresses_are_opened() {
        assert!(open_browser("file:///etc/passwd").is_err());
        assert!(open_browser("--help").is_err());
    }
}
