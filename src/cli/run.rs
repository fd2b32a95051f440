//! `jagwalk run`: a walk without a screen; progress on standard error, the result on standard output.

use std::{io::IsTerminal as _, sync::Arc, time::Duration};

use tokio::sync::mpsc;

use super::{
    Failed,
    args::{Run, WalkFormat},
    faults, print, secrets, start,
    store::Store,
    world::World,
};
use crate::{
    export,
    flow::{Artifact, Flow, Ink, StepId, flows},
    lab::Switches,
    profile::{FieldPath, FieldValue, Kind, Profile, SecretSource, Subject, fields},
    protocol::{
        exchange::{Login, Request},
        secret::Secret,
        time::Lifetime,
        visible::{json_escaped, visible},
    },
    session::{
        Agreed, Command, Driver, Session, Status, StepState, What,
        headless::{self, End, Incoming},
    },
    transport::{clock, entropy},
    ui::qr,
};

/// Walks a flow and reports.
///
/// # Errors
/// Mistakes in what was given; what servers do is a result, not an error.
pub async fn run(options: Run) -> Result<u8, Failed> {
    let faults = faults::switched_on(&options.lab_fault)?;
    let store = Store::find()?;
    let name = match &options.profile {
        Some(name) => name.as_str(),
        None => start::default_name(&store)?,
    };
    let (_, mut profile, problems) = start::open(&store, name)?;
    if options.profile.is_none() {
        say("No profile is saved, so the built-in lab is walked.");
    }
    for problem in problems {
        say(&format!("profile {}: {problem}", profile.name));
    }
    set(&mut profile, &options.set).await?;
    if options.insecure {
        profile.set(fields::NETWORK_INSECURE, FieldValue::Flag(true));
    }
    if profile.flag(fields::NETWORK_INSECURE) {
        say("TLS certificates are NOT verified in this run.");
    }
    for fault in faults.on() {
        if !profile.flag(fields::LAB) {
            return Err(Failed::usage(format!(
                "--lab-fault {}: the profile {} walks no lab.",
                fault.id, profile.name
            ))
            .hint(Some("Faults go with lab profiles only: --profile lab.")));
        }
        say(&format!("The lab misbehaves: {}.", fault.title));
    }
    let flow = flow_of(&options, &profile, &faults)?;
    flow.fit(&mut profile);
    faults::fit(&mut profile, &faults);
    let lab = start::lab_with(&mut profile, faults).await?;
    let through = through_of(flow, options.through.as_deref())?;
    let world = World::new(&profile, !options.no_browser).map_err(Failed::usage)?;
    let ink = Ink {
        now: clock::now(),
        seed: entropy::seed(),
    };
    let mut session = Session::new(flow, profile, ink);
    session.patience = Lifetime::from_secs(i64::from(options.login_timeout));
    hand_in(&mut session, &options, ink).await?;
    if options.reveal {
        say("Secrets and tokens are shown as they are.");
    }
    needs_a_person(&session, through)?;
    let end = drive(&mut session, world, through, &options).await;
    drop(lab);
    if let Some(path) = &options.trace {
        start::write_private(path, &export::trace::write(&session))?;
        say(&format!("The walk is stored in {}.", path.display()));
    }
    print(&match options.format {
        WalkFormat::Text => export::text::text(&session, through, end, options.reveal),
        WalkFormat::Json => {
            let report = export::report::report(&session, through, end, options.reveal);
            let text = serde_json::to_string_pretty(&report).unwrap_or_default();
            json_escaped(&text).into_owned()
        }
        WalkFormat::Markdown => export::markdown(&session, through, end, options.reveal),
        WalkFormat::Mermaid => export::mermaid(&session, options.reveal),
    });
    // What is only found in a draft was not sent.
    let sent = |state: &&StepState| !state.attempts.is_empty() || !state.given.is_empty();
    let mut findings = session
        .walk
        .steps
        .iter()
        .filter(sent)
        .flat_map(StepState::findings);
    let found = findings.any(|finding| options.fail_on.counts(finding.severity));
    Ok(if end == End::Done && found {
        1
    } else {
        end.code()
    })
}

