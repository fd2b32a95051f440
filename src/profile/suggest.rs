//! "Did you mean": the nearest known word, when one is near enough.

/// Returns the known word nearest to `word`; hyphens, underscores and case do not count.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let word = plain(word);
    known
        .into_iter()
        .map(|candidate| {
            let likeness = strsim::normalized_damerau_levenshtein(&word, &plain(candidate));
            (likeness, candidate)
        })
        .filter(|(likeness, _)| *likeness >= 0.55)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let keys = ["client_id", "client_secret", "auth", "alg"];
        assert_eq!(nearest("client-id", keys), Some("client_id"));
        assert_eq!(nearest("clientid", keys), Some("client_id"));
        assert_eq!(nearest("Client_Secrt", keys), Some("client_secret"));
        assert_eq!(nearest("expires", keys), None);
        assert_eq!(nearest("", keys), None);
    }
}
