//! The steps, one file each, and what several of them share.

mod agent_token;
mod assertion;
mod assertion_exchange;
mod authorize;
mod call_api;
mod client_document;
mod device_authorize;
mod device_token;
mod discover;
mod discover_api;
mod exchange;
mod id_jag;
mod instance_assertion;
mod internal_call;
mod issued;
mod jwt_bearer;
mod mcp;
mod mcp_initialize;
mod mcp_tools;
mod redeem_code;
mod redeem_instance;
mod refresh;
mod saml_refresh;
mod support;
mod txn_token;
mod user_tokens;

pub use agent_token::AGENT_TOKEN;
pub use assertion::{ASSERTION, ASSERTION_2, ASSERTION_3};
pub use assertion_exchange::{ASSERTION_EXCHANGE, ASSERTION_EXCHANGE_2, ASSERTION_EXCHANGE_3};
pub use authorize::{AUTHORIZE, AUTHORIZE_BOUND};
pub use call_api::CALL_API;
pub use device_authorize::DEVICE_AUTHORIZE;
pub use device_token::DEVICE_TOKEN;
pub use discover::{
    DISCOVER_AS, DISCOVER_ASSERTION_AS, DISCOVER_CLIENTS_AS, DISCOVER_IDP, DISCOVER_RESOURCE_AS,
};
pub use discover_api::{DISCOVER_API, DISCOVER_MCP};
pub use exchange::EXCHANGE;
pub use id_jag::{ID_JAG, ID_JAG_ACTOR};
pub use instance_assertion::INSTANCE_ASSERTION;
pub use internal_call::INTERNAL_CALL;
pub use jwt_bearer::JWT_BEARER;
pub use mcp_initialize::MCP_INITIALIZE;
pub use mcp_tools::{MCP_TOOLS, listed_tools};
pub use redeem_code::REDEEM_CODE;
pub use redeem_instance::{REDEEM_INSTANCE, REFRESH_INSTANCE};
pub use refresh::REFRESH;
pub use saml_refresh::SAML_REFRESH;
pub use txn_token::TXN_TOKEN;
