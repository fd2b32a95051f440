//! The screen: a pure reader of the session, which it changes through commands only.

pub mod action;
pub mod config;
pub mod copy;
pub mod engine;
pub mod farewell;
pub mod kept;
pub mod keymap;
pub mod layout;
pub mod link;
pub mod model;
pub mod overlays;
pub mod panels;
pub mod picture;
pub mod places;
pub mod qr;
pub mod rail;
pub mod rows;
pub mod run;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod widgets;
