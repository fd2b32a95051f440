//! Moments and spans: arithmetic and wording, no clock.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01 UTC.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Makes a moment from whole seconds, as JWT claims have them (RFC 7519 §2).
    pub fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Returns whole seconds.
    pub fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Reads the `Date` of an answer (RFC 9110 §5.6.7); `None` when it is no such date.
    pub fn from_http_date(text: &str) -> Option<Self> {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let rest = text.split_once(", ")?.1;
        let mut parts = rest.split(' ');
        let day: i64 = parts.next()?.parse().ok()?;
        let month = parts.next()?;
        let month = i64::try_from(MONTHS.iter().position(|name| *name == month)?).ok()? + 1;
        let year: i64 = parts
            .next()?
            .parse()
            .ok()
            .filter(|year| (1970..10_000).contains(year))?;
        let mut time = parts
            .next()?
            .split(':')
            .map(|part| part.parse::<i64>().ok());
        let (hours, minutes, seconds) = (time.next()??, time.next()??, time.next()??);
        // Days since 1970, counted in years that begin in March.
        let (y, m) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719_469;
        Some(Self::from_secs(
            days * 86_400 + hours * 3600 + minutes * 60 + seconds,
        ))
    }

    /// Returns this moment moved by so many seconds.
    #[must_use]
    pub fn plus_secs(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Returns the span from `earlier` to this moment, negative when it lies the other way.
    pub fn since(self, earlier: Self) -> Lifetime {
        Lifetime(self.0.saturating_sub(earlier.0))
    }

    /// `2026-05-10T22:13:01.000Z`, as logs have it (RFC 3339 §5.6); a moment no calendar holds prints its number.
    pub fn iso(self) -> String {
        match time::OffsetDateTime::from_unix_timestamp(self.secs()) {
            Ok(at) => format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                at.year(),
                u8::from(at.month()),
                at.day(),
                at.hour(),
                at.minute(),
                at.second(),
                self.0.rem_euclid(1000)
            ),
            Err(_) => format!("{}s", self.secs()),
        }
    }

    /// Words for a claim: `2026-11-22 10:13:48 UTC (19 s ago)`.
    pub fn in_words(self, now: Self) -> String {
        let span = self.since(now);
        let distance = match span.0.cmp(&0) {
            std::cmp::Ordering::Less => format!("{} ago", Lifetime(span.0.saturating_neg())),
            std::cmp::Ordering::Equal => "now".to_owned(),
            std::cmp::Ordering::Greater => format!("in {span}"),
        };
        format!("{self} ({distance})")
    }

    /// Words that stay true for the end of something that came then: `2026-11-22 10:18:48 UTC, 5 min after it came`.
    pub fn after(self, came: Self) -> String {
        let span = self.since(came);
        if span.0 > 0 {
            format!("{self}, {span} after it came")
        } else {
            format!("{self}, before it came")
        }
    }
}

/// `2026-11-22 10:13:48 UTC`; a moment no calendar holds prints its number.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match time::OffsetDateTime::from_unix_timestamp(self.secs()) {
            Ok(at) => write!(
                f,
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
                at.year(),
                u8::from(at.month()),
                at.day(),
                at.hour(),
                at.minute(),
                at.second()
            ),
            Err(_) => write!(f, "{} s after 1970", self.secs()),
        }
    }
}

/// A span, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Lifetime(pub i64);

impl Lifetime {
    /// Makes a span of whole seconds.
    pub fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }
}

/// As people say it: `9 min 41 s`, `2 h 5 min`, `3 days`, `143 ms`.
impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, ms) = if self.0 < 0 {
            ("-", self.0.unsigned_abs())
        } else {
            ("", self.0.unsigned_abs())
        };
        let seconds = ms / 1000;
        match seconds {
            0 if ms > 0 => write!(f, "{sign}{ms} ms"),
            0..=59 => write!(f, "{sign}{seconds} s"),
            60..=3599 => match seconds % 60 {
                0 => write!(f, "{sign}{} min", seconds / 60),
                rest => write!(f, "{sign}{} min {rest} s", seconds / 60),
            },
            3600..=172_799 => match seconds % 3600 / 60 {
                0 => write!(f, "{sign}{} h", seconds / 3600),
                rest => write!(f, "{sign}{} h {rest} min", seconds / 3600),
            },
            _ => write!(f, "{sign}{} days", seconds / 86_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let now = Timestamp::from_secs(1_790_000_000);
        assert_eq!(now.to_string(), "2026-09-21 14:13:20 UTC");
        assert!(
            now.plus_secs(581)
                .in_words(now)
                .ends_with("(in 9 min 41 s)")
        );
        assert!(now.plus_secs(-19).in_words(now).ends_with("(19 s ago)"));
        assert_eq!(
            Timestamp(i64::MAX).to_string(),
            "9223372036854775 s after 1970"
        );
        assert_eq!(Lifetime(143).to_string(), "143 ms");
        assert_eq!(Lifetime::from_secs(7500).to_string(), "2 h 5 min");
    }
}
