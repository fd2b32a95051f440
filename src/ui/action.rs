//! The action table: what can be done, by which keys, where, and when; help, hints, palette, configuration and README
//! come from it.

use super::{
    copy, layout,
    model::{Context, Editor, Model, OVER, Purpose, Taking},
    overlays::Overlay,
    rows::{Goes, words},
};
use crate::{flow::Blocked, profile::Kind, session::Status};

/// Whether an action can be had now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Availability {
    /// It can.
    Yes,
    /// It cannot, because of this; empty when it makes no sense here at all. Actions in braces stand for their keys, as
    /// [`super::keymap::Keymap::spoken`] puts them in.
    No(&'static str),
    /// It cannot, because of this, and meanwhile its key means nothing else.
    Taken(&'static str),
}

impl Availability {
    fn when(yes: bool, else_why: &'static str) -> Self {
        if yes { Self::Yes } else { Self::No(else_why) }
    }
}

/// Where an action can be had.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// In every place, while text is edited too.
    Everywhere,
    /// On the walk.
    Walk,
    /// Wherever there are rows.
    Rows,
    /// In a list or a page that lies over the walk.
    Overlay,
    /// In the list of profiles.
    Profiles,
    /// While a question is asked.
    Question,
    /// While text is edited.
    Field,
}

impl Scope {
    /// Tells whether actions of this scope can be had in a context.
    pub fn holds_in(self, context: Context) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Walk => context == Context::Walk,
            Self::Rows => !matches!(context, Context::Question | Context::Field),
            Self::Overlay => matches!(context, Context::Overlay | Context::Profiles),
            Self::Profiles => context == Context::Profiles,
            Self::Question => context == Context::Question,
            Self::Field => context == Context::Field,
        }
    }

    /// Tells whether there is a place where actions of both scopes can be had.
    pub fn meets(self, other: Self) -> bool {
        let mut places = Context::ALL.into_iter();
        places.any(|context| self.holds_in(context) && other.holds_in(context))
    }

    /// Returns the heading of help and README.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Walk => "walk",
            Self::Rows => "rows",
            Self::Overlay => "lists and pages",
            Self::Profiles => "profiles",
            Self::Question => "question",
            Self::Field => "while editing",
        }
    }

    /// Says where that is; actions in braces stand for their keys.
    pub fn place(self) -> &'static str {
        match self {
            Self::Walk => "on the walk",
            Self::Profiles => "in the list of profiles ({profiles})",
            Self::Question => "while a question is asked",
            Self::Field => "while text is edited",
            Self::Overlay => "in a list or on a page",
            Self::Rows => "where there are rows",
            Self::Everywhere => "everywhere",
        }
    }

    /// Every scope, in the order of the help: the narrower before the wider.
    pub const ALL: [Self; 7] = [
        Self::Walk,
        Self::Profiles,
        Self::Overlay,
        Self::Question,
        Self::Field,
        Self::Rows,
        Self::Everywhere,
    ];
}

/// One line of the table.
#[derive(Debug)]
pub struct Entry {
    /// Which action.
    pub action: Action,
    /// Its word in `[keys]` of `config.toml`.
    pub id: &'static str,
    /// What it does.
    pub about: &'static str,
    /// Its keys unless the user says otherwise, as [`super::keymap::Sequence::parse`] reads them.
    pub keys: &'static [&'static str],
    /// Where it can be had.
    pub scope: Scope,
    /// Its word in the footer; empty when it needs none.
    pub hint: &'static str,
    /// Whether it can be had now.
    pub when: fn(&Model) -> Availability,
}

macro_rules! actions {
    ($(
        #[doc = $about:literal]
        $action:ident = $id:literal, [$($key:literal),+], $scope:ident, hint $hint:literal, when $when:ident;
    )+) => {
        /// Something that can be done from the keyboard.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Action {
            $(#[doc = $about] $action,)+
        }

        /// Every action, in the order of the enum. Where several share a key, the first that can be had is meant.
        pub static ACTIONS: &[Entry] = &[$(Entry {
            action: Action::$action,
            id: $id,
            about: $about.trim_ascii(),
            keys: &[$($key),+],
            scope: Scope::$scope,
            hint: $hint,
            when: $when,
        },)+];
    };
}

