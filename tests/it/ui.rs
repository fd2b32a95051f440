//! The screen in memory: keys go in, the text of the screen comes out, and no terminal is needed.

mod awaited;
mod check;
mod desk;
mod diagram;
mod esc;
mod filter;
mod find;
mod findings;
mod foot;
mod header;
mod import;
mod inputs;
mod kept;
mod keys;
mod laws;
mod layout;
mod lists;
mod mouse;
mod odd;
mod past;
mod places;
mod profiles;
mod themes;
mod tour;
mod walk;
