//! Showing secrets one by one, and masking everything while others look at the screen.

use super::Model;
use crate::{
    protocol::time::Lifetime,
    ui::masking::{Masking, SHOWN_FOR},
};

/// Shows the secrets of the row under the cursor for a time; if they are shown, hides them.
pub fn reveal(model: &mut Model) {
    let secrets = model.secrets_under();
    let masking = &mut model.screen.masking;
    let many = secrets.len() > 1;
    if secrets
        .iter()
        .all(|secret| masking.shown().contains_key(secret))
    {
        masking.hide(&secrets);
        model.say(if many {
            "Hidden again, all of this row."
        } else {
            "Hidden again."
        });
        return;
    }
    masking.show(&secrets, model.now);
    let what = if many {
        format!("{} secrets are", secrets.len())
    } else {
        "This secret is".to_owned()
    };
    model.say(format!(
        "{what} shown for {}, wherever the screen has it; {{reveal}} hides it at once.",
        Lifetime(SHOWN_FOR)
    ));
}

/// Masks everything and shows nothing on demand, or ends that.
pub fn mask_all(model: &mut Model) {
    if model.screen.masking.is_shared() {
        model.screen.masking = Masking::default();
        model.say("No longer masked for sharing: names are shown again, secrets are not.");
    } else {
        model.screen.masking = Masking::Shared;
        model.say(
            "Masked for sharing: secrets, and who it is about. {reveal} shows nothing until {mask-all} ends it; copying \
             takes real values.",
        );
    }
}