actions! {
    /// Opens the box for the redirect that the browser ended on.
    PasteRedirect = "paste-redirect", ["enter"], Walk, hint "paste the redirect", when waits_for_browser;
    /// Copies the address for the browser.
    CopyAddress = "copy-address", ["c"], Walk, hint "copy address", when waits_for_browser;
    /// Starts a browser on the address, where none was started by itself too.
    StartBrowser = "start-browser", ["b"], Walk, hint "start a browser", when waits_for_browser;
    /// Writes the address for the browser to a file that only you can read.
    WriteAddress = "write-address", ["s"], Walk, hint "to a file", when waits_for_browser;
    /// Goes to the step of the rail that the cursor is on.
    OpenStep = "open-step", ["enter"], Walk, hint "to the panel", when on_rail;
    /// Edits the field that the cursor is on.
    EditField = "edit-field", ["enter"], Walk, hint "edit", when on_field;
    /// Follows the row that the cursor is on: to an attempt, a step or a token.
    Follow = "follow", ["enter"], Walk, hint "look at it", when on_link;
    /// Goes on to the next step.
    NextStep = "next-step", ["enter"], Walk, hint "next step", when can_go_on;
    /// Sends the request of this step.
    SendStep = "send-step", ["enter"], Walk, hint "send", when can_send;
    /// Sends the request of this step, again if it was sent before.
    SendAgain = "send-again", ["r"], Walk, hint "send", when can_send_again;
    /// Opens the inputs of this step.
    EditInputs = "edit-inputs", ["e", "' i"], Walk, hint "inputs", when can_see_inputs;
    /// Sends every step that is left, to the end.
    SendToEnd = "send-to-end", ["R"], Walk, hint "to the end", when can_run;
    /// Cancels what is in flight.
    Cancel = "cancel", ["esc"], Walk, hint "cancel", when in_flight;
    /// Unfolds what is folded under the cursor.
    Unfold = "unfold", ["l"], Rows, hint "", when on_folded;
    /// Puts the keys back to the panel.
    LeaveRail = "leave-rail", ["esc", "tab", "shift-tab"], Walk, hint "", when on_rail;
    /// Goes to the next panel.
    NextPanel = "next-panel", ["]", "right"], Walk, hint "panel", when always;
    /// Goes to the panel before.
    PreviousPanel = "previous-panel", ["[", "left"], Walk, hint "", when always;
    /// Goes to the next match.
    FindNext = "find-next", ["n"], Rows, hint "next match", when has_match;
    /// Goes to the match before.
    FindPrevious = "find-previous", ["N"], Rows, hint "", when has_match;
    /// Forgets what was looked for.
    StopFinding = "stop-finding", ["esc"], Rows, hint "stop finding", when has_query;
    /// Goes back to the row that led here.
    JumpBack = "jump-back", ["esc"], Walk, hint "back", when has_jumped;
    /// Shows the entries of the log that the filter leaves out.
    StopFiltering = "stop-filtering", ["esc"], Walk, hint "all entries", when is_filtered;
    /// Shows the panel with all else again.
    Unzoom = "unzoom", ["esc"], Walk, hint "unzoom", when zoomed;
    /// Goes back to the newest attempt.
    NewestAttempt = "newest-attempt", ["esc"], Walk, hint "newest attempt", when looks_back;
    /// Goes back from a walk that is over to the one that is on.
    CurrentWalk = "current-walk", ["esc"], Walk, hint "walk that is on", when in_past;
    /// Looks at the walk after this one.
    NewerWalk = "newer-walk", [">"], Walk, hint "newer walk", when has_newer_walk;
    /// Saves the profile to its file.
    Save = "save", ["S"], Everywhere, hint "save", when can_save;
    /// Takes the edits of the field under the cursor back, to what the file has: undo.
    TakeBack = "take-back", ["U"], Everywhere, hint "take back", when on_edited_field;
    /// Copies something: the value under the cursor, its JSON, a header, a token, the cURL, the request, the answer, the panel.
    Copy = "copy", ["y"], Walk, hint "copy", when always;
    /// Opens the list of profiles.
    Profiles = "profiles", ["p"], Walk, hint "profiles", when always;
    /// Leaves; asks only if something would be lost.
    Quit = "quit", ["q"], Walk, hint "leave", when always;
    /// Goes to the other pane: the rail or the panel.
    NextPane = "next-pane", ["tab", "shift-tab"], Walk, hint "rail", when always;
    /// Goes to a step by its number.
    NthStep = "nth-step", ["1", "2", "3", "4", "5", "6", "7", "8", "9"], Walk, hint "", when always;
    /// Goes to the first step of the next stage.
    StageDown = "stage-down", ["}"], Walk, hint "", when always;
    /// Goes to the first step of this stage, or of the one before.
    StageUp = "stage-up", ["{"], Walk, hint "", when always;
    /// Goes to the next step of the rail.
    StepDown = "step-down", ["J"], Walk, hint "", when always;
    /// Goes to the step before.
    StepUp = "step-up", ["K"], Walk, hint "", when always;
    /// Shows an earlier attempt of this step.
    Older = "older-attempt", [","], Walk, hint "older attempt", when has_older;
    /// Shows a later attempt of this step.
    Newer = "newer-attempt", ["."], Walk, hint "newer attempt", when has_newer;
    /// Uses a token or code that you already have, in place of the steps that make it.
    UseExisting = "use-existing", ["u"], Walk, hint "use existing", when is_on;
    /// Withdraws what was handed in for this step.
    Withdraw = "withdraw", ["x"], Walk, hint "withdraw", when has_given;
    /// Shows the address for the browser alone, on the whole width.
    Address = "address", ["o"], Walk, hint "address alone", when has_address;
    /// Shows the address for the browser as a QR code.
    QrCode = "qr-code", ["Q"], Walk, hint "QR code", when has_address;
    /// Shows what became of each claim, compared from token to token.
    Ledger = "ledger", ["L"], Walk, hint "ledger", when has_results;
    /// Writes the text for the other side’s administrator.
    Handoff = "hand-off", ["H"], Walk, hint "hand-off", when has_verdict;
    /// Starts a new walk: new state, nonce and keys; the one that was is kept.
    NewWalk = "new-walk", ["n"], Walk, hint "new walk", when is_on;
    /// Looks at the walk before this one.
    OlderWalk = "older-walk", ["<"], Walk, hint "older walk", when has_older_walk;
    /// Opens the list of walks of this profile.
    Walks = "walks", ["' w"], Walk, hint "", when has_walks;
    /// Opens every field of this profile.
    Profile = "profile", ["P"], Walk, hint "whole profile", when always;
    /// Checks the profile over the network, with nothing but GET and without any credential.
    CheckProfile = "check-profile", ["C"], Walk, hint "check", when can_check;
    /// Explains this step: what it does, why, who, where it is written, what comes next.
    ExplainStep = "explain-step", ["a"], Walk, hint "", when always;
    /// Goes to the next place that is worth a look in this panel, and says why.
    NextPlace = "next-place", ["W"], Walk, hint "", when always;
    /// Opens the list of flows.
    Flows = "flows", ["f"], Walk, hint "", when always;
    /// Shows what the rules found: at the row that the cursor is on, else at this step.
    Findings = "findings", ["i", "' f"], Walk, hint "findings", when has_findings;
    /// Makes the lab’s servers misbehave, and well again.
    Faults = "faults", ["F"], Walk, hint "", when walks_the_lab;
    /// Shows the log: of this step, and pressed again of the whole walk.
    Log = "log", ["l", "' l"], Walk, hint "log", when always;
    /// Shows only some entries of the log: by step, party, status, text.
    FilterLog = "filter-log", ["&"], Walk, hint "", when always;
    /// Shows the sequence diagram at this step’s arrow; pressed again, goes back.
    Diagram = "diagram", ["D", "' d"], Walk, hint "diagram", when always;
    /// Shows the request, before it goes and after.
    ShowRequest = "show-request", ["' r"], Walk, hint "", when always;
    /// Shows the request as cURL.
    ShowCurl = "show-curl", ["' c"], Walk, hint "", when always;
    /// Shows the answer.
    ShowAnswer = "show-answer", ["' a"], Walk, hint "", when always;
    /// Shows the tokens, decoded.
    ShowTokens = "show-tokens", ["' t"], Walk, hint "", when always;
    /// Shows the attempts of this step.
    ShowHistory = "show-history", ["' h"], Walk, hint "", when always;
    /// Plays the walk message by message along the diagram, or stops.
    Play = "play", ["space"], Walk, hint "play", when can_play;
    /// Plays faster.
    Faster = "play-faster", ["+"], Walk, hint "", when on_diagram;
    /// Plays slower.
    Slower = "play-slower", ["-"], Walk, hint "", when on_diagram;
    /// Shows the panel alone.
    Zoom = "zoom", ["z"], Walk, hint "zoom", when always;
    /// Shows the secret of the row for half a minute, or hides it again.
    Reveal = "reveal", ["m"], Rows, hint "", when can_reveal;
    /// Masks everything for a screen share, people too, or ends that.
    MaskAll = "mask-all", ["M"], Rows, hint "", when always;
    /// Opens your editor on the field under the cursor, or on a masked copy of the answer’s body.
    EditOutside = "edit-outside", ["E"], Walk, hint "", when can_edit_outside;
    /// Writes the walk to a file, secrets masked: a trace that can be opened again, or a report.
    WriteTrace = "write-trace", ["w"], Walk, hint "", when has_results;
    /// Takes the next theme.
    NextTheme = "next-theme", ["t"], Walk, hint "", when always;
    /// Opens the list of themes: each is shown as you move, one is kept.
    Themes = "themes", ["T"], Walk, hint "", when always;

    /// Edits the field of the page that the cursor is on.
    EditRow = "edit-row", ["enter", "e"], Overlay, hint "edit", when on_page_field;
    /// Switches the fault that the cursor is on: on, or off again.
    SwitchFault = "switch-fault", ["enter"], Overlay, hint "switch", when on_fault;
    /// Takes what the cursor is on.
    Pick = "pick", ["enter"], Overlay, hint "choose", when can_pick;
    /// Makes a new profile.
    CreateProfile = "create-profile", ["c"], Profiles, hint "create", when always;
    /// Copies a profile under a new name.
    DuplicateProfile = "duplicate-profile", ["d"], Profiles, hint "duplicate", when on_profile;
    /// Makes a profile of a file, an address or a paste: .env, cURL, HAR, metadata, a profile.
    ImportProfile = "import-profile", ["i"], Profiles, hint "import", when always;
    /// Gives a profile another name.
    RenameProfile = "rename-profile", ["r"], Profiles, hint "rename", when on_saved_profile;
    /// Deletes a profile, after a question.
    DeleteProfile = "delete-profile", ["x"], Profiles, hint "delete", when on_saved_profile;
    /// Opens a profile with all its fields.
    EditProfile = "edit-profile", ["e"], Profiles, hint "every field", when on_profile;
    /// Keeps what was understood, under a name.
    KeepImport = "keep-import", ["enter"], Overlay, hint "keep it", when on_import;
    /// Checks the profile once more.
    CheckAgain = "check-again", ["r"], Overlay, hint "again", when has_checked;
    /// Copies what the page shows; in the copy menu, what the cursor is on.
    CopyPage = "copy-page", ["y"], Overlay, hint "copy", when on_copied_page;
    /// Copies what stands at that place of the copy menu.
    CopyNth = "copy-nth", ["1", "2", "3", "4", "5", "6", "7", "8", "9"], Overlay, hint "", when on_copy_menu;
    /// Writes what the cursor of the copy menu is on to a file that only you can read.
    CopyToFile = "copy-to-file", ["s"], Overlay, hint "to a file", when on_copy_menu;
    /// Opens the file of the profile in your editor; back from it, the file is checked and saved.
    EditFile = "edit-file", ["E"], Overlay, hint "editor", when can_edit_file;
    /// Opens the address in a browser.
    OpenAddress = "open-address", ["o"], Overlay, hint "open a browser", when on_address;
    /// Goes back to the walk.
    Close = "close", ["esc", "q"], Overlay, hint "back", when always;

    /// Moves down.
    Down = "down", ["down", "j"], Rows, hint "", when always;
    /// Moves up.
    Up = "up", ["up", "k"], Rows, hint "", when always;
    /// Moves half a page down.
    HalfDown = "half-down", ["ctrl-d"], Rows, hint "", when always;
    /// Moves half a page up.
    HalfUp = "half-up", ["ctrl-u"], Rows, hint "", when always;
    /// Moves a page down.
    PageDown = "page-down", ["pgdn", "ctrl-f"], Rows, hint "", when always;
    /// Moves a page up.
    PageUp = "page-up", ["pgup", "ctrl-b"], Rows, hint "", when always;
    /// Moves to the first row.
    Top = "top", ["home", "g"], Rows, hint "", when always;
    /// Moves to the last row.
    Bottom = "bottom", ["end", "G"], Rows, hint "", when always;
    /// Folds or unfolds what stands under a heading.
    Fold = "fold", ["space"], Rows, hint "fold", when can_fold;
    /// Folds what stands around the cursor; pressed again, what stands around that.
    FoldAround = "fold-around", ["h"], Rows, hint "", when can_fold;
    /// Finds a text.
    Find = "find", ["/"], Rows, hint "find", when can_find;
    /// Shows these rows in your pager, secrets masked.
    Pager = "pager", ["v"], Rows, hint "", when can_page;
    /// Finds an action, profile, flow, step, theme or rule by its name, and does or opens it.
    Palette = "palette", [":", "ctrl-p"], Rows, hint "palette", when always;

    /// Agrees.
    Yes = "yes", ["y"], Question, hint "yes", when always;
    /// Declines.
    No = "no", ["n", "esc", "q"], Question, hint "no", when always;

    /// Takes over what was typed.
    Accept = "accept", ["enter"], Field, hint "accept", when is_one_line;
    /// Takes over a text of several lines.
    AcceptText = "accept-text", ["tab"], Field, hint "accept", when is_long_text;
    /// Starts a new line in a text of several lines.
    NewLine = "new-line", ["enter"], Field, hint "new line", when is_long_text;
    /// Takes the choice before.
    ChoiceUp = "choice-up", ["up", "left", "shift-tab"], Field, hint "", when is_choice;
    /// Takes the next choice.
    ChoiceDown = "choice-down", ["down", "right", "tab"], Field, hint "next choice", when is_choice;
    /// Goes to the word before, of those that the server offers.
    PickUp = "pick-up", ["up"], Field, hint "", when has_picks;
    /// Goes to the next word that the server offers: a scope, or a tool.
    PickDown = "pick-down", ["down"], Field, hint "next one", when has_picks;
    /// Adds that word to what is typed, or takes it out.
    PickToggle = "pick-toggle", ["tab"], Field, hint "take or leave it", when has_picks;
    /// Goes to the entry before.
    EntryUp = "entry-up", ["up", "ctrl-p"], Field, hint "", when in_palette;
    /// Goes to the next entry.
    EntryDown = "entry-down", ["down", "ctrl-n"], Field, hint "next", when in_palette;
    /// Opens your editor on what is typed.
    EditTyped = "edit-typed", ["ctrl-o", "ctrl-x ctrl-e"], Field, hint "editor", when can_edit_typed;
    /// Drops what was typed.
    Discard = "discard", ["esc"], Field, hint "discard", when always;

    /// Shows what the keys do.
    Help = "help", ["?", "f1"], Everywhere, hint "help", when no_text;
    /// Listens to the mouse, or no more; while it does, Shift (Option in iTerm2) held down selects text as usual.
    Mouse = "mouse", ["O"], Everywhere, hint "", when always;
    /// Draws the screen anew.
    Redraw = "redraw", ["ctrl-l"], Everywhere, hint "", when always;
    /// Stops the program until the shell continues it.
    Suspend = "suspend", ["ctrl-z"], Everywhere, hint "", when always;
    /// Leaves at once.
    Leave = "leave", ["ctrl-c"], Everywhere, hint "", when always;
}

