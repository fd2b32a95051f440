//! Places in words: what a [`Pointer`] points at, for people who do not have the program before them.

use crate::{
    flow::Artifact,
    protocol::pointer::{Pointer, Side},
};

/// Names a place as a person would: `aud of the ID-JAG`, `the parameter audience of the request`.
pub fn in_words(at: &Pointer) -> String {
    match at {
        Pointer::Url => "the address of the request".to_owned(),
        Pointer::Query(name) => format!("the parameter {name} of the address"),
        Pointer::Header(Side::Request, name) => format!("the header {name} of the request"),
        Pointer::Header(Side::Response, name) => format!("the header {name} of the answer"),
        Pointer::Form(name) => format!("the parameter {name} of the request"),
        Pointer::Json(pointer) => match member(pointer).as_str() {
            "" => "the answer".to_owned(),
            member => format!("{member} in the answer"),
        },
        Pointer::Status => "the status of the answer".to_owned(),
        Pointer::Jose(token, pointer) => match member(pointer).as_str() {
            "" => format!("the header of the {}", noun(token)),
            member => format!("{member} in the header of the {}", noun(token)),
        },
        Pointer::Claim(token, pointer) => match member(pointer).as_str() {
            "" => format!("the {}", noun(token)),
            member => format!("{member} of the {}", noun(token)),
        },
        Pointer::Profile(path) => format!("the field {path} of the profile"),
        Pointer::Time => "the time".to_owned(),
    }
}

/// Writes a JSON pointer as members are written in prose: `/act/sub` is `act.sub`.
fn member(pointer: &str) -> String {
    let parts = pointer.split('/').skip(1);
    let parts: Vec<String> = parts
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    parts.join(".")
}

/// Names a token by the name that it has in pointers: an artifact's id, or that of the parameter it was sent in.
fn noun(token: &str) -> String {
    let known = Artifact::GIVEABLE.iter().chain(&[Artifact::DpopProof]);
    let artifact = known.into_iter().find(|artifact| artifact.id() == token);
    match (artifact, token) {
        (Some(artifact), _) => artifact.noun().to_owned(),
        (None, "dpop") => Artifact::DpopProof.noun().to_owned(),
        (None, other) => other.replace(['-', '_'], " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_named_as_people_name_them() {
        let said = |at: Pointer| in_words(&at);
        let text = str::to_owned;
        assert_eq!(
            said(Pointer::Claim(text("id-jag"), text("/aud"))),
            "aud of the ID-JAG"
        );
        assert_eq!(
            said(Pointer::Claim(text("access-token"), text("/act/sub"))),
            "act.sub of the access token"
        );
        assert_eq!(
            said(Pointer::Jose(text("client-assertion"), text("/kid"))),
            "kid in the header of the client assertion"
        );
        assert_eq!(
            said(Pointer::Jose(text("dpop"), String::new())),
            "the header of the DPoP proof"
        );
        assert_eq!(
            said(Pointer::Json(text("/a~1b"))),
            "a/b in the answer",
            "RFC 6901 §4"
        );
        assert_eq!(said(Pointer::Json(String::new())), "the answer");
    }
}
