//! Server-sent events: a stream of text, cut into events; pure, and it never fails.

/// One event of a stream (HTML §9.2.6).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Event {
    /// Its type; `None` for the usual one, `message`.
    pub kind: Option<String>,
    /// Its data: the lines of all its `data` fields, with line feeds between them.
    pub data: String,
}

/// Cuts a stream into its events. Comments, unknown fields and events without data are left out.
///
/// An event that the stream ends in the middle of is returned, too: a server that forgets the last blank line is still
/// understood, and whether such data is whole is for its reader to judge.
pub fn events(stream: &str) -> Vec<Event> {
    let mut found = Vec::new();
    let mut event = Event::default();
    let mut data: Vec<&str> = Vec::new();
    let mut close = |event: &mut Event, data: &mut Vec<&str>| {
        let mut done = std::mem::take(event);
        if !data.is_empty() {
            done.data = data.join("\n");
            data.clear();
            found.push(done);
        }
    };
    for line in lines(stream.strip_prefix('\u{feff}').unwrap_or(stream)) {
        if line.is_empty() {
            close(&mut event, &mut data);
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => data.push(value),
            "event" => event.kind = Some(value.to_owned()).filter(|kind| !kind.is_empty()),
            _ => {}
        }
    }
    close(&mut event, &mut data);
    found
}

/// Splits at line feeds, carriage returns, and both together.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let whole = rest?;
        let Some(end) = whole.find(['\n', '\r']) else {
            rest = None;
            return Some(whole);
        };
        let after = &whole[end..];
        let width = if after.starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&after[width..]);
        Some(&whole[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(stream: &str) -> Vec<String> {
        events(stream).into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn lines_end_in_three_ways_and_data_is_joined() {
        for end in ["\n", "\r", "\r\n"] {
            let stream = [
                "event: message",
                "id: 7",
                "data: one",
                "data:two",
                "",
                ": ping",
                "",
            ]
            .join(end);
            assert_eq!(
                events(&stream),
                [Event {
                    kind: Some("message".to_owned()),
                    data: "one\ntwo".to_owned()
                }],
                "{end:?}"
            );
        }
    }

    #[test]
    fn only_one_space_goes_and_what_has_no_data_is_no_event() {
        assert_eq!(data("data:  a\n\n"), [" a"]);
        assert_eq!(data("data\n\n"), [""]);
        assert!(data("event: x\nretry: 5\nnonsense\n\n: c\n\n").is_empty());
        assert!(data("").is_empty());
    }

    #[test]
    fn a_type_is_of_one_event_only() {
        let kinds: Vec<_> = events("event: a\ndata: 1\n\ndata: 2\n\n")
            .into_iter()
            .map(|event| event.kind)
            .collect();
        assert_eq!(kinds, [Some("a".to_owned()), None]);
    }

    #[test]
    fn a_mark_at_the_start_goes_and_the_last_blank_line_may_lack() {
        assert_eq!(data("\u{feff}data: 1\n\ndata: 2"), ["1", "2"]);
    }
}
