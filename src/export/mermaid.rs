//! The walk as a Mermaid `sequenceDiagram`: the same messages as on the screen, for tickets and documents.

use std::fmt::Write as _;

use super::report::millis;
use crate::{
    protocol::{exchange::Purpose, party::Party, visible::visible},
    session::{
        Session,
        diagram::{Carried, Message, State, Way, diagram},
    },
};

/// Writes the diagram of a walk; masked, unless `reveal` asks for the secrets.
pub fn mermaid(session: &Session, reveal: bool) -> String {
    let drawn = diagram(session);
    let mut page = String::from("sequenceDiagram\n");
    for party in &drawn.lanes {
        let _ = writeln!(page, "    participant {} as {}", id(*party), party.name());
    }
    let mut planned = false;
    let mut messages = drawn.messages.iter().peekable();
    while let Some(message) = messages.next() {
        let still =
            matches!(message.state, State::Planned | State::Waiting) && message.way != Way::Note;
        if planned != still {
            page.push_str(if still {
                "    opt not sent\n"
            } else {
                "    end\n"
            });
            planned = still;
        }
        if message.side.is_none() {
            let _ = writeln!(page, "    {}", line(session, message, reveal));
            continue;
        }
        // What was needed aside is named, not drawn.
        let mut aside = vec![message];
        while let Some(next) =
            messages.next_if(|next| next.side.is_some() && next.step == message.step)
        {
            aside.push(next);
        }
        let asks = aside.iter().filter(|message| message.way == Way::Request);
        let kinds: Vec<&str> = asks
            .filter_map(|message| message.side.map(Purpose::id))
            .collect();
        let _ = writeln!(
            page,
            "    Note over {}: {} aside ({})",
            over(message),
            kinds.len(),
            kinds.join(", ")
        );
    }
    if planned {
        page.push_str("    end\n");
    }
    page
}

fn line(session: &Session, message: &Message<'_>, reveal: bool) -> String {
    let says = escaped(&told(session, message, reveal));
    let arrow = match (message.way, message.state) {
        (Way::Note, _) => return format!("Note over {}: {says}", over(message)),
        (Way::Request, _) => "->>",
        (Way::Answer, State::Refused | State::Rejected | State::Lost) => "--x",
        (Way::Answer, _) => "-->>",
    };
    format!("{}{arrow}{}: {says}", id(message.from), id(message.to))
}

/// `5 token-exchange · ID Token 1f0c22aa`, `200 · ID-JAG 77de01b2 · 143.0 ms`.
fn told(session: &Session, message: &Message<'_>, reveal: bool) -> String {
    let label = if reveal {
        message.label.clone()
    } else {
        session.vault.mask(&message.label)
    };
    let mut says = match message.way {
        Way::Answer => label,
        Way::Request | Way::Note => format!("{} {label}", message.number),
    };
    for Carried {
        name, fingerprint, ..
    } in &message.carries
    {
        let _ = write!(says, " · {name}");
        if let Some(fingerprint) = fingerprint {
            let _ = write!(says, " {fingerprint}");
        }
    }
    if let (Way::Answer, Some(exchange)) = (message.way, message.exchange) {
        let _ = write!(says, " · {:.1} ms", millis(exchange.times.end));
    }
    for finding in &message.findings {
        if finding.severity > crate::lint::Severity::Note {
            let _ = write!(says, " · {} {}", finding.severity.id(), finding.code);
        }
    }
    if message.stale {
        says.push_str(" · stale");
    }
    says
}

/// The lane of a party; a hyphen would be read as the beginning of an arrow.
fn id(party: Party) -> String {
    party.id().replace('-', "_")
}

fn over(message: &Message<'_>) -> String {
    if message.from == message.to {
        id(message.from)
    } else {
        format!("{},{}", id(message.from), id(message.to))
    }
}

/// Writes what Mermaid would obey as its entities: separators, comments, markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '#' => out.push_str("#35;"),
            ';' => out.push_str("#59;"),
            '<' => out.push_str("#60;"),
            '>' => out.push_str("#62;"),
            '&' => out.push_str("#38;"),
            '%' => out.push_str("#37;"),
            '"' => out.push_str("#34;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
