//! What is wrong and whose side it is on: rules over what was sent and what came back; pure, no clock and no network.
//!
//! ```text
//!  Subject (one step of a walk, with what came before) ──▶ Rule.check ──▶ Check ──▶ Finding ──▶ verdict, hand-off
//! ```

pub mod explain;
pub mod ledger;
pub mod near;
pub mod place;
mod prelude;
pub mod revision;
pub mod rules;
pub mod subject;
pub mod theirs;
pub mod vendors;
pub mod verdict;

use serde::{Deserialize, Deserializer, Serialize};

pub use near::Near;
pub use revision::Revision;
pub use subject::{Past, Subject};

use crate::{
    flow::flows::FLOWS,
    protocol::{party::Party, pointer::Pointer},
};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing: a choice between texts, a vendor's habit.
    Note,
    /// The text says SHOULD, or a check of ours would rather see it otherwise.
    Warning,
    /// The text says MUST.
    Error,
}

impl Severity {
    /// Returns the word used in reports (INTERFACE §3).
    pub fn id(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a rule is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The text demands it.
    Must,
    /// The text recommends it.
    Should,
    /// What came is more, or for somebody else, than what was asked: it is told even when every status was 200.
    Safety,
    /// A habit, or a place where texts differ.
    Habit,
}

/// A rule: one place where a walk can be wrong.
pub struct Rule {
    /// Its id (FACTS §3), never used for anything else.
    pub code: &'static str,
    /// What it checks, as a sentence about how things should be.
    pub title: &'static str,
    /// How bad it is by default.
    pub severity: Severity,
    /// What it is for.
    pub kind: Kind,
    /// Where it is written.
    pub spec: &'static str,
    /// The text and version that it speaks from: `RFC 8414`, `JAG-05`.
    pub revision: &'static str,
    /// The first ID-JAG revision that has it; older ones chosen by the profile leave it out.
    pub since: Revision,
    /// The flows it belongs to, also those that cannot be walked yet.
    pub flows: &'static [&'static str],
    /// The steps it looks at; [`DECODE`] for a token looked at alone.
    pub steps: &'static [&'static str],
    /// Why it matters, in a sentence or two.
    pub why: &'static str,
    /// What is usually behind it.
    pub cause: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// What servers say when they trip over it: error codes, and statuses as text.
    pub leads_to: &'static [&'static str],
    /// Words that a server uses in its description when it means this.
    pub words: &'static [&'static str],
    /// Checks it.
    pub check: fn(&Subject<'_>) -> Check,
}

/// The step name of a token that is looked at alone.
pub const DECODE: &str = "decode";

/// Every flow of the family.
pub const ALL_FLOWS: &[&str] = &[
    "xaa",
    "delegation",
    "assertion-exchange",
    "instance-assertion",
    "actor-profile",
    "mcp",
];

/// The flows that exchange a user's token for an ID-JAG.
pub const JAG_FLOWS: &[&str] = &["xaa", "actor-profile", "mcp"];

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rule({})", self.code)
    }
}

impl Rule {
    /// Tells whether a flow that it belongs to can be walked.
    pub fn is_walked(&self) -> bool {
        FLOWS.iter().any(|flow| self.flows.contains(&flow.id.0))
    }
}

/// What a rule says of a subject.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// It looked, and all is well.
    Pass,
    /// There is nothing here for it to look at.
    NotApplicable,
    /// It cannot tell yet; why.
    NotYet(&'static str),
    /// It found something.
    Found(Vec<Finding>),
}

impl Check {
    /// Passes when it holds, else it is this finding.
    pub fn must(holds: bool, finding: impl FnOnce() -> Finding) -> Self {
        if holds {
            Self::Pass
        } else {
            Self::Found(vec![finding()])
        }
    }

    /// Passes when nothing was found.
    pub fn of(findings: Vec<Finding>) -> Self {
        if findings.is_empty() {
            Self::Pass
        } else {
            Self::Found(findings)
        }
    }
}

/// The id of a rule that exists.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// Reads an id back; only ids of rules that exist are known.
impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        find(&text)
            .map(|rule| Self(rule.code))
            .ok_or_else(|| serde::de::Error::custom(format!("there is no rule {text:?}")))
    }
}

/// Something that is not as it should be, with its place.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Finding {
    /// The rule.
    pub code: Code,
    /// How bad it is here: the rule's word, unless the rule or a vendor's habit says otherwise.
    pub severity: Severity,
    /// The very parameter, header or claim.
    pub at: Pointer,
    /// What is wrong, in a sentence.
    pub says: String,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub got: Option<String>,
    /// Where the two part, when they should be one string.
    pub near: Option<Near>,
    /// Whose side must act.
    pub owner: Party,
    /// What to do here; the rule's remedy unless the check knows better.
    pub fix: String,
    /// The vendor's habit that lowered it, as a sentence with its source and date.
    pub habit: Option<String>,
    /// Whether the check chose the severity itself.
    #[serde(skip)]
    chosen: bool,
    /// Whether another side than the owner may have to act.
    #[serde(skip)]
    pub unsure: bool,
}

