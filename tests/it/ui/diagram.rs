//! The diagram by keys: there, along it, to a step, and back.

use jagwalk::{
    flow::Ink,
    ui::{
        hits::Hits,
        update::{Msg, update},
    },
};

use super::desk::Desk;

#[test]
fn the_key_leads_to_this_steps_arrow_and_back() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("D")
        .sees("Nothing was sent yet")
        .sees("[Diagram]")
        .sees("step 1, not sent");
    desk.keys("D").sees("[Request]");
    desk.keys("R").sees("done in");
    // From a panel that was chosen the way back is to that panel.
    desk.keys("4").sees("step 4 of 7");
    desk.keys("l").sees("[Log]");
    desk.keys("D").sees("message 8 of 15");
    desk.keys("j")
        .sees("message 9 of 15")
        .sees("It brings ID Token");
    desk.keys("D").sees("[Log]");
}

#[test]
fn stepping_tells_each_message_and_enter_opens_its_step() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("RD")
        .sees("message 14 of 15")
        .sees("Call the API with the access token. GET");
    desk.keys("kkk").sees("message 11 of 15").sees("200 · ");
    desk.keys("<enter>").sees("Exchange the").sees("[Tokens]");
    desk.keys("D")
        .sees("message 10 of 15")
        .sees("5 token-exchange · ID Token");
    desk.keys("G").sees("message 15 of 15");
}

/// Lets time pass until the screen wants to be drawn again.
fn wake(desk: &mut Desk<impl jagwalk::session::Transport>) {
    let model = &mut desk.engine.model;
    let now = model.wakes_at().expect("it plays");
    let ink = Ink { now, seed: [0; 32] };
    assert!(update(model, Msg::Tick, &Hits::default(), ink).is_empty());
}

#[test]
fn playing_goes_message_by_message_to_the_end_and_any_key_stops_it() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("D<space>").sees("nothing to play");
    assert!(desk.engine.model.screen.play.is_none());
    desk.keys("Rg1D")
        .keys("<space>")
        .sees("Playing")
        .sees("message 1 of 15");
    wake(&mut desk);
    desk.sees("message 2 of 15");
    // A tick that comes early changes nothing.
    let now = desk.engine.model.now;
    update(
        &mut desk.engine.model,
        Msg::Tick,
        &Hits::default(),
        Ink { now, seed: [0; 32] },
    );
    desk.sees("message 2 of 15");
    desk.keys("+").sees("every 1 s");
    assert!(desk.engine.model.screen.play.is_some());
    desk.keys("k");
    assert!(desk.engine.model.screen.play.is_none());
    desk.keys("<space>");
    while desk.engine.model.screen.play.is_some() {
        wake(&mut desk);
    }
    desk.sees("message 15 of 15")
        .sees("That was the last message.");
    // Where it ended it begins again, and what is looked at instead ends it.
    desk.keys("<space>").sees("message 1 of 15");
    desk.engine.model.place_mut().chosen = Some("log");
    wake(&mut desk);
    assert!(desk.engine.model.screen.play.is_none());
}
