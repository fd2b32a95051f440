//! Words of the wire: values only, used by the client side and by the lab alike.

pub mod digest;
pub mod exchange;
pub mod http;
pub mod jwt;
pub mod keys;
pub mod mcp;
pub mod metadata;
pub mod oauth;
pub mod page;
pub mod party;
pub mod pointer;
pub mod proxy;
pub mod redirect;
pub mod saml;
pub mod secret;
pub mod sse;
pub mod time;
pub mod visible;