impl Action {
    /// Finds an action by its word.
    pub fn find(id: &str) -> Option<&'static Entry> {
        ACTIONS.iter().find(|entry| entry.id == id)
    }

    /// Returns its line of the table.
    pub fn entry(self) -> &'static Entry {
        // The table has its entries in the order of the enum.
        &ACTIONS[self as usize]
    }
}

/// Says why an action cannot be had from where the model stands; `None` where it can.
pub fn why_not(model: &Model, entry: &Entry) -> Option<String> {
    if !entry.scope.holds_in(model.context()) {
        let place = words::sentence(&words::upper(entry.scope.place()));
        return Some(model.spoken(&place));
    }
    match (entry.when)(model) {
        Availability::Yes => None,
        Availability::No("") => Some("Not here.".to_owned()),
        Availability::No(why) | Availability::Taken(why) => Some(model.shown(&model.spoken(why))),
    }
}

const NONSENSE: Availability = Availability::No("");

fn always(_: &Model) -> Availability {
    Availability::Yes
}

/// Tells whether something can be sent at all.
fn is_on(model: &Model) -> Availability {
    if model.in_past() {
        // A field there is part of what was: whoever would edit it learns where that can be done.
        return Availability::No(if model.under.field.is_some() {
            THEN
        } else {
            OVER
        });
    }
    Availability::when(
        !model.session().archived,
        "This is a stored trace: nothing is sent from it.",
    )
}

