//! Text from servers and tokens is data: what a terminal would obey, or an eye would miss, becomes a visible mark.

use std::borrow::Cow;
use std::fmt::Write;

/// Shows a text on one line: line ends and tabs become marks as well.
///
/// C0 controls and DEL become their control pictures (`␛`, `␊`); every other character that acts or hides becomes its
/// number (`‹U+202E›`). Running it twice changes nothing, and a text without such characters is not copied.
pub fn visible(text: &str) -> Cow<'_, str> {
    marked(text, acts_or_hides)
}

/// Shows a text of several lines: `\n` and `\t` stay, for the caller to lay out; a `\r` is shown, because it was sent.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    marked(text, |c| !matches!(c, '\n' | '\t') && acts_or_hides(c))
}

/// Writes JSON so that no character of it acts or hides: the escape `\u202e` means the same to every reader.
pub fn json_escaped(json: &str) -> Cow<'_, str> {
    let harmless = |c: char| c == '\n' || !acts_or_hides(c);
    if json.chars().all(harmless) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if harmless(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(out)
}

fn marked(text: &str, needs_mark: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&needs_mark) else {
        return Cow::Borrowed(text);
    };
    let (clean, rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(clean);
    for c in rest.chars() {
        if needs_mark(c) {
            push_mark(&mut out, c);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn push_mark(out: &mut String, c: char) {
    let code = u32::from(c);
    let picture = match code {
        0..=0x1F => char::from_u32(0x2400 + code),
        0x7F => Some('␡'),
        _ => None,
    };
    match picture {
        Some(picture) => out.push(picture),
        None => {
            // Writing to a string does not fail.
            let _ = write!(out, "‹U+{code:04X}›");
        }
    }
}

/// Tells whether a terminal might obey the character, or a reader could not see it.
///
/// Letters, accents and ordinary spaces of every script pass. The invisible ones are those that Unicode calls default
/// ignorable; private use is in the list because nobody but the sender knows how it looks.
fn acts_or_hides(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1F}' // C0, ESC among them
        | '\u{7F}'..='\u{9F}' // DEL and C1, which some terminals read as ESC plus a letter
        | '\u{AD}' // soft hyphen
        | '\u{34F}' // combining grapheme joiner
        | '\u{61C}' // Arabic letter mark
        | '\u{115F}'..='\u{1160}' // Hangul fillers
        | '\u{17B4}'..='\u{17B5}' // Khmer inherent vowels
        | '\u{180B}'..='\u{180F}' // Mongolian selectors
        | '\u{200B}'..='\u{200F}' // zero-width spaces and joiners, LRM, RLM
        | '\u{2028}'..='\u{202E}' // line and paragraph separators, bidi embeddings and overrides
        | '\u{2060}'..='\u{206F}' // word joiner, invisible operators, bidi isolates
        | '\u{3164}' // Hangul filler
        | '\u{E000}'..='\u{F8FF}' // private use
        | '\u{FDD0}'..='\u{FDEF}' // not characters
        | '\u{FE00}'..='\u{FE0F}' // variation selectors
        | '\u{FEFF}' // byte order mark
        | '\u{FFA0}' // half-width Hangul filler
        | '\u{FFF0}'..='\u{FFFB}' // unassigned ignorables, interlinear annotation
        | '\u{1BCA0}'..='\u{1BCA3}' // shorthand format controls
        | '\u{1D173}'..='\u{1D17A}' // musical format controls
        | '\u{E0000}'..='\u{E0FFF}' // tags and further variation selectors
        | '\u{F0000}'..='\u{10FFFF}' // private use planes
    ) || u32::from(c) & 0xFFFE == 0xFFFE // the last two of each plane are not characters
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn terminal_commands_become_marks() {
        assert_eq!(visible("\x1b[31mred\x1b[0m"), "␛[31mred␛[0m");
        assert_eq!(visible("\x1b]0;title\x07"), "␛]0;title␇");
        assert_eq!(visible("a\0b\x7fc"), "a␀b␡c");
        assert_eq!(visible("\u{9b}2J"), "‹U+009B›2J");
    }

    #[test]
    fn hidden_characters_become_numbers() {
        assert_eq!(visible("user\u{202E}nimda"), "user‹U+202E›nimda");
        assert_eq!(visible("\u{FEFF}{}"), "‹U+FEFF›{}");
        assert_eq!(visible("a\u{200B}b\u{2066}c"), "a‹U+200B›b‹U+2066›c");
        assert_eq!(visible("\u{E0041}"), "‹U+E0041›");
        assert_eq!(visible("a\u{2028}b"), "a‹U+2028›b");
        assert_eq!(visible("\u{FFFE}\u{10FFFF}"), "‹U+FFFE›‹U+10FFFF›");
    }

    #[test]
    fn escaped_json_means_the_same() {
        let value =
            serde_json::json!({ "a\u{9b}": "\u{7f}\u{202e}\u{e0041}\u{1b}\n", "plain": "é ✓" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let escaped = json_escaped(&text);
        assert!(
            !escaped.chars().any(|c| c != '\n' && acts_or_hides(c)),
            "{escaped}"
        );
        assert!(
            escaped.contains("\\u009b") && escaped.contains("é ✓"),
            "{escaped}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).unwrap(),
            value
        );
    }

    #[test]
    fn lines_keep_line_ends_and_tabs_only() {
        assert_eq!(visible("a\tb\r\nc"), "a␉b␍␊c");
        assert_eq!(visible_lines("a\tb\r\nc\x1b"), "a\tb␍\nc␛");
    }

    #[test]
    fn ordinary_text_of_any_script_is_borrowed() {
        for text in ["", "Zoë Müller", "ελληνικά", "日本語", "العربية", "👍 ✓ │"]
        {
            assert!(
                matches!(visible(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_that_acts_passes_and_twice_is_once(text in any::<String>(), nasty in "[\\x00-\\x1F\\x7F-\\x9F\u{200B}-\u{202E}a]{0,20}") {
            let text = text + &nasty;
            let shown = visible(&text);
            prop_assert!(!shown.chars().any(|c| c.is_control() || acts_or_hides(c)), "{shown}");
            prop_assert_eq!(visible(&shown), shown.as_ref());
            let lines = visible_lines(&text);
            prop_assert!(lines.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()), "{}", lines);
            prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
        }
    }
}
