//! Faults in what servers say about themselves: metadata and keys.

use serde_json::json;

use super::{
    Do::{Answer, Ask, Body, Page, Without},
    Ends::{Done, Failed, Refused},
    Fault, Place,
    does::{Scene, leave_out},
};
use crate::protocol::party::Party::{Idp, ResourceAs, Unknown, You};

const IDP: &str = "discover-idp";
const AS: &str = "discover-resource-as";

/// The rows.
pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Idp,
        "idp-metadata-issuer",
        "The metadata names the issuer with a slash at its end",
        IDP,
        Failed,
        &["DISC-ISSUER-MATCH"],
        &[Body(Place::IdpMetadata, |it| {
            it["issuer"] = json!(format!("{}/", it["issuer"].as_str().unwrap_or_default()));
        })],
    )
    .owned_by(You),
    Fault::new(
        Idp,
        "idp-metadata-issuer-inner",
        "The metadata names the host behind the proxy as its issuer",
        IDP,
        Failed,
        &["DISC-ISSUER-MATCH"],
        &[Body(Place::IdpMetadata, |it| {
            it["issuer"] = json!("https://idp-1.internal.example.com");
        })],
    ),
    Fault::new(
        Idp,
        "idp-metadata-no-id-jag",
        "The metadata does not say that ID-JAGs are issued",
        IDP,
        Done,
        &["DISC-IDJAG-TX"],
        &[Body(Place::IdpMetadata, |it| {
            leave_out(it, "identity_chaining_requested_token_types_supported");
        })],
    )
    .owned_by(Unknown)
    .unexplained(),
    Fault::new(
        Idp,
        "idp-metadata-no-pkce",
        "The metadata does not say which PKCE methods are taken",
        IDP,
        Done,
        &["DISC-PKCE-S256"],
        &[Body(Place::IdpMetadata, |it| {
            leave_out(it, "code_challenge_methods_supported");
        })],
    )
    .owned_by(Unknown)
    .unexplained(),
    Fault::new(
        Idp,
        "idp-metadata-pkce-plain",
        "The metadata lists PKCE plain alone",
        IDP,
        Done,
        &["DISC-PKCE-S256"],
        &[Body(Place::IdpMetadata, |it| {
            it["code_challenge_methods_supported"] = json!(["plain"]);
        })],
    )
    .owned_by(Unknown)
    .unexplained(),
    // The lab's client signs in with private_key_jwt, so it breaks the rule at every token request to the IdP.
    Fault::new(
        Idp,
        "idp-metadata-auth-method",
        "The IdP’s metadata does not list the client authentication that it takes",
        IDP,
        Done,
        &["TOK-AUTH-METHOD"],
        &[Body(Place::IdpMetadata, |it| {
            it["token_endpoint_auth_methods_supported"] = json!(["tls_client_auth"]);
        })],
    )
    .owned_by(Unknown)
    .unexplained(),
    // The request goes astray and a web server says 404 in plain text: the shape is what can be seen.
    Fault::new(
        Idp,
        "idp-metadata-token-endpoint",
        "The metadata names a token endpoint that is not there",
        "redeem-code",
        Refused,
        &["TOK-ERROR-SHAPE"],
        &[Body(Place::IdpMetadata, |it| {
            let wrong = it["token_endpoint"].as_str().unwrap_or_default();
            it["token_endpoint"] = json!(wrong.replace("/token", "/oauth2/v0"));
        })],
    ),
    Fault::new(
        Idp,
        "idp-metadata-html",
        "A page with status 200 comes in place of the IdP’s metadata",
        IDP,
        Failed,
        &[],
        &[Page(Place::IdpMetadata, 200)],
    ),
    // A wrong issuer in the profile looks the same.
    Fault::new(
        Idp,
        "idp-metadata-404",
        "The IdP’s metadata is not there",
        IDP,
        Refused,
        &[],
        &[Page(Place::IdpMetadata, 404)],
    ),
    Fault::new(
        Idp,
        "idp-metadata-503",
        "A gateway says 503 in place of the IdP’s metadata",
        IDP,
        Refused,
        &[],
        &[Page(Place::IdpMetadata, 503)],
    )
    .owned_by(Idp),
    // Keys that cannot be had are keys in which no kid is found. The resource AS cannot check the ID-JAG either.
    Fault::new(
        Idp,
        "idp-jwks-404",
        "The IdP’s keys are not there",
        IDP,
        Refused,
        &["JWT-KID", "TOK-ERROR-KNOWN"],
        &[Page(Place::IdpKeys, 404)],
    ),
    Fault::new(
        Idp,
        "idp-jwks-html",
        "A page with status 200 comes in place of the IdP’s keys",
        IDP,
        Refused,
        &["JWT-KID", "TOK-ERROR-KNOWN"],
        &[Page(Place::IdpKeys, 200)],
    ),
    Fault::new(
        Idp,
        "idp-jwks-empty",
        "The IdP publishes no keys",
        IDP,
        Refused,
        &["JWT-KID"],
        &[Body(Place::IdpKeys, |it| it["keys"] = json!([]))],
    ),
    Fault::new(
        Idp,
        "idp-jwks-stale",
        "The IdP publishes the keys that it signed with before, and never the new ones",
        IDP,
        Refused,
        &["JWT-KID"],
        &[Answer(Place::IdpKeys, retire)],
    ),
    // All is well once the keys are fetched again, as JWT-KID asks; nothing is broken.
    Fault::new(
        Idp,
        "idp-keys-rotated",
        "The IdP changes its keys between discovery and sign-in",
        "redeem-code",
        Done,
        &[],
        &[Answer(Place::IdpKeys, |it| {
            if it.before == Some(Place::IdpMetadata) {
                retire(it);
            }
        })],
    ),
    Fault::new(
        ResourceAs,
        "as-metadata-issuer",
        "The metadata names the issuer without its path",
        AS,
        Failed,
        &["DISC-ISSUER-MATCH"],
        &[Body(Place::AsMetadata, |it| {
            let issuer = it["issuer"].as_str().unwrap_or_default();
            it["issuer"] = json!(issuer.replace("/tenant/notes", ""));
        })],
    )
    .owned_by(You),
    Fault::new(
        ResourceAs,
        "as-metadata-issuer-slash",
        "The metadata names the issuer with a slash too many",
        AS,
        Failed,
        &["DISC-ISSUER-MATCH"],
        &[Body(Place::AsMetadata, |it| {
            it["issuer"] = json!(format!("{}/", it["issuer"].as_str().unwrap_or_default()));
        })],
    )
    .owned_by(You),
    Fault::new(
        ResourceAs,
        "as-metadata-no-profile",
        "The metadata does not say that ID-JAGs are taken",
        AS,
        Done,
        &["DISC-IDJAG-PROFILE"],
        &[Body(Place::AsMetadata, |it| {
            leave_out(it, "authorization_grant_profiles_supported");
        })],
    )
    .owned_by(Unknown)
    .unexplained(),
    Fault::new(
        ResourceAs,
        "as-metadata-no-grant",
        "The metadata says that ID-JAGs are taken, but not the grant that takes them",
        AS,
        Done,
        &["DISC-IDJAG-PROFILE-GRANT"],
        &[Body(Place::AsMetadata, |it| {
            it["grant_types_supported"] = json!(["authorization_code"]);
        })],
    ),
    Fault::new(
        ResourceAs,
        "as-metadata-path",
        "The metadata is found below the issuer alone, not between host and path",
        AS,
        Done,
        &["DISC-WELLKNOWN-PATH"],
        &[Ask(Place::AsMetadata, |it| {
            it.path = match it.path.strip_suffix("/.well-known/openid-configuration") {
                Some(issuer) => format!("/.well-known/oauth-authorization-server{issuer}"),
                None => "/nothing".to_owned(),
            };
        })],
    )
    .owned_by(Unknown)
    .unexplained(),
    Fault::new(
        ResourceAs,
        "as-metadata-auth-method",
        "The resource AS’s metadata does not list the client authentication that it takes",
        AS,
        Done,
        &["TOK-AUTH-METHOD"],
        &[Body(Place::AsMetadata, |it| {
            it["token_endpoint_auth_methods_supported"] = json!(["tls_client_auth"]);
        })],
    )
    .owned_by(Unknown)
    .unexplained(),
    Fault::new(
        ResourceAs,
        "as-metadata-html",
        "A page with status 200 comes in place of the resource AS’s metadata",
        AS,
        Failed,
        &[],
        &[Page(Place::AsMetadata, 200)],
    ),
    Fault::new(
        ResourceAs,
        "as-metadata-404",
        "The resource AS’s metadata is not there",
        AS,
        Refused,
        &[],
        &[Page(Place::AsMetadata, 404)],
    ),
    // The API cannot check the access token either.
    Fault::new(
        ResourceAs,
        "as-jwks-404",
        "The resource AS’s keys are not there",
        AS,
        Refused,
        &["JWT-KID"],
        &[Page(Place::AsKeys, 404)],
    ),
    Fault::new(
        ResourceAs,
        "as-jwks-empty",
        "The resource AS publishes no keys",
        AS,
        Refused,
        &["JWT-KID"],
        &[Body(Place::AsKeys, |it| it["keys"] = json!([]))],
    ),
    Fault::new(
        ResourceAs,
        "as-keys-rotated",
        "The resource AS changes its keys between discovery and the grant",
        "jwt-bearer",
        Done,
        &[],
        &[Answer(Place::AsKeys, |it| {
            if it.before == Some(Place::AsMetadata) {
                retire(it);
            }
        })],
    ),
    Fault::new(
        ResourceAs,
        "as-metadata-content-type",
        "The resource AS’s metadata has no content type",
        AS,
        Done,
        &[],
        &[Without(Place::AsMetadata, &["content-type"])],
    ),
];

/// Publishes the keys under other ids: whoever looks for the one that signs finds none.
fn retire(scene: &mut Scene<'_>) {
    scene.body(|json| {
        for key in json["keys"].as_array_mut().into_iter().flatten() {
            key["kid"] = json!(format!("old-{}", key["kid"].as_str().unwrap_or_default()));
        }
    });
}