/// Why a field cannot be edited in a walk that is over.
const THEN: &str = "This is {walk}, which is over, with the profile as it was; an edit applies to the walk that is on: \
                    {current-walk} goes back to it.";

fn walks_the_lab(model: &Model) -> Availability {
    Availability::when(
        model.walks_the_lab(),
        "Faults are of the lab, and this profile does not walk it.",
    )
}

fn waits_for_browser(model: &Model) -> Availability {
    Availability::when(
        model.waits_for_browser().is_some(),
        "No sign-in waits for a browser.",
    )
}

fn on_rail(model: &Model) -> Availability {
    Availability::when(model.on_rail(), "")
}

fn on_step(model: &Model) -> Availability {
    Availability::when(
        !model.on_rail(),
        "The keys are on the rail; {next-pane} gives them back to the panel.",
    )
}

fn can_see_inputs(model: &Model) -> Availability {
    if model.in_past() && model.panel().id == "inputs" {
        return Availability::No(THEN);
    }
    on_step(model)
}

fn on_field(model: &Model) -> Availability {
    Availability::when(
        !model.on_rail()
            && !model.waiting_page()
            && model.under.field.is_some()
            && !model.session().archived,
        "",
    )
}

fn on_edited_field(model: &Model) -> Availability {
    if model.in_past() {
        return Availability::No(THEN);
    }
    let edited = |field| {
        model
            .opened()
            .edits()
            .iter()
            .any(|(path, _)| *path == field)
    };
    Availability::when(
        model.under.field.is_some_and(edited),
        "The cursor is on no field that was edited since it was saved.",
    )
}

