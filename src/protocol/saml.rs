//! SAML 2.0 assertions as subject tokens: their XML in base64url, byte for byte, and nothing in them is judged.

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{digest::b64url, secret::Secret};

/// The namespace of SAML 2.0 assertions (saml-core §1.1).
pub const NAMESPACE: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

/// Returns an assertion as it goes over the wire: base64url without padding (RFC 8693 §3, RFC 7522 §2.1). It may be
/// given as XML, or already encoded in either alphabet, with padding and line breaks.
///
/// # Errors
/// A sentence on what was given instead; it holds nothing of it.
pub fn wire(given: &Secret) -> Result<Secret, String> {
    let text = bare(given.reveal());
    let encoded = if text.starts_with('<') {
        sound(text)?;
        b64url(text.as_bytes())
    } else {
        let xml = decoded(text)?;
        sound(bare(&xml))?;
        b64url(xml.as_bytes())
    };
    Ok(Secret::minted("saml-assertion", encoded))
}

/// Returns the XML of an encoded assertion, if it is one.
pub fn xml(encoded: &str) -> Option<String> {
    // Nothing else that begins with `<` is encoded so, and most tokens are told from it by a glance.
    let may_be = encoded.starts_with('P') || encoded.starts_with("77");
    decoded(encoded).ok().filter(|_| may_be)
}

/// Returns a text without the white space and the byte order mark around it.
fn bare(text: &str) -> &str {
    text.trim().trim_start_matches('\u{feff}').trim_start()
}

fn decoded(text: &str) -> Result<String, String> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let bytes = [URL_SAFE, STANDARD]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(&compact).ok());
    let xml = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    match xml {
        Some(xml) if bare(&xml).starts_with('<') => Ok(xml),
        Some(xml) if xml.trim_end().ends_with("Assertion>") => Err(BEHEADED.to_owned()),
        None if text.trim_end().ends_with("Assertion>") => Err(BEHEADED.to_owned()),
        // `<` in base64 is a P and a letter up to it.
        None if compact.starts_with('P')
            && matches!(compact.as_bytes().get(1), Some(b'A'..=b'P')) =>
        {
            Err("It begins like an encoded SAML assertion, but a piece of it is missing or broken: copy it whole."
                .to_owned())
        }
        _ if compact.starts_with("ey") => {
            Err("Expected a SAML assertion, received what looks like a JWT.".to_owned())
        }
        _ => Err(
            "Expected a SAML assertion, as XML or that in base64url; received neither.".to_owned(),
        ),
    }
}

const BEHEADED: &str =
    "It ends like a SAML assertion, but its beginning is missing: copy it whole.";

/// Looks at the outermost element alone: an assertion of SAML 2.0, from its beginning to its end.
fn sound(xml: &str) -> Result<(), String> {
    let root = past_prolog(xml);
    let end_of_name = root
        .find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
        .unwrap_or(root.len());
    let name = root.get(1..end_of_name).unwrap_or_default();
    let local = name.rsplit(':').next().unwrap_or_default();
    let Some(close) = root.find('>') else {
        return Err(CUT.to_owned());
    };
    let tag = &root[..close];
    match local {
        "Assertion" => {}
        "Response" => {
            return Err(format!(
                "This is a SAML response; the assertion is the element in it: expected Assertion alone, with the \
                 namespaces that it uses, received {name}."
            ));
        }
        "EncryptedAssertion" => {
            return Err(
                "This SAML assertion is encrypted for somebody else: expected Assertion, received EncryptedAssertion."
                    .to_owned(),
            );
        }
        _ => {
            return Err(
                "Expected the XML element Assertion of SAML 2.0, received another element."
                    .to_owned(),
            );
        }
    }
    if tag.contains("urn:oasis:names:tc:SAML:1.0:assertion") {
        return Err("This is an assertion of SAML 1.1; expected one of SAML 2.0.".to_owned());
    }
    let whole = root.trim_end();
    let empty = tag.ends_with('/') && whole.len() == tag.len() + 1;
    if !empty && !whole.ends_with(&format!("</{name}>")) {
        return Err(if whole.contains(&format!("</{name}>")) {
            format!(
                "Something stands behind the end of the assertion: expected </{name}> at the end."
            )
        } else {
            CUT.to_owned()
        });
    }
    if tag.contains(NAMESPACE) {
        Ok(())
    } else {
        Err(format!(
            "The element {name} does not name its namespace, {NAMESPACE}: it was cut out of a document that does. Take \
             the assertion as it was signed."
        ))
    }
}

