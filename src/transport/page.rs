//! The small page that the browser ends on.

/// Writes the page; both texts are escaped here and nowhere else.
pub(super) fn html(title: &str, says: &str) -> String {
    let (title, says) = (escaped(title), escaped(says));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · jagwalk</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p>{says}</p></main></body></html>\n"
    )
}

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;margin:0;\
                     color-scheme:light dark}main{max-width:34rem;padding:2rem}h1{font-size:1.4rem;margin:0}";

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(400) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_on_the_page_runs() {
        let page = html("<b>&amp;", "\"'><script>\u{7}");
        assert!(page.contains("<h1>&lt;b&gt;&amp;amp;</h1>"), "{page}");
        assert!(
            page.contains("<p>&quot;&#39;&gt;&lt;script&gt; </p>"),
            "{page}"
        );
    }
}
