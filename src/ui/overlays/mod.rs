//! Lists and pages that lie over the walk: each a state and a function to rows.

pub mod address;
pub mod check;
pub mod confirm;
pub mod copy_menu;
pub mod device;
pub mod existing;
pub mod explain;
pub mod faults;
pub mod flow_list;
pub mod handoff;
pub mod help;
pub mod import;
pub mod ledger;
pub mod palette;
pub mod paste;
pub mod profile_page;
pub mod profiles;
pub mod rule;
pub mod themes;
pub mod walks;

use std::sync::Arc;

use help::Asked;

use super::{
    copy::Item,
    model::Model,
    rows::{PanelState, Row},
    seek::Wanted,
};

/// What lies over the walk.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// What the keys do, first what could be done where it was asked.
    Help(Arc<Asked>, PanelState),
    /// What can be done and opened.
    Palette(PanelState),
    /// What a rule is for.
    Rule(&'static str, PanelState),
    /// The profiles.
    Profiles(PanelState),
    /// Every field of this profile.
    Profile(PanelState),
    /// The flows.
    Flows(PanelState),
    /// What can be copied, as it was when the menu was opened.
    Copy(Arc<[Item]>, PanelState),
    /// What can be handed in.
    Existing(PanelState),
    /// What the lab's servers can be told to do wrong.
    Faults(PanelState),
    /// The address for the browser, alone.
    Address(PanelState),
    /// The same as a QR code.
    Qr(PanelState),
    /// What a check of the profile found.
    Check(PanelState),
    /// What was understood of a source.
    Import(PanelState),
    /// What became of each claim.
    Ledger(PanelState),
    /// The text for the other side's administrator.
    Handoff(PanelState),
    /// What a step is about.
    Explain(PanelState),
    /// The themes.
    Themes(PanelState),
    /// The walks of the profile.
    Walks(PanelState),
}

impl Overlay {
    /// Returns what it remembers.
    pub fn state(&self) -> &PanelState {
        match self {
            Self::Help(_, state)
            | Self::Rule(_, state)
            | Self::Palette(state)
            | Self::Profiles(state)
            | Self::Profile(state)
            | Self::Flows(state)
            | Self::Copy(_, state)
            | Self::Existing(state)
            | Self::Faults(state)
            | Self::Address(state)
            | Self::Qr(state)
            | Self::Check(state)
            | Self::Import(state)
            | Self::Ledger(state)
            | Self::Handoff(state)
            | Self::Explain(state)
            | Self::Themes(state)
            | Self::Walks(state) => state,
        }
    }

    /// Returns what it remembers, for change.
    pub fn state_mut(&mut self) -> &mut PanelState {
        match self {
            Self::Help(_, state)
            | Self::Rule(_, state)
            | Self::Palette(state)
            | Self::Profiles(state)
            | Self::Profile(state)
            | Self::Flows(state)
            | Self::Copy(_, state)
            | Self::Existing(state)
            | Self::Faults(state)
            | Self::Address(state)
            | Self::Qr(state)
            | Self::Check(state)
            | Self::Import(state)
            | Self::Ledger(state)
            | Self::Handoff(state)
            | Self::Explain(state)
            | Self::Themes(state)
            | Self::Walks(state) => state,
        }
    }

    /// Returns what it is called on the way back from what lies over it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Help(..) => "Keys",
            Self::Palette(_) => "Palette",
            Self::Rule(..) => "Rule",
            Self::Profiles(_) => "Profiles",
            Self::Profile(_) => "Every field",
            Self::Flows(_) => "Flows",
            Self::Copy(..) => "Copy",
            Self::Existing(_) => "Use existing",
            Self::Faults(_) => "Faults",
            Self::Address(_) => "Address",
            Self::Qr(_) => "QR code",
            Self::Import(_) => "Import",
            Self::Check(_) => "Check",
            Self::Ledger(_) => "Ledger",
            Self::Walks(_) => "Walks",
            Self::Explain(_) => "About this step",
            Self::Themes(_) => "Themes",
            Self::Handoff(_) => "Hand-off",
        }
    }

    /// Returns its heading; actions in braces stand for their keys.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Help(..) => "Keys: {find} lists fewer",
            Self::Palette(_) => "Do or open",
            Self::Rule(..) => "A rule",
            Self::Profiles(_) => "Profiles",
            Self::Profile(_) => "Every field of the profile",
            Self::Flows(_) => "Flows",
            Self::Copy(..) => {
                "Copy with real values: {pick} or the number; {copy-to-file} writes a file"
            }
            Self::Existing(_) => "Use a token or code that you already have",
            Self::Faults(_) => "Faults of the lab: {find} lists fewer, {switch-fault} switches one",
            Self::Address(_) => "The address for the browser",
            Self::Qr(_) => "The address for the browser, as a QR code",
            Self::Import(_) => "What the new profile would hold; nothing is kept yet",
            Self::Check(_) => {
                "What a check of the profile finds, with nothing but GET and no credential"
            }
            Self::Ledger(_) => "What became of each claim",
            Self::Explain(_) => "About this step",
            Self::Themes(_) => "Themes: Enter keeps one, Esc leaves everything as it was",
            Self::Walks(_) => "Walks of this profile, times in UTC: {pick} looks at one",
            Self::Handoff(_) => "The hand-off, masked",
        }
    }

    /// Tells whether it lists only what is looked for.
    pub fn lists_fewer(&self) -> bool {
        matches!(self, Self::Help(..) | Self::Faults(_))
    }

    /// Tells whether it takes the whole width without any margin, so that it can be copied with the mouse.
    pub fn is_bare(&self) -> bool {
        matches!(self, Self::Address(_) | Self::Qr(_) | Self::Handoff(_))
    }

    /// Tells whether it is a text to be read, which can be copied whole.
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            Self::Handoff(_) | Self::Ledger(_) | Self::Explain(_) | Self::Rule(..)
        )
    }
}

/// Returns the rows of what lies over the walk.
pub fn rows(overlay: &Overlay, model: &Model, width: u16) -> Vec<Row> {
    match overlay {
        Overlay::Help(asked, state) => help::rows(model, asked, &Wanted::new(&state.query), width),
        Overlay::Palette(_) => palette::rows(model, width),
        Overlay::Rule(code, _) => rule::rows(code, width),
        Overlay::Profiles(_) => profiles::rows(model, width),
        Overlay::Profile(_) => profile_page::rows(model, width),
        Overlay::Flows(_) => flow_list::rows(model, width),
        Overlay::Copy(items, _) => copy_menu::rows(model, items, width),
        Overlay::Existing(_) => existing::rows(model, width),
        Overlay::Faults(state) => faults::rows(model, &Wanted::new(&state.query), width),
        Overlay::Address(_) => address::rows(model, width),
        Overlay::Qr(_) => address::qr_rows(model, width),
        Overlay::Check(_) => check::rows(model, width),
        Overlay::Import(_) => import::rows(model, width),
        Overlay::Ledger(_) => ledger::rows(model, width),
        Overlay::Themes(_) => themes::rows(model, width),
        Overlay::Walks(_) => walks::rows(model, width),
        Overlay::Handoff(_) => handoff::rows(model, width),
        Overlay::Explain(_) => explain::rows(model, width),
    }
}
