//! The lab over https: its own authority is trusted where the profile names it, and nowhere else.

use jagwalk::{
    cli::lab::serve_until,
    cli::start::lab_options,
    profile::load,
    session::{Outcome, headless::End},
};

use crate::{walks, world::World};

/// Serves the lab over https into a folder, and gives its printed profile to the test.
async fn with_lab(test: impl AsyncFnOnce(String)) {
    let world = World::new();
    let folder = world.root().join("lab");
    let (printed, profile) = tokio::sync::oneshot::channel();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let lab = tokio::spawn(async move {
        let mut out = Printed(Vec::new(), Some(printed));
        let until = async { drop(ended.await) };
        serve_until(
            Some(folder),
            lab_options(None, true).expect("certificates"),
            &mut out,
            until,
        )
        .await
    });
    test(profile.await.expect("the lab prints its profile")).await;
    drop(end);
    lab.await.expect("no panic").expect("the lab ran");
}

/// Takes what is printed and hands it on once it is flushed.
struct Printed(Vec<u8>, Option<tokio::sync::oneshot::Sender<String>>);

impl std::io::Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if let Some(to) = self.1.take() {
            let _ = to.send(String::from_utf8_lossy(&self.0).into_owned());
        }
        Ok(())
    }
}

async fn walk(text: &str) -> (jagwalk::session::Session, End) {
    let (profile, problems) = load::load("lab", text);
    assert!(
        problems.iter().all(|problem| !problem.fatal),
        "{problems:?}"
    );
    let world =
        jagwalk::cli::world::World::new(&profile, false).expect("the network settings are fine");
    let mut session = walks::session(profile);
    let end = walks::drive(&mut session, world).await;
    (session, end)
}

#[tokio::test]
async fn the_lab_is_walked_over_https() {
    with_lab(async |text| {
        let (session, end) = walk(&text).await;
        assert!(end == End::Done, "{}", walks::story(&session));
        let addresses = session
            .walk
            .steps
            .iter()
            .filter_map(|step| step.last()?.main());
        for exchange in addresses {
            let url = &exchange.request.http().url;
            assert!(url.starts_with("https://127.0.0.1:"), "{url}");
        }

        let untrusted = text.replace("ca_file = ", "# ca_file = ");
        let (session, end) = walk(&untrusted).await;
        assert!(
            end == End::Unreachable,
            "{end:?} {}",
            walks::story(&session)
        );
        match session.walk.steps[0].outcome() {
            Some(Outcome::Unreachable(failure)) => {
                assert!(failure.to_string().starts_with("TLS failed"), "{failure}");
            }
            other => panic!("{other:?}"),
        }

        let (session, end) = walk(&format!("{untrusted}insecure = true\n")).await;
        assert!(end == End::Done, "{}", walks::story(&session));
    })
    .await;
}
