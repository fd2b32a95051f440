//! Proxies: which one a request goes through, named without the password that its address may hold.

use url::{Host, Url};

/// What the environment says of proxies; of their addresses host and port alone.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Environment(Vec<(String, String)>);

const LOOPBACK: &str = "Loopback addresses go straight.";

impl Environment {
    /// Reads it; `get` returns a variable.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];
        let both = names
            .into_iter()
            .flat_map(|name| [name.to_owned(), name.to_uppercase()]);
        let set = both.filter_map(|name| {
            let value = get(&name).filter(|value| !value.is_empty())?;
            let shown = if name.eq_ignore_ascii_case("no_proxy") {
                value
            } else {
                place(&value)
            };
            Some((name, shown))
        });
        Self(set.collect())
    }

    /// Says which proxy is in use, where `own` is the profile's.
    pub fn says(&self, own: Option<&str>) -> String {
        if let Some(address) = own {
            return format!("network.proxy is used: {}. {LOOPBACK}", place(address));
        }
        if self.0.is_empty() {
            return "No proxy is set, in the profile or in the environment.".to_owned();
        }
        let set: Vec<String> = self
            .0
            .iter()
            .map(|(name, shown)| format!("{name} is {shown}"))
            .collect();
        format!("The environment decides: {}. {LOOPBACK}", set.join(", "))
    }

    /// Says in a word or two which proxy is in use for any of these addresses; nothing when all go straight.
    pub fn mark<'a>(
        &self,
        own: Option<&str>,
        urls: impl Iterator<Item = &'a str>,
    ) -> Option<String> {
        let urls: Vec<Url> = urls
            .filter_map(|url| Url::parse(url).ok())
            .filter(|url| url.has_host() && !is_loopback(url))
            .collect();
        if let Some(address) = own {
            return (!urls.is_empty()).then(|| format!("proxy {}", place(address)));
        }
        let of = |name: &str| {
            let known = self.0.iter();
            let mut own = known.filter(|(known, _)| known.eq_ignore_ascii_case(name));
            own.next().map(|(_, shown)| shown.as_str())
        };
        let shown = urls.iter().find_map(|url| {
            let by_scheme = match url.scheme() {
                "http" => "http_proxy",
                "https" => "https_proxy",
                _ => return None,
            };
            of(by_scheme).or_else(|| of("all_proxy"))
        })?;
        let unless = if of("no_proxy").is_some() {
            " but for no_proxy"
        } else {
            ""
        };
        Some(format!("proxy {shown}{unless}"))
    }
}

/// Names a proxy by host and port, without what it may be told as a password.
pub fn place(address: &str) -> String {
    // `proxy:3128` parses, as the scheme `proxy`.
    let whole = Url::parse(address).ok().filter(Url::has_host);
    let bare = || Url::parse(&format!("http://{address}")).ok();
    let url = whole.or_else(|| (!address.contains("://")).then(bare).flatten());
    url.map_or_else(
        || "an address that cannot be read".to_owned(),
        |url| {
            let host = url.host_str().unwrap_or_default();
            url.port_or_known_default()
                .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
        },
    )
}

/// Tells whether an address is of this machine: such addresses never go through a proxy.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost")
                || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => {
            ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(set: &[(&str, &str)]) -> Environment {
        Environment::read(|name| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_proxy_is_named_by_host_and_port_alone() {
        for (address, shown) in [
            (
                "http://ada:hunter2@proxy.example:3128/x?y",
                "proxy.example:3128",
            ),
            ("https://ada:hunter2@proxy.example", "proxy.example:443"),
            ("socks5://ada:hunter2@10.0.0.1:1080", "10.0.0.1:1080"),
            ("socks5h://hunter2@proxy.example", "proxy.example"),
            ("proxy.example:3128", "proxy.example:3128"),
            ("ada:hunter2@proxy.example:3128", "proxy.example:3128"),
            ("http://[::1]:3128", "[::1]:3128"),
            ("http://hunter 2", "an address that cannot be read"),
        ] {
            assert_eq!(place(address), shown, "{address}");
        }
    }

    #[test]
    fn the_mark_is_there_when_something_goes_through_the_proxy() {
        let none = of(&[]);
        let far = || ["http://127.0.0.1:9/x", "https://idp.example"].into_iter();
        let near = || ["http://127.0.0.1:9/x", "https://a.localhost", "no address"].into_iter();
        assert_eq!(none.mark(None, far()), None);
        assert_eq!(
            none.mark(Some("socks5://a:b@p.example:1080"), far())
                .as_deref(),
            Some("proxy p.example:1080")
        );
        assert_eq!(none.mark(Some("http://p.example"), near()), None);
        let set = of(&[("https_proxy", "http://a:b@p.example:1"), ("no_proxy", "x")]);
        assert_eq!(
            set.mark(None, far()).as_deref(),
            Some("proxy p.example:1 but for no_proxy")
        );
        assert_eq!(set.mark(None, near()), None);
        // What is set for http alone does nothing for https.
        let http = of(&[("HTTP_PROXY", "http://p.example:1")]);
        assert_eq!(http.mark(None, far()), None);
        let all = of(&[("ALL_PROXY", "socks5://p.example:1"), ("no_proxy", "")]);
        assert_eq!(all.mark(None, far()).as_deref(), Some("proxy p.example:1"));
    }

    #[test]
    fn what_decides_is_said() {
        assert_eq!(
            of(&[]).says(None),
            "No proxy is set, in the profile or in the environment."
        );
        let set = of(&[
            ("HTTPS_PROXY", "http://a:b@p.example:1"),
            ("no_proxy", "x.example"),
        ]);
        assert_eq!(
            set.says(None),
            "The environment decides: HTTPS_PROXY is p.example:1, no_proxy is x.example. Loopback addresses go straight."
        );
        assert_eq!(
            set.says(Some("http://a:b@q.example:2")),
            "network.proxy is used: q.example:2. Loopback addresses go straight."
        );
    }
}
