//! The steps, one file each, and what several of them share.

mod authorize;
mod call_api;
mod device_authorize;
mod device_token;
mod discover;
mod discover_api;
mod id_jag;
mod internal_call;
mod jwt_bearer;
mod mcp;
mod mcp_initialize;
mod mcp_tools;
mod redeem_code;
mod refresh;
mod saml_refresh;
mod support;
mod txn_token;
mod user_tokens;

pub use authorize::AUTHORIZE;
pub use call_api::CALL_API;
pub use device_authorize::DEVICE_AUTHORIZE;
pub use device_token::DEVICE_TOKEN;
pub use discover::{DISCOVER_IDP, DISCOVER_RESOURCE_AS};
pub use discover_api::{DISCOVER_API, DISCOVER_MCP};
pub use id_jag::{ID_JAG, ID_JAG_ACTOR};
pub use internal_call::INTERNAL_CALL;
pub use jwt_bearer::JWT_BEARER;
pub use mcp_initialize::MCP_INITIALIZE;
pub use mcp_tools::MCP_TOOLS;
pub use redeem_code::REDEEM_CODE;
pub use refresh::REFRESH;
pub use saml_refresh::SAML_REFRESH;
pub use txn_token::TXN_TOKEN;
