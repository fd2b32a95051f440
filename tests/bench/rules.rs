//! What the rules cost over a whole walk: before each step is sent, and after it was answered. The aim is under 5 ms.

#![allow(
    missing_docs,
    reason = "the macros of criterion make functions without"
)]

#[path = "../it/rules/scene.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod scene;

use criterion::{Criterion, criterion_group, criterion_main};
use jagwalk::lint;

fn whole_walk(criterion: &mut Criterion) {
    let walk = scene::bases()
        .into_iter()
        .find(|base| base.name() == "healthy")
        .expect("the healthy walk");
    let scenes: Vec<_> = walk
        .steps()
        .iter()
        .flat_map(|step| [false, true].map(|sent| walk.clone().at(step, sent)))
        .collect();
    let held: Vec<_> = scenes.iter().map(scene::Scene::held).collect();
    criterion.bench_function("rules over a whole walk", |bencher| {
        bencher.iter(|| {
            for held in &held {
                held.look(lint::findings);
            }
        });
    });
}

criterion_group!(benches, whole_walk);
criterion_main!(benches);
