//! The request as a cURL command: masked on the screen, whole when it is copied.

use super::{Panel, no_badge, request::chosen};
use crate::{
    protocol::{exchange::Request, secret::Secret},
    ui::{
        rows::{CopyText, Cx, Row, words, wrap},
        theme::Role,
    },
};

/// The panel.
pub static PANEL: Panel = Panel {
    id: "curl",
    title: "cURL",
    rows,
    badge: no_badge,
};

fn rows(cx: &Cx) -> Vec<Row> {
    let Some(chosen) = chosen(cx) else {
        return wrap(words::why_not(cx, "There is no request yet"), cx.width);
    };
    let http = chosen.request.http();
    let shown = stand_in::curl(http, &cx.session.vault, !cx.reveal);
    let whole = stand_in::curl(http, &cx.session.vault, false);
    let whole = || CopyText::Secret(Secret::minted("curl", whole.text.clone()));
    let mut rows = Vec::new();
    if matches!(chosen.request, Request::Browser(_)) {
        let says = "This goes through the user's browser; cURL gets the first page only.";
        rows.push(Row::text(Role::Muted, says));
    }
    if !shown.vars.is_empty() {
        let says = "Each secret is a shell variable; copying takes the real values.";
        rows.push(Row::text(Role::Muted, says));
        for (name, secret) in &shown.vars {
            rows.push(
                Row::new(vec![
                    (Role::FieldLabel, cx.text(name)),
                    (Role::Muted, "=".to_owned()),
                    (Role::Secret, cx.secret(secret)),
                ])
                .copying(CopyText::Secret(secret.clone())),
            );
        }
    }
    if !rows.is_empty() {
        rows.push(Row::blank());
    }
    // The text was masked by the exporter; the door is passed once more, because values of the profile are in it.
    for line in shown.text.lines() {
        rows.push(Row::text(Role::Text, cx.text(line)).copying(whole()));
    }
    wrap(rows, cx.width)
}

/// Stands in until the exporter is there.
mod stand_in {
    use crate::{
        protocol::{
            http::{HttpRequest, Value, form_encode},
            secret::Secret,
        },
        session::Vault,
    };

    pub struct Curl {
        pub vars: Vec<(String, Secret)>,
        pub text: String,
    }

    pub fn curl(request: &HttpRequest, _vault: &Vault, masked: bool) -> Curl {
        let mut vars = Vec::new();
        let mut put = |value: &Value, encode: bool| -> String {
            let open = |text: &str| if encode { form_encode(text) } else { text.to_owned() };
            match value {
                Value::Secret(hidden) if masked => {
                    let name: String = hidden
                        .secret
                        .name()
                        .chars()
                        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
                        .collect();
                    vars.push((name.clone(), hidden.secret.clone()));
                    format!("{}'\"${name}\"'", open(&hidden.before))
                }
                value => open(&value.wire()).replace('\'', r"'\''"),
            }
        };
        let mut parts = vec![format!("curl -X {} '{}'", request.method, request.address().replace('\'', "%27"))];
        for (name, value) in &request.headers {
            parts.push(format!("-H '{name}: {}'", put(value, false)));
        }
        if let Some(form) = request.form() {
            let pairs: Vec<String> =
                form.0.iter().map(|(name, value)| format!("{}={}", form_encode(name), put(value, true))).collect();
            parts.push(format!("--data-raw '{}'", pairs.join("&")));
        } else if let Some(text) = request.body_text() {
            parts.push(format!("--data-raw '{}'", text.replace('\'', r"'\''")));
        }
        Curl { vars, text: parts.join(" \\\n  ") }
    }
}