async fn drive(session: &mut Session, world: World, through: StepId, options: &Run) -> End {
    let (events, mut from_driver) = mpsc::unbounded_channel();
    let (to_walk, mut incoming) = mpsc::unbounded_channel();
    let mut driver = Driver::new(Arc::new(world), events);
    let forward = to_walk.clone();
    let pump = tokio::spawn(async move {
        while let Some(event) = from_driver.recv().await {
            if forward.send(Incoming::Event(event)).is_err() {
                break;
            }
        }
    });
    let interrupt = to_walk.clone();
    let signals = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            let _ = interrupt.send(Incoming::Interrupt);
        }
    });
    let mut told = Told {
        lines: Some(to_walk),
        ..Told::default()
    };
    let end = headless::walk(
        session,
        &mut driver,
        &mut incoming,
        through,
        |session| told.watch(session, through),
        |question| match question.agrees {
            Agreed::Production => options.yes_prod,
            Agreed::Suspect(_) => false,
        },
    )
    .await;
    if end == End::Blocked
        && session.question.is_none()
        && session.profile.text(fields::ENVIRONMENT) == Some("prod")
        && !options.yes_prod
    {
        say("The profile is marked as production; --yes-prod agrees to send to it.");
    }
    told.still(None);
    pump.abort();
    signals.abort();
    end
}

/// What was told on standard error so far.
#[derive(Default)]
struct Told {
    steps: Vec<StepId>,
    asked: Option<crate::session::SendId>,
    notice: Option<String>,
    code: Option<Vec<String>>,
    lines: Option<mpsc::UnboundedSender<Incoming>>,
    /// Says now and then how long the sign-in is still waited for.
    still: Option<tokio::task::JoinHandle<()>>,
}

impl Told {
    fn watch(&mut self, session: &Session, through: StepId) {
        for line in export::text::progress(session, through, &mut self.steps) {
            say(&line);
        }
        if let Some((_, going)) = session.waiting()
            && let What::Sending(_, Request::Browser(asked)) = &going.what
            && asked.login != Login::Follow
            && self.asked != Some(going.send)
        {
            self.asked = Some(going.send);
            for line in export::text::invitation(session, asked) {
                say_raw(&line);
            }
            self.read_lines();
            self.still(Some(asked.patience));
        }
        let over = session
            .waiting()
            .is_none_or(|(_, going)| Some(going.send) != self.asked);
        if over && self.asked.is_some() {
            self.still(None);
        }
        if let Some((lines, address)) = export::text::code_to_enter(session)
            && self.code.as_ref() != Some(&lines)
        {
            for line in &lines {
                say_raw(line);
            }
            for line in qr::half_blocks(&address).unwrap_or_default() {
                say_raw(&line);
            }
            self.code = Some(lines);
        }
        let notice = session
            .notice
            .as_ref()
            .map(|notice| session.vault.mask(&notice.says));
        if notice != self.notice {
            if let Some(says) = &notice {
                say(says);
            }
            self.notice = notice;
        }
    }

    /// Begins, or ends, to say how much time is left.
    fn still(&mut self, patience: Option<Lifetime>) {
        if let Some(task) = self.still.take() {
            task.abort();
        }
        self.still = patience.map(|patience| {
            tokio::spawn(async move {
                let begun = tokio::time::Instant::now();
                for (after, left) in reminders(patience) {
                    tokio::time::sleep_until(begun + after).await;
                    say(&format!("Still waiting for the sign-in: {left} left."));
                }
            })
        });
    }

