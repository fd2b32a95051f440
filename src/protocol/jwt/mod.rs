//! JSON Web Tokens: split without failing, read with types, sign, verify.

pub mod audit;
pub mod claims;
pub mod delegation;
pub mod jose;
pub mod token;

pub use claims::Claims;
pub use jose::Signature;
pub use token::{Part, Token, TokenKind};
