//! The pages that a person sees: plain forms, every value escaped, no scripts.

use super::sign_in::Pending;
use crate::lab::{
    message::Outgoing,
    people::{USERS, User},
};

/// Shows the user picker.
pub(super) fn sign_in(request: &str, pending: &Pending) -> Outgoing {
    let choices: Vec<String> = USERS
        .iter()
        .map(|user| {
            let focus = if pending.hint == Some(user.name) {
                " autofocus"
            } else {
                ""
            };
            format!(
                "<button name=\"user\" value=\"{}\"{focus}><strong>{}</strong> <span>{}</span><small>{}</small></button>",
                escape(user.name),
                escape(user.full_name),
                escape(user.email),
                escape(user.about)
            )
        })
        .collect();
    let body = format!(
        "<h1>Sign in</h1><p>to go on to <b>{}</b>. This is a test server: pick who you are, no password.</p>{}",
        escape(&pending.client_id),
        form("/sign-in", request, pending, &choices.concat())
    );
    page(200, "Sign in", &body)
}

/// Shows what is asked for, and takes a yes or a no.
pub(super) fn consent(request: &str, pending: &Pending, user: &User) -> Outgoing {
    let words: Vec<String> = pending
        .scope
        .iter()
        .map(|word| {
            format!(
                "<li><code>{}</code> {}</li>",
                escape(word),
                escape(meaning(word))
            )
        })
        .collect();
    let buttons = "<button name=\"decision\" value=\"allow\" class=\"yes\">Allow</button>\
                   <button name=\"decision\" value=\"deny\">Deny</button>";
    let body = format!(
        "<h1>Allow access?</h1><p>Signed in as <b>{}</b>. The client <b>{}</b> asks for:</p><ul>{}</ul>{}\
         <p class=\"fine\">The answer goes to {}</p>",
        escape(user.email),
        escape(&pending.client_id),
        words.concat(),
        form("/consent", request, pending, buttons),
        escape(&pending.back.redirect_uri)
    );
    page(200, "Allow access?", &body)
}

/// Asks for the code that another device shows, or whether it is this one.
pub(super) fn device(code: &str) -> Outgoing {
    let ask = if code.is_empty() {
        "Enter the code that your device shows."
    } else {
        "Go on only if your device shows this very code."
    };
    let body = format!(
        "<h1>Connect a device</h1><p>{ask}</p><form method=\"post\" action=\"/device\">\
         <input name=\"user_code\" value=\"{}\" autocomplete=\"off\" autofocus>\
         <button class=\"yes\">Go on</button></form>",
        escape(code)
    );
    page(200, "Connect a device", &body)
}

/// Says that the person is done here.
pub(super) fn device_done(says: &str) -> Outgoing {
    let body = format!(
        "<h1>Done</h1><p>{} You can close this page.</p>",
        escape(says)
    );
    page(200, "Done", &body)
}

/// Says what is wrong where nothing may be redirected.
pub(super) fn problem(status: u16, says: &str) -> Outgoing {
    let body = format!("<h1>This cannot go on</h1><p>{}</p>", escape(says));
    page(status, "This cannot go on", &body)
}

/// Says that a request is not known any more.
pub(super) fn gone() -> Outgoing {
    problem(
        400,
        "No such sign-in is going on: it was finished, it took too long, or the server was started anew. Begin again at the client.",
    )
}

/// Escapes text for HTML, in content and in quoted attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

fn form(action: &str, request: &str, pending: &Pending, inside: &str) -> String {
    format!(
        "<form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"request\" value=\"{}\">\
         <input type=\"hidden\" name=\"csrf\" value=\"{}\">{inside}</form>",
        escape(request),
        escape(&pending.csrf)
    )
}

fn meaning(scope: &str) -> &'static str {
    match scope {
        "openid" => "to know who you are",
        "email" => "to see your address",
        "profile" => "to see your name",
        "repo.read" => "to read your repositories",
        "repo.write" => "to change your repositories",
        "offline_access" => "to stay signed in for you",
        _ => "",
    }
}

fn page(status: u16, title: &str, body: &str) -> Outgoing {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title} - lab IdP</title>\
         <style>{STYLE}</style></head><body><main><p class=\"fine\">jagwalk lab: IdP</p>{body}</main></body></html>"
    );
    Outgoing {
        status,
        headers: vec![
            ("content-type", "text/html; charset=utf-8".to_owned()),
            ("cache-control", "no-store".to_owned()),
            // No `form-action`: browsers hold it against the redirect back to the client, too.
            (
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'".to_owned(),
            ),
            ("x-frame-options", "DENY".to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
            ("referrer-policy", "no-referrer".to_owned()),
        ],
        body: html.into_bytes(),
    }
}

const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{margin:0;min-height:100vh;display:grid;place-items:center}\
main{width:min(28rem,calc(100vw - 3rem));padding:1.5rem;border:1px solid #8886;border-radius:.75rem}\
h1{margin:.25rem 0;font-size:1.4rem}.fine{margin:0;font-size:.8rem;opacity:.7;overflow-wrap:anywhere}\
button{display:block;width:100%;margin:.5rem 0;padding:.6rem .8rem;font:inherit;text-align:left;border:1px solid #8888;\
border-radius:.5rem;background:transparent;color:inherit;cursor:pointer}\
button:hover,button:focus-visible{border-color:currentColor}button small{display:block;opacity:.7}\
button.yes{background:#2563eb;border-color:#2563eb;color:#fff}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let page = problem(400, "<script>alert('\"&')</script>");
        let html = String::from_utf8(page.body).unwrap();
        assert!(
            html.contains("&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;"),
            "{html}"
        );
        assert!(!html.contains("<script"), "{html}");
    }
}