fn no_text(model: &Model) -> Availability {
    Availability::when(
        model.context() != Context::Field,
        "{accept} takes over what is typed, {discard} drops it; then {help} helps.",
    )
}

fn in_palette(model: &Model) -> Availability {
    Availability::when(model.in_palette(), "")
}

fn on_diagram(model: &Model) -> Availability {
    Availability::when(
        model.on_diagram(),
        "Only the diagram is played; {diagram} shows it.",
    )
}

fn can_play(model: &Model) -> Availability {
    // On what is folded the key unfolds.
    Availability::when(model.on_diagram() && !model.under.foldable, "")
}

fn has_findings(model: &Model) -> Availability {
    let some = model
        .session()
        .step(model.place().step)
        .findings()
        .next()
        .is_some();
    Availability::when(
        some || model.session().verdict(None).is_some(),
        "The rules found nothing at this step.",
    )
}

fn has_verdict(model: &Model) -> Availability {
    Availability::when(
        model.session().verdict(None).is_some(),
        "Nothing went wrong, so there is nothing to hand off.",
    )
}

fn on_link(model: &Model) -> Availability {
    if model.on_rail() || model.waiting_page() {
        return NONSENSE;
    }
    match model.under.goes {
        // It leads to a box that takes another one.
        Some(Goes::Artifact(_)) => is_on(model),
        goes => Availability::when(goes.is_some(), ""),
    }
}

