//! What a rule's file needs.

#[allow(unused_imports, reason = "not every name is used by a rule of today")]
pub(super) use super::{
    ALL_FLOWS, Check, DECODE, Finding, JAG_FLOWS, Kind, Revision, Rule, Severity, Subject, at,
    subject::{claims, header, main, shown, typ},
};
#[allow(unused_imports, reason = "not every name is used by a rule of today")]
pub(super) use crate::{
    flow::Artifact,
    profile::fields,
    protocol::{
        jwt::{Claims, Signature, Token, TokenKind},
        oauth::urn,
        party::Party,
        pointer::{Pointer, Side},
    },
};
