//! Faults of the API.

use super::{
    Do::{Answer, Page, Refuse, Wire as OnWire},
    Ends::{Done, Failed, Refused, Unreachable},
    Fault,
    Place::Notes,
    Wire,
};
use crate::protocol::party::Party::{Api, Network, You};

/// Makes a row.
const fn api(
    id: &'static str,
    title: &'static str,
    ends: super::Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    Fault::new(Api, id, title, "call-api", ends, rules, does)
}

/// The rows.
pub(super) const FAULTS: &[Fault] = &[
    api(
        "api-401-no-challenge",
        "The API says 401 without WWW-Authenticate",
        Refused,
        &["API-401-CHALLENGE"],
        &[
            Refuse(
                Notes,
                401,
                "invalid_token",
                "The access token is not valid.",
            ),
            Answer(Notes, |it| {
                it.outgoing
                    .headers
                    .retain(|(name, _)| *name != "www-authenticate");
            }),
        ],
    )
    .unexplained(),
    // The token is sound as far as anybody can see, so either side of the trust may be set up wrongly.
    api(
        "api-401",
        "The API takes no access token of the resource AS",
        Refused,
        &[],
        &[Refuse(
            Notes,
            401,
            "invalid_token",
            "The issuer is not trusted here.",
        )],
    )
    .owned_by(Api),
    api(
        "api-403-plain",
        "The API says 403 without insufficient_scope",
        Refused,
        &["API-403-CODE"],
        &[Answer(Notes, |it| it.text(403, "Forbidden"))],
    ),
    api(
        "api-403-scope",
        "The API wants a scope that was not granted",
        Refused,
        &[],
        &[Refuse(
            Notes,
            403,
            "insufficient_scope",
            "Expected scope notes.admin.",
        )],
    )
    .owned_by(You),
    api(
        "api-404",
        "The API does not know the address",
        Refused,
        &[],
        &[Answer(Notes, |it| it.text(404, "Not found"))],
    ),
    api(
        "api-429",
        "A gateway in front of the API says 429 and when to come back",
        Refused,
        &[],
        &[Page(Notes, 429)],
    )
    .owned_by(Api),
    api(
        "api-500",
        "The API answers 500 and nothing else",
        Refused,
        &[],
        &[Answer(Notes, |it| it.text(500, ""))],
    ),
    api(
        "api-503",
        "A gateway says 503 in place of the API",
        Refused,
        &[],
        &[Page(Notes, 503)],
    )
    .owned_by(Api),
    api(
        "api-redirect",
        "The API redirects to a sign-in page",
        Failed,
        &[],
        &[Answer(Notes, |it| {
            it.text(302, "");
            it.outgoing
                .headers
                .push(("location", "https://login.example.com/".to_owned()));
        })],
    ),
    // The client cannot know what the API means to answer with.
    api(
        "api-html",
        "A page with status 200 comes in place of the notes",
        Done,
        &[],
        &[Page(Notes, 200)],
    ),
    api(
        "api-slow",
        "The API takes eight seconds",
        Done,
        &[],
        &[OnWire(Notes, Wire::Late)],
    ),
    api(
        "api-silent",
        "The API never answers",
        Unreachable,
        &[],
        &[OnWire(Notes, Wire::Silent)],
    ),
    // What came is kept, and nobody says that it had to be whole.
    api(
        "api-cut",
        "The API’s answer breaks off in the middle",
        Failed,
        &[],
        &[OnWire(Notes, Wire::Cut)],
    )
    .owned_by(Network),
    api(
        "api-closed",
        "The connection to the API ends without an answer",
        Failed,
        &[],
        &[OnWire(Notes, Wire::Closed)],
    )
    .owned_by(Network),
];