fn can_go_on(model: &Model) -> Availability {
    let step = model.place().step;
    let session = model.session();
    let over = session.step(step).is_fresh() || session.skipped(step).is_some();
    Availability::when(
        over && !model.on_rail() && model.step_after(step).is_some(),
        "",
    )
}

fn can_send(model: &Model) -> Availability {
    if is_on(model) != Availability::Yes {
        return is_on(model);
    }
    let step = model.place().step;
    let over = model.session().step(step).is_fresh() || model.session().skipped(step).is_some();
    if over && model.step_after(step).is_none() {
        return Availability::No(
            "The walk is at its end; {send-again} sends the step again, {new-walk} starts a new walk.",
        );
    }
    can_send_again(model)
}

fn can_send_again(model: &Model) -> Availability {
    let session = model.session();
    if is_on(model) != Availability::Yes {
        return is_on(model);
    }
    if model.opened().lab.is_starting() {
        return Availability::No("The lab is starting.");
    }
    if session.waiting().is_some() {
        return Availability::No("A step is in flight; {cancel} cancels it.");
    }
    let step = model.place().step;
    if session.skipped(step).is_some() {
        return Availability::No("The step is left out.");
    }
    match &session.step(step).draft {
        Some(Err(blocked)) if blocked.iter().any(|why| matches!(why, Blocked::Needs(_))) => {
            Availability::No("An earlier step must be done first.")
        }
        Some(Err(_)) => {
            Availability::No("A field is missing or wrong; {edit-inputs} opens the inputs.")
        }
        Some(Ok(_)) => Availability::Yes,
        None => Availability::No("There is nothing to send."),
    }
}

fn can_run(model: &Model) -> Availability {
    let session = model.session();
    if is_on(model) != Availability::Yes {
        return is_on(model);
    }
    if model.opened().lab.is_starting() {
        return Availability::No("The lab is starting.");
    }
    if session.waiting().is_some() {
        return Availability::No("A step is in flight; {cancel} cancels it.");
    }
    match session.next_step(None) {
        None => Availability::No("Every step is done; {new-walk} starts a new walk."),
        Some(step) => match session.status(step) {
            Status::Blocked(_) => {
                Availability::No("The next step lacks something; its inputs say what.")
            }
            _ => Availability::Yes,
        },
    }
}

fn in_flight(model: &Model) -> Availability {
    Availability::when(model.session().waiting().is_some(), "")
}

fn has_query(model: &Model) -> Availability {
    Availability::when(!model.rows_state().query.is_empty(), "")
}

/// A key that goes on from match to match does nothing else until that is over: `n` must start no walk by mistake.
fn has_match(model: &Model) -> Availability {
    if model.rows_state().query.is_empty() {
        return Availability::No("Nothing is looked for; {find} finds a text.");
    }
    let (width, _) = layout::rows_area(model);
    if model.matches(&model.rows(width)).is_empty() {
        return Availability::Taken("There is no `{query}` here; {stop-finding} stops finding.");
    }
    Availability::Yes
}