const CUT: &str =
    "It begins like a SAML assertion, but its end is missing: only a part of it was copied.";

/// Skips the XML declaration, comments and white space before the outermost element.
fn past_prolog(xml: &str) -> &str {
    let mut rest = xml;
    loop {
        let end = if rest.starts_with("<?") {
            "?>"
        } else if rest.starts_with("<!--") {
            "-->"
        } else {
            return rest;
        };
        match rest.split_once(end) {
            Some((_, after)) => rest = after.trim_start(),
            None => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose;

    use super::*;

    const XML: &str = "<saml2:Assertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_1\">\r\n  <a>ä??>>~~</a>\r\n\
                       </saml2:Assertion>";

    fn given(text: &str) -> Result<String, String> {
        wire(&Secret::minted("t", text)).map(|secret| secret.reveal().to_owned())
    }

    #[test]
    fn xml_and_its_encodings_go_out_alike_and_byte_for_byte() {
        let wanted = b64url(XML.as_bytes());
        assert_eq!(xml(&wanted).as_deref(), Some(XML));
        let standard = general_purpose::STANDARD.encode(XML);
        assert!(
            standard.contains(['+', '/']) && standard.ends_with('='),
            "{standard}"
        );
        let wrapped: Vec<&str> = standard
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        for text in [
            XML.to_owned(),
            format!("\u{feff} {XML}\n\n"),
            wanted.clone(),
            general_purpose::URL_SAFE.encode(XML),
            standard.clone(),
            wrapped.join("\r\n"),
        ] {
            assert_eq!(given(&text), Ok(wanted.clone()), "{text}");
        }
        let declared = format!("<?xml version=\"1.0\"?>\n<!-- > -->\n{XML}");
        assert_eq!(given(&declared), Ok(b64url(declared.as_bytes())));
        let empty = format!("<Assertion xmlns='{NAMESPACE}'/>");
        assert_eq!(given(&empty), Ok(b64url(empty.as_bytes())));
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let encoded = b64url(XML.as_bytes());
        let response = format!("<samlp:Response xmlns:samlp=\"p\">{XML}</samlp:Response>");
        for (text, phrase) in [
            (XML[..60].to_owned(), "its end is missing"),
            (XML[..XML.len() - 3].to_owned(), "its end is missing"),
            (XML[30..].to_owned(), "its beginning is missing"),
            (encoded[..80].to_owned(), "its end is missing"),
            (encoded[..81].to_owned(), "a piece of it is missing"),
            (encoded.replacen('h', "*", 1), "a piece of it is missing"),
            (encoded[40..].to_owned(), "its beginning is missing"),
            (format!("{XML}<b/>"), "behind the end"),
            (response.clone(), "received samlp:Response"),
            (b64url(response.as_bytes()), "received samlp:Response"),
            (XML.replace("SAML:2.0", "SAML:1.0"), "SAML 1.1"),
            (
                XML.replace(NAMESPACE, "urn:x"),
                "does not name its namespace",
            ),
            (
                XML.replace("Assertion", "EncryptedAssertion"),
                "is encrypted",
            ),
            (
                "<html><body>Sign in</body></html>".to_owned(),
                "another element",
            ),
            ("eyJhbGciOiJub25lIn0.e30.".to_owned(), "a JWT"),
            ("tGzv3JOkF0XG5Qx2TlKWIA".to_owned(), "received neither"),
            (String::new(), "received neither"),
        ] {
            let says = given(&text).expect_err(&text);
            assert!(
                says.contains(phrase) && says.ends_with('.'),
                "{text}: {says}"
            );
        }
    }
}
