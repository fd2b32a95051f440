//! What the environment tells about signing in from here: the way over SSH, and whether a browser can be started.

use std::net::{IpAddr, SocketAddr};

use crate::transport::browser;

/// What was read from the environment, once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Surroundings {
    /// `SSH_CONNECTION`: the client's address and port, then the server's.
    pub connection: Option<String>,
    /// Who is logged in.
    pub user: Option<String>,
    /// Why no browser is started by itself, if none is.
    pub no_browser: Option<String>,
}

impl Surroundings {
    /// Reads the environment through `env`.
    pub fn read(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        Self {
            connection: set("SSH_CONNECTION"),
            user: set("USER").or_else(|| set("LOGNAME")),
            no_browser: browser::browser_available(env).err().map(str::to_owned),
        }
    }

    /// Reads the environment of this process.
    pub fn here() -> Self {
        Self::read(&|name| std::env::var(name).ok())
    }

    /// Returns the line that forwards a port of the user's machine to the listener, where this is an SSH session.
    pub fn tunnel(&self, port: u16, listener: SocketAddr) -> Option<String> {
        ssh_line(
            self.connection.as_deref()?,
            self.user.as_deref(),
            port,
            listener,
        )
    }
}

/// Writes the `ssh -L` line: `port` on the machine of the browser leads to the listener on this one.
///
/// `connection` is the value of `SSH_CONNECTION`; what does not look like one gives no line.
pub fn ssh_line(
    connection: &str,
    user: Option<&str>,
    port: u16,
    listener: SocketAddr,
) -> Option<String> {
    let fields: Vec<&str> = connection.split_ascii_whitespace().collect();
    let [_, _, host, ssh_port] = fields[..] else {
        return None;
    };
    // A link-local address carries a zone, `fe80::1%eth0`, which means nothing on the other machine.
    host.parse::<IpAddr>().ok()?;
    let ssh_port: u16 = ssh_port.parse().ok()?;
    let other = match ssh_port {
        22 => String::new(),
        other => format!("-p {other} "),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    // The line is to be pasted into a shell, so nothing strange goes into it.
    let user = user
        .filter(|user| !user.starts_with('-') && user.chars().all(plain))
        .map_or_else(String::new, |user| format!("{user}@"));
    Some(format!("ssh {other}-L {port}:{listener} {user}{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(connection: &str, user: Option<&str>) -> Option<String> {
        ssh_line(
            connection,
            user,
            8765,
            "127.0.0.1:8765".parse().expect("an address"),
        )
    }

    #[test]
    fn the_line_names_port_user_and_host() {
        assert_eq!(
            line("203.0.113.9 50211 192.0.2.7 22", Some("ada")).as_deref(),
            Some("ssh -L 8765:127.0.0.1:8765 ada@192.0.2.7")
        );
        assert_eq!(
            line("2001:db8::9 50211 2001:db8::7 2222", None).as_deref(),
            Some("ssh -p 2222 -L 8765:127.0.0.1:8765 2001:db8::7")
        );
    }

    #[test]
    fn forwarded_ports_may_differ() {
        let listener = "[::1]:9000".parse().expect("an address");
        assert_eq!(
            ssh_line("203.0.113.9 1 192.0.2.7 22", Some("ada"), 8765, listener).as_deref(),
            Some("ssh -L 8765:[::1]:9000 ada@192.0.2.7")
        );
    }

    #[test]
    fn what_is_strange_stays_out_of_the_line() {
        assert_eq!(
            line("203.0.113.9 1 192.0.2.7 22", Some("a; reboot")).as_deref(),
            Some("ssh -L 8765:127.0.0.1:8765 192.0.2.7")
        );
        for connection in ["", "yes", "a 1 b", "a 1 $(reboot) 22", "a 1 192.0.2.7 ssh"] {
            assert_eq!(line(connection, Some("ada")), None, "{connection}");
        }
    }

    #[test]
    fn the_environment_is_read_once() {
        let read = Surroundings::read(&|name| match name {
            "SSH_CONNECTION" => Some("203.0.113.9 50211 192.0.2.7 22".to_owned()),
            "LOGNAME" => Some("ada".to_owned()),
            "USER" => Some(String::new()),
            _ => None,
        });
        assert_eq!(read.user.as_deref(), Some("ada"));
        assert!(
            read.no_browser
                .as_ref()
                .is_some_and(|why| why.contains("SSH")),
            "{read:?}"
        );
    }
}
