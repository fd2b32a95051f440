//! Shown around: the places of a panel that are worth a look, one key a place, and what a step is about.

use super::desk::Desk;

#[test]
fn each_press_goes_to_the_next_place_and_says_why() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::lab(size);
        desk.keys("R").sees("200 OK");
        // The ID-JAG: its places first, those of the ID Token that it was made from after them.
        desk.keys("KK")
            .sees("Exchange the user’s token for an ID-JAG");
        desk.sees("[Tokens]");
        desk.keys("W")
            .sees("1 of ")
            .sees("mistaken for no other token");
        desk.keys("W")
            .sees("2 of ")
            .sees("The issuer of the resource");
        desk.keys("WWWW").sees("6 of ");
        // Round again.
        let many = "W".repeat(40);
        desk.keys(&many).sees(" of ");
        desk.keys("[[").sees("[cURL]");
        desk.keys("W").sees("nothing here to be shown around");
    }
}

#[test]
fn a_step_is_explained() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::lab(size);
        desk.keys("JJJJa")
            .sees("About this step")
            .sees("Exchange the user’s token for an ID-JAG.")
            .sees("The client sends, the IdP answers.");
        desk.keys("G").sees("By this a second use is noticed");
        desk.keys("<esc>").sees_no("About this step");
    }
}