fn has_jumped(model: &Model) -> Availability {
    let (place, panel) = (model.place(), model.panel().id);
    let here = place
        .jump
        .is_some_and(|jump| jump.to == (place.step, panel));
    Availability::when(here && !model.on_rail(), "")
}

fn zoomed(model: &Model) -> Availability {
    Availability::when(model.screen.zoom, "")
}

fn looks_back(model: &Model) -> Availability {
    Availability::when(model.place().attempt.is_some(), "")
}

fn has_older(model: &Model) -> Availability {
    let attempts = model.session().step(model.place().step).attempts.len();
    let at = model.place().attempt.unwrap_or(attempts.saturating_sub(1));
    Availability::when(at > 0, "There is no earlier attempt.")
}

fn has_newer(model: &Model) -> Availability {
    Availability::when(
        model.place().attempt.is_some(),
        "There is no later attempt.",
    )
}

fn in_past(model: &Model) -> Availability {
    Availability::when(model.in_past(), "There is nothing to go back from.")
}

fn has_walks(model: &Model) -> Availability {
    if model.opened().session.archived {
        return Availability::No("A stored trace is one walk.");
    }
    Availability::when(
        !model.opened().past.is_empty(),
        "This is the only walk so far; {new-walk} starts another.",
    )
}

fn has_older_walk(model: &Model) -> Availability {
    if model.opened().looking == Some(0) {
        return Availability::No("This is the oldest walk that is kept; {walks} lists them.");
    }
    has_walks(model)
}

fn has_newer_walk(model: &Model) -> Availability {
    if model.in_past() {
        return Availability::Yes;
    }
    match has_walks(model) {
        Availability::Yes => Availability::No("This is the walk that is on; {walks} lists them."),
        none => none,
    }
}

fn has_given(model: &Model) -> Availability {
    if model.given_here().is_empty() {
        return Availability::No("Nothing was handed in for this step.");
    }
    is_on(model)
}

fn has_address(model: &Model) -> Availability {
    Availability::when(
        model.address().is_some(),
        "This step has no address for a browser.",
    )
}

fn can_reveal(model: &Model) -> Availability {
    if model.screen.masking.is_shared() {
        return Availability::No("Everything is masked for sharing; {mask-all} ends that.");
    }
    if model.session().archived && !model.in_past() {
        return Availability::No("A stored trace holds no secret, only what stands for it.");
    }
    Availability::when(!model.secrets_under().is_empty(), "This row has no secret.")
}

fn has_results(model: &Model) -> Availability {
    let any = model
        .session()
        .walk
        .steps
        .iter()
        .any(|state| !state.attempts.is_empty());
    Availability::when(any, "Nothing was sent yet.")
}

fn can_fold(model: &Model) -> Availability {
    Availability::when(model.under.foldable, "Nothing here can be folded.")
}

fn on_folded(model: &Model) -> Availability {
    Availability::when(model.under.folded && !model.on_rail(), "")
}

fn is_filtered(model: &Model) -> Availability {
    Availability::when(model.on_log() && model.screen.filter.is_some(), "")
}

fn can_find(model: &Model) -> Availability {
    Availability::when(model.under.rows > 0, "There is nothing to look through.")
}

fn on_profile(model: &Model) -> Availability {
    Availability::when(model.picked_profile().is_some(), "The list is empty.")
}

fn on_saved_profile(model: &Model) -> Availability {
    Availability::when(
        model.picked_profile().is_some_and(|entry| !entry.built_in),
        "The built-in lab has no file.",
    )
}

fn can_pick(model: &Model) -> Availability {
    if matches!(model.screen.overlay, Some(Overlay::Profile(_))) {
        // There the key edits, and what is said of that says more.
        return NONSENSE;
    }
    Availability::when(model.overlay_picks(), "There is nothing to choose here.")
}

fn on_fault(model: &Model) -> Availability {
    let list = matches!(model.screen.overlay, Some(Overlay::Faults(_)));
    let fault = matches!(model.under.goes, Some(Goes::Fault(_)));
    Availability::when(list && fault, "")
}

fn on_page_field(model: &Model) -> Availability {
    let page = matches!(model.screen.overlay, Some(Overlay::Profile(_)));
    if page && model.in_past() {
        return Availability::No(THEN);
    }
    Availability::when(model.on_page_field(), "")
}

fn on_import(model: &Model) -> Availability {
    Availability::when(model.on_import_page(), "")
}

fn can_check(model: &Model) -> Availability {
    if is_on(model) != Availability::Yes {
        return is_on(model);
    }
    if model.opened().lab.is_starting() {
        return Availability::No("The lab is starting.");
    }
    // The check listens where the sign-in does.
    Availability::when(
        model.session().waiting().is_none(),
        "A step is in flight; {cancel} cancels it.",
    )
}