impl Finding {
    /// Makes a finding; the rule fills in the rest.
    pub fn new(at: Pointer, owner: Party, says: impl Into<String>) -> Self {
        Self {
            code: Code(""),
            severity: Severity::Note,
            at,
            says: says.into(),
            expected: None,
            got: None,
            near: None,
            owner,
            fix: String::new(),
            habit: None,
            chosen: false,
            unsure: false,
        }
    }

    /// Says what should be there.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what is there.
    #[must_use]
    pub fn got(mut self, got: impl Into<String>) -> Self {
        self.got = Some(got.into());
        self
    }

    /// Says which string should be there and which is, and where the two part.
    #[must_use]
    pub fn differs(mut self, expected: &str, got: &str) -> Self {
        self.near = near::compare(expected, got);
        self.expected(expected).got(got)
    }

    /// Makes it that bad, whatever the rule's default is.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self.chosen = true;
        self
    }

    /// Says that the evidence does not settle whose side it is: no verdict is certain that rests on it.
    #[must_use]
    pub fn unsure(mut self) -> Self {
        self.unsure = true;
        self
    }

    /// Says what to do, when the rule's general remedy is not the best.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }
}

/// What one rule said.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The rule.
    pub rule: &'static Rule,
    /// What it said.
    pub check: Check,
}

/// Runs every rule that looks at this step of this flow.
pub fn run(subject: &Subject<'_>) -> Vec<Ran> {
    let step = subject.step_id();
    rules::all()
        .filter(|rule| rule.flows.contains(&subject.flow) || step == DECODE)
        .filter(|rule| rule.steps.contains(&step) && rule.since <= subject.revision)
        .map(|rule| Ran {
            rule,
            check: judge(rule, subject),
        })
        .collect()
}

/// Runs every rule that looks at this step and returns what was found, the worst first.
pub fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = run(subject)
        .into_iter()
        .filter_map(|ran| match ran.check {
            Check::Found(findings) => Some(findings),
            _ => None,
        })
        .flatten()
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Runs one rule and fills its findings in.
pub fn judge(rule: &'static Rule, subject: &Subject<'_>) -> Check {
    let mut check = (rule.check)(subject);
    let Check::Found(findings) = &mut check else {
        return check;
    };
    for finding in findings {
        if !finding.chosen {
            finding.severity = rule.severity;
        }
        finding.code = Code(rule.code);
        if finding.fix.is_empty() {
            rule.fix.clone_into(&mut finding.fix);
        }
        vendors::soften(finding, subject);
    }
    check
}

/// Finds a rule by its code, in any case.
pub fn find(code: &str) -> Option<&'static Rule> {
    rules::all().find(|rule| rule.code.eq_ignore_ascii_case(code))
}

/// The step ids of the flows that exchange ID-JAGs, for rules.
pub mod at {
    /// Discovery of both servers.
    pub const DISCOVERY: &[&str] = &["discover-idp", "discover-resource-as", "discover-as"];
    /// Every step that asks a token endpoint.
    pub const TOKEN_ENDPOINT: &[&str] = &[
        "redeem-code",
        "device-token",
        "refresh",
        "saml-refresh",
        "id-jag",
        "jwt-bearer",
        "agent-token",
        "exchange",
        "exchange-2",
        "exchange-3",
        "txn-token",
    ];
    /// Every step that exchanges tokens (RFC 8693).
    pub const EXCHANGE: &[&str] = &[
        "saml-refresh",
        "id-jag",
        "exchange",
        "exchange-2",
        "exchange-3",
        "txn-token",
    ];
    /// Every step that ends with the user's tokens.
    pub const SIGN_IN: &[&str] = &["redeem-code", "device-token", "refresh", super::DECODE];
    /// The exchange for an ID-JAG.
    pub const ID_JAG: &[&str] = &["id-jag"];
    /// The exchange for an ID-JAG, and an ID-JAG looked at alone.
    pub const ID_JAG_TOKEN: &[&str] = &["id-jag", super::DECODE];
    /// The redemption of an ID-JAG.
    pub const JWT_BEARER: &[&str] = &["jwt-bearer"];
    /// Every step that ends with an access token for an API, and one looked at alone.
    pub const ACCESS_TOKEN: &[&str] = &[
        "jwt-bearer",
        "exchange",
        "exchange-2",
        "exchange-3",
        super::DECODE,
    ];
    /// Calls of an API.
    pub const API: &[&str] = &["call-api", "mcp-initialize", "mcp-tools"];
    /// The authorization request and its answer.
    pub const AUTHORIZE: &[&str] = &["authorize"];
    /// Every step at which a token may come.
    pub const ANY_TOKEN: &[&str] = &[
        "assertion",
        "assertion-2",
        "assertion-3",
        "redeem-code",
        "device-token",
        "refresh",
        "saml-refresh",
        "id-jag",
        "jwt-bearer",
        "agent-token",
        "exchange",
        "exchange-2",
        "exchange-3",
        "txn-token",
        super::DECODE,
    ];
}

/// Tells whether that is a step that a flow of today has; the others wait for theirs.
pub fn is_step(id: &str) -> bool {
    let mut steps = FLOWS.iter().flat_map(|flow| flow.steps());
    id == DECODE || steps.any(|step| step.info().id.0 == id)
}