    /// Reads pasted lines in the background; the threads end with the program.
    fn read_lines(&mut self) {
        let Some(lines) = self.lines.take() else {
            return;
        };
        let (read, typed) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            while std::io::stdin()
                .read_line(&mut line)
                .is_ok_and(|count| count > 0)
            {
                if read.send(std::mem::take(&mut line)).is_err() {
                    break;
                }
            }
        });
        // What is pasted over several lines arrives as several, one right after the other.
        std::thread::spawn(move || {
            while let Ok(first) = typed.recv() {
                let mut together = vec![first];
                while let Ok(next) = typed.recv_timeout(BURST) {
                    together.push(next);
                }
                for paste in pastes(&together) {
                    if lines.send(Incoming::Line(paste)).is_err() {
                        return;
                    }
                }
            }
        });
    }
}

/// Lines that arrive closer than this are one paste.
const BURST: Duration = Duration::from_millis(80);

/// Joins lines that arrived together into pastes: an address wrapped over lines is one, two addresses are two.
fn pastes(lines: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for line in lines.iter().map(|line| line.trim()) {
        let begins = line.starts_with("http://") || line.starts_with("https://");
        match out.last_mut() {
            Some(last) if open && !begins && !line.is_empty() => last.push_str(line),
            _ if line.is_empty() => {}
            _ => out.push(line.to_owned()),
        }
        open = !line.is_empty();
    }
    out
}

/// Returns when to say how much time is left: every full minute, then half a minute and ten seconds before the end.
fn reminders(patience: Lifetime) -> Vec<(Duration, Lifetime)> {
    let whole = u64::try_from(patience.0 / 1000).unwrap_or_default();
    let minutes = (1..=whole / 60).rev().map(|minute| minute * 60);
    minutes
        .chain([30, 10])
        .filter(|left| *left < whole)
        .map(|left| {
            (
                Duration::from_secs(whole - left),
                Lifetime::from_secs(i64::try_from(left).unwrap_or_default()),
            )
        })
        .collect()
}

pub(super) async fn set(profile: &mut Profile, settings: &[String]) -> Result<(), Failed> {
    for setting in settings {
        let Some((path, value)) = setting.split_once('=') else {
            let path = setting.split_whitespace().next().unwrap_or_default();
            return Err(Failed::usage(format!("--set {path}: expected PATH=VALUE.")));
        };
        match FieldPath::find(path) {
            Some(field) if matches!(field.field().kind, Kind::Secret) && !value.is_empty() => {
                let secret = secrets::from_source(path, value)
                    .await
                    .map_err(|says| Failed::usage(format!("--set {says}")))?;
                profile.set(field, FieldValue::Secret(SecretSource::Inline(secret)));
            }
            _ => profile.edit_at(path, value).map_err(|says| {
                // Most of what is said of a value names its field.
                let lead = if says.contains(path) {
                    String::new()
                } else {
                    format!("{path}: ")
                };
                Failed::usage(format!("--set {lead}{says}"))
            })?,
        }
    }
    Ok(())
}

/// The flow that was asked for, else the one that shows the faults, else the profile's.
fn flow_of(options: &Run, profile: &Profile, faults: &Switches) -> Result<&'static Flow, Failed> {
    let id = options
        .flow
        .as_deref()
        .or_else(|| faults::flow(faults))
        .or_else(|| profile.text(fields::FLOW))
        .unwrap_or("xaa");
    flows::find(id).ok_or_else(|| {
        let known: Vec<&str> = flows::FLOWS.iter().map(|flow| flow.id.0).collect();
        Failed::usage(format!(
            "There is no flow {id:?}; there is: {}.",
            known.join(", ")
        ))
    })
}

fn through_of(flow: &Flow, through: Option<&str>) -> Result<StepId, Failed> {
    let ids: Vec<StepId> = flow.steps().map(|step| step.info().id).collect();
    match through {
        None => Ok(*ids.last().expect("a flow has steps")),
        Some(name) => ids.iter().copied().find(|id| id.0 == name).ok_or_else(|| {
            let known: Vec<&str> = ids.iter().map(|id| id.0).collect();
            Failed::usage(format!(
                "The flow {} has no step {name:?}; its steps are: {}.",
                flow.id.0,
                known.join(", ")
            ))
        }),
    }
}