fn has_checked(model: &Model) -> Availability {
    Availability::when(model.on_check_page() && !model.is_checking(), "")
}

fn on_copy_menu(model: &Model) -> Availability {
    Availability::when(matches!(model.screen.overlay, Some(Overlay::Copy(..))), "")
}

/// Why no editor is given a secret.
const NO_SECRET: &str =
    "A secret goes to no editor, whose files and memory would keep it; {edit-field} takes it here.";

fn can_edit_outside(model: &Model) -> Availability {
    let on_panel = !model.on_rail() && !model.waiting_page();
    match model.under.field.filter(|_| on_panel) {
        _ if !on_panel => {
            Availability::No("An editor is given a field of the inputs, or the body of an answer.")
        }
        Some(_) if model.in_past() => Availability::No(THEN),
        Some(_) if model.session().archived => Availability::No("This is a stored trace."),
        Some(_) if model.screen.masking.is_shared() => Availability::No(SHARED),
        Some(field) => match field.field().kind {
            Kind::Secret => Availability::No(NO_SECRET),
            Kind::Choice(_) | Kind::Flag => {
                Availability::No("This is a choice; {edit-field} chooses.")
            }
            _ => Availability::Yes,
        },
        None if model.panel().id == "answer" => {
            Availability::when(copy::has_body(model), "There is no body to look at.")
        }
        None => Availability::No(
            "An editor is given a field of the inputs, or the body of an answer; {pager} shows this in a pager.",
        ),
    }
}

fn can_edit_typed(model: &Model) -> Availability {
    match &model.screen.editor {
        Some(Editor {
            purpose: Purpose::Field(_),
            taking: Taking::Typed(input),
            ..
        }) if !input.is_secret() => Availability::when(!model.screen.masking.is_shared(), SHARED),
        Some(Editor {
            taking: Taking::Typed(input),
            ..
        }) if input.is_secret() => {
            Availability::No("A secret goes to no editor, whose files and memory would keep it.")
        }
        _ => NONSENSE,
    }
}

fn can_edit_file(model: &Model) -> Availability {
    let has_file = match &model.screen.overlay {
        Some(Overlay::Profile(_)) => model.opened().has_file,
        Some(Overlay::Profiles(_)) => match model.picked_profile() {
            Some(entry) if entry.built_in => {
                return Availability::No(
                    "The built-in lab has no file; {duplicate-profile} makes one of it.",
                );
            }
            Some(_) => true,
            None => return NONSENSE,
        },
        _ => return NONSENSE,
    };
    if model.opened().session.archived && matches!(model.screen.overlay, Some(Overlay::Profile(_)))
    {
        return Availability::No("This is a stored trace.");
    }
    if has_file && model.screen.masking.is_shared() {
        return Availability::No(SHARED);
    }
    Availability::when(has_file, "This profile has no file yet.")
}

/// Others look on, and an editor masks nothing.
const SHARED: &str = "The screen is shared, and an editor masks nothing; {mask-all} ends that.";

fn can_page(model: &Model) -> Availability {
    Availability::when(model.under.rows > 0, "There is nothing to show in a pager.")
}

fn on_copied_page(model: &Model) -> Availability {
    let copies = matches!(model.screen.overlay, Some(Overlay::Copy(..)));
    let text = model.screen.overlay.as_ref().is_some_and(Overlay::is_text);
    let checked = model.checked_text().is_some();
    Availability::when(copies || text || checked || model.on_address_page(), "")
}

fn on_address(model: &Model) -> Availability {
    Availability::when(model.on_address_page(), "")
}

fn is_one_line(model: &Model) -> Availability {
    Availability::when(!model.edits_long_text(), "")
}

fn is_long_text(model: &Model) -> Availability {
    Availability::when(model.edits_long_text(), "")
}

fn is_choice(model: &Model) -> Availability {
    Availability::when(model.edits_choice(), "")
}

fn has_picks(model: &Model) -> Availability {
    Availability::when(matches!(model.offered(), Some(Ok(_))), "")
}

fn can_save(model: &Model) -> Availability {
    if model.context() == Context::Field {
        return Availability::No("{accept} takes over what is typed; then {save} saves.");
    }
    // Who wants to keep what such a page says must not keep a profile instead.
    if model.screen.overlay.as_ref().is_some_and(Overlay::is_text) {
        return Availability::No("This saves the profile, not this page; {close} goes back to it.");
    }
    Availability::when(
        model.opened().is_dirty() && !model.opened().session.archived,
        "Nothing to save: the profile is as its file has it.",
    )
}
