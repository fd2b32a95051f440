//! Looking for an entry of a list: words in any order, each a part of its texts, however it is written there.

use std::ops::Range;

/// The words that are looked for. Capitals, `-`, `_` and blanks make no difference: `idjag`, `id-jag` and `ID JAG` are
/// all in `IDJAG-TYP`. A word that ends with a dash is one that goes on behind a dash: `as-` is in `as-at-expired`, and not in
/// every other word.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Wanted(Vec<Word>);

/// A word that is looked for.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Word {
    letters: Vec<char>,
    /// Whether a dash stands behind it.
    dash: bool,
}

/// The dashes of names.
const DASHES: [char; 2] = ['-', '_'];

impl Wanted {
    /// Reads words with blanks between them.
    pub fn new(text: &str) -> Self {
        let words = text.split_whitespace().map(|word| Word {
            letters: word.chars().flat_map(plain).collect(),
            dash: word.ends_with(DASHES),
        });
        Self(words.filter(|word| !word.letters.is_empty()).collect())
    }

    /// Tells whether nothing is looked for, so that everything fits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether each word is in one of an entry's texts.
    pub fn fits(&self, texts: &[&str]) -> bool {
        let texts: Vec<_> = texts.iter().map(|text| (*text, letters(text))).collect();
        let has = |word: &Word| {
            let mut texts = texts.iter();
            texts.any(|(text, letters)| found(text, letters, word).next().is_some())
        };
        self.0.iter().all(has)
    }

    /// Returns the places of a text where one of the words is, as bytes, in no order.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let letters = letters(text);
        let words = self.0.iter();
        words.flat_map(|word| found(text, &letters, word)).collect()
    }
}

/// A letter as it is compared; nothing of what makes no difference.
fn plain(c: char) -> impl Iterator<Item = char> {
    let counts = !(c.is_whitespace() || DASHES.contains(&c));
    c.to_lowercase().filter(move |_| counts)
}

/// A text as it is compared, each letter with the byte where it stands.
fn letters(text: &str) -> Vec<(char, usize)> {
    let all = text.char_indices();
    all.flat_map(|(at, c)| plain(c).map(move |c| (c, at)))
        .collect()
}

/// Where a word is in a text, as bytes.
fn found<'a>(
    text: &'a str,
    letters: &'a [(char, usize)],
    word: &'a Word,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let all = letters.windows(word.letters.len());
    let here = all.filter(|part| part.iter().map(|(c, _)| c).eq(&word.letters));
    here.map(|part| {
        let (first, last) = (part[0].1, part[part.len() - 1].1);
        // A letter may have been taken apart: the end is that of the letter in the text.
        let end = text[last..].chars().next().map_or(0, char::len_utf8);
        first..last + end
    })
    .filter(|place| !word.dash || text[place.end..].starts_with(DASHES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fit_in_any_order_however_they_are_written() {
        let texts = ["IDJAG-TYP", "The ID-JAG’s typ is oauth-id-jag+jwt."];
        for text in [
            "idjag",
            "id-jag",
            "ID JAG",
            "id_jag",
            "typ idjag",
            "idjagtyp",
            "jwt TYP",
            "",
            " - ",
        ] {
            assert!(Wanted::new(text).fits(&texts), "{text}");
        }
        for text in ["idjag sub", "gaj", "jwtx"] {
            assert!(!Wanted::new(text).fits(&texts), "{text}");
        }
        assert!(Wanted::new("as-").fits(&["as-at-expired"]));
        assert!(Wanted::new("id-jag-").fits(&["IDJAG-TYP"]));
        assert!(!Wanted::new("as-").fits(&["it has expired", "was"]));
        // Two texts of an entry are not read as one.
        assert!(!Wanted::new("typthe").fits(&texts));
    }

    #[test]
    fn the_places_are_those_of_the_text_as_it_stands() {
        let of = |wanted: &str, text: &'static str| -> Vec<&str> {
            let places = Wanted::new(wanted).places(text);
            places.into_iter().map(|place| &text[place]).collect()
        };
        assert_eq!(of("idjag", "an ID-JAG, id jag"), ["ID-JAG", "id jag"]);
        assert_eq!(of("b a", "ab é"), ["b", "a"]);
        assert_eq!(of("x", "İ x"), ["x"]);
        assert_eq!(of("i\u{307}", "İ"), ["İ"]);
        assert_eq!(of("", "text"), [""; 0]);
    }
}