async fn hand_in(session: &mut Session, options: &Run, ink: Ink) -> Result<(), Failed> {
    let subject = match session.profile.subject() {
        Subject::IdToken => Artifact::IdToken,
        Subject::AccessToken => Artifact::SsoAccessToken,
        Subject::RefreshToken => Artifact::RefreshToken,
        Subject::Saml | Subject::SamlRefresh => Artifact::SamlAssertion,
    };
    let mut given: Vec<(Artifact, &str)> = Vec::new();
    for token in &options.token {
        let known = || {
            Artifact::GIVEABLE
                .iter()
                .map(|artifact| artifact.id())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let Some((name, source)) = token.split_once('=') else {
            return Err(Failed::usage(format!(
                "--token: expected NAME=SRC with NAME one of {}.",
                known()
            )));
        };
        let artifact = Artifact::find(name).ok_or_else(|| {
            Failed::usage(format!("--token {name}: expected one of {}.", known()))
        })?;
        given.push((artifact, source));
    }
    given.extend(
        options
            .subject_token
            .as_deref()
            .map(|source| (subject, source)),
    );
    for (artifact, source) in given {
        let secret: Secret = secrets::from_source(artifact.id(), source)
            .await
            .map_err(|says| Failed::usage(format!("--token {says}")))?;
        session.command(Command::UseExisting(artifact, secret), ink);
        if let Some(notice) = &session.notice {
            if notice.bad {
                return Err(Failed::usage(format!(
                    "--token {}: {}",
                    artifact.id(),
                    session.vault.mask(&notice.says)
                )));
            }
            say(&session.vault.mask(&notice.says));
        }
    }
    Ok(())
}

/// A sign-in by a person needs a terminal to show the address on; without one the run ends at once.
fn needs_a_person(session: &Session, through: StepId) -> Result<(), Failed> {
    let login = session.profile.text(fields::SSO_LOGIN);
    let authorize = StepId(if login == Some("device") {
        "device-token"
    } else {
        "authorize"
    });
    let ids: Vec<StepId> = session.flow.steps().map(|step| step.info().id).collect();
    let place = |id: StepId| ids.iter().position(|other| *other == id);
    let needed = place(authorize).is_some_and(|at| Some(at) <= place(through))
        && !matches!(session.status(authorize), Status::Skipped(_))
        && login != Some("follow");
    if !needed || std::io::stdin().is_terminal() || std::io::stderr().is_terminal() {
        return Ok(());
    }
    Err(Failed::usage("The sign-in needs a person, and there is no terminal.").hint(Some(
        "Hand in a token: --subject-token env:NAME (or --token id-token=file:PATH); or set sso.login = \"follow\" for a \
         test server whose login needs no person.",
    )))
}

fn say(line: &str) {
    say_raw(&visible(line));
}

fn say_raw(line: &str) {
    super::tell(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(lines: &[&str]) -> Vec<String> {
        pastes(
            &lines
                .iter()
                .map(|line| (*line).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn a_wrapped_address_is_one_paste_and_two_are_two() {
        assert_eq!(
            joined(&["http://127.0.0.1/cb?co\n", "  de=1&state=2 \n"]),
            ["http://127.0.0.1/cb?code=1&state=2"]
        );
        assert_eq!(
            joined(&["http://a/?code=1\n", "http://a/?code=2\n", "\n", "abc\n"]),
            ["http://a/?code=1", "http://a/?code=2", "abc"]
        );
    }

    #[test]
    fn the_time_left_is_said_now_and_then() {
        let left = |secs| -> Vec<i64> {
            let all = reminders(Lifetime::from_secs(secs));
            all.iter().map(|(_, left)| left.0 / 1000).collect()
        };
        assert_eq!(left(180), [120, 60, 30, 10]);
        assert_eq!(left(20), [10]);
        assert!(left(5).is_empty());
    }
}
