//! The diagram by keys: there, along it, to a step, and back.

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
    desk.keys("22").sees("step 4 of 7");
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
        .sees("Message 14 of 15: Call the API");
    desk.keys("kkk").sees("message 11 of 15").sees("200 · ");
    desk.keys("<enter>").sees("Exchange the").sees("[Tokens]");
    desk.keys("D")
        .sees("message 10 of 15")
        .sees("5 token-exchange · ID Token");
    desk.keys("G").sees("message 15 of 15");
}
