//! Every rule on its own two fixtures: one where it fires, one where it passes; and what it says, as a snapshot.
//!
//! `rules/CODE/fires.json` and `passes.json` change a healthy walk (`rules/healthy.json`, or the file that `base` names):
//! `step` is the step looked at, `sent` (default true) tells whether its answer is there, `set` and `remove` change the
//! base by JSON pointers, `again` names steps that were sent once before with the same content. `more.json`, where there
//! is one, is a list of such fixtures.

mod choices;
mod healthy_lab;
mod ledger;
mod scene;

use std::{collections::BTreeSet, fs, path::Path};

use jagwalk::lint::{self, Check, Severity};
use scene::Scene;

#[test]
fn every_rule_has_its_fixtures_and_every_fixture_its_rule() {
    let codes: BTreeSet<String> = lint::rules::all()
        .map(|rule| rule.code.to_owned())
        .collect();
    assert_eq!(
        codes.len(),
        lint::rules::all().count(),
        "a code stands twice"
    );
    let folders: BTreeSet<String> = fs::read_dir(scene::folder())
        .expect("the folder of fixtures")
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(codes, folders);
    for code in &codes {
        for name in ["fires.json", "passes.json"] {
            assert!(
                scene::folder().join(code).join(name).is_file(),
                "{code}/{name}"
            );
        }
    }
}

#[test]
fn every_rule_passes_where_all_is_well() {
    for rule in lint::rules::all() {
        let scene = Scene::of(rule.code, "passes");
        let check = scene.look(|subject| lint::judge(rule, subject));
        assert_eq!(check, Check::Pass, "{}", rule.code);
    }
}

#[test]
fn every_rule_fires_and_says_so() {
    for rule in lint::rules::all() {
        let scene = Scene::of(rule.code, "fires");
        let check = scene.look(|subject| lint::judge(rule, subject));
        let Check::Found(findings) = check else {
            panic!("{} did not fire: {check:?}", rule.code);
        };
        assert!(!findings.is_empty(), "{}", rule.code);
        for finding in &findings {
            assert_eq!(finding.code.0, rule.code);
            assert!(
                finding.says.ends_with('.'),
                "{}: {}",
                rule.code,
                finding.says
            );
            assert!(finding.fix.ends_with('.'), "{}: {}", rule.code, finding.fix);
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(scene::folder().join(rule.code));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let told = serde_json::to_string_pretty(&findings).expect("JSON");
        settings.bind(|| insta::assert_snapshot!("finding", told));
    }
}

/// What a rule says where its text leaves a choice, and where there is nothing to look at: `more.json`, a list of fixtures
/// that each say in `is` what the rule must say of it (`pass`, `not-applicable`, `not-yet`, or the worst severity).
#[test]
fn every_further_fixture_is_judged_as_it_says() {
    let mut wrong = Vec::new();
    for rule in lint::rules::all() {
        for (says, scene) in Scene::more(rule.code) {
            let said = match scene.look(|subject| lint::judge(rule, subject)) {
                Check::Pass => "pass",
                Check::NotApplicable => "not-applicable",
                Check::NotYet(_) => "not-yet",
                Check::Found(findings) => {
                    let worst = findings.iter().map(|finding| finding.severity).max();
                    worst.expect("a finding").id()
                }
            };
            if said != says {
                wrong.push(format!(
                    "{}: expected {says}, received {said}",
                    scene.name()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The base itself is a walk in which no rule finds anything, before sending and after.
#[test]
fn a_healthy_walk_trips_nothing() {
    for base in scene::bases() {
        for step in base.steps() {
            for sent in [false, true] {
                let scene = base.clone().at(&step, sent);
                let findings = scene.look(lint::findings);
                let loud: Vec<_> = findings
                    .iter()
                    .filter(|finding| finding.severity > Severity::Note)
                    .collect();
                assert!(
                    loud.is_empty(),
                    "{} {step} sent={sent}: {loud:#?}",
                    base.name()
                );
            }
        }
    }
}

/// What a rule is told by: each text is there and reads like a sentence.
#[test]
fn every_rule_explains_itself() {
    for rule in lint::rules::all() {
        let code = rule.code;
        for (what, text) in [
            ("title", rule.title),
            ("why", rule.why),
            ("cause", rule.cause),
            ("fix", rule.fix),
        ] {
            assert!(
                text.len() > 15 && text.ends_with('.'),
                "{code}: {what}: {text}"
            );
        }
        assert!(rule.spec.contains('§'), "{code}: spec: {}", rule.spec);
        assert!(!rule.steps.is_empty() && !rule.flows.is_empty(), "{code}");
        let known = |flow: &&&str| lint::ALL_FLOWS.contains(*flow);
        assert_eq!(
            rule.flows.iter().filter(known).count(),
            rule.flows.len(),
            "{code}"
        );
        if rule.is_walked() {
            assert!(
                rule.steps.iter().any(|step| lint::is_step(step)),
                "{code}: none of its steps is there"
            );
        }
        let file = code.to_ascii_lowercase().replace('-', "_");
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lint/rules");
        let found = fs::read_dir(place)
            .expect("the rules")
            .filter_map(Result::ok)
            .any(|group| group.path().join(format!("{file}.rs")).is_file());
        assert!(found, "{code} stands in no file {file}.rs");
    }
}

/// Further cases of a rule: `fires-WHY.json`, `passes-WHY.json`, and `silent-WHY.json` where it must not judge. What each
/// firing one says stands in `finding-WHY.snap`, a line per finding.
#[test]
fn further_cases_hold() {
    for rule in lint::rules::all() {
        let mut names: Vec<String> = fs::read_dir(scene::folder().join(rule.code))
            .expect("the rule's folder")
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                name.strip_suffix(".json").map(str::to_owned)
            })
            .filter(|name| name.contains('-'))
            .collect();
        names.sort();
        for name in names {
            let check = Scene::of(rule.code, &name).look(|subject| lint::judge(rule, subject));
            let what = format!("{} {name}: {check:?}", rule.code);
            match (name.split_once('-').expect("a case's name"), check) {
                (("fires", why), Check::Found(findings)) => {
                    let told: Vec<String> = findings
                        .iter()
                        .map(|finding| {
                            format!(
                                "{} {} {}: {}",
                                finding.severity.id(),
                                finding.owner.id(),
                                finding.at,
                                finding.says
                            )
                        })
                        .collect();
                    let mut settings = insta::Settings::clone_current();
                    settings.set_snapshot_path(scene::folder().join(rule.code));
                    settings.set_prepend_module_to_snapshot(false);
                    settings.set_omit_expression(true);
                    settings.bind(|| {
                        insta::assert_snapshot!(format!("finding-{why}"), told.join("\n"));
                    });
                }
                (("passes", _), Check::Pass)
                | (("silent", _), Check::NotApplicable | Check::NotYet(_)) => {}
                _ => panic!("{what}"),
            }
        }
    }
}
