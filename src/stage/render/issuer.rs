//! Whether a CA may sign: what it signs outside of its own validity is trusted by nobody.

use jiff::{SignedDuration, Timestamp};

use crate::stage::lock::Certificate;

/// How far the clocks of those who share a lock may lie apart.
const SKEW: SignedDuration = SignedDuration::from_hours(1);

/// A CA that cannot sign now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the CA {} {}: nobody would trust what it signs now", shown(.pin, .subject), when(.validity))]
pub struct UnfitIssuer {
    /// `part/pin`; absent where the chart has it from its values.
    pub pin: Option<String>,
    /// Whose certificate it is: `CN=name`.
    pub subject: String,
    /// What is wrong with its validity.
    pub validity: Validity,
}

/// When a CA that cannot sign now could, or can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It was valid until then.
    Ended(Timestamp),
    /// It is valid from then on.
    Begins(Timestamp),
}

/// Finds what is wrong with the validity of a CA. `now` is when it is to sign; one that was made just now is as its chart
/// wants it, even where that is no validity at all.
pub(super) fn unfit(ca: &Certificate, now: Timestamp) -> Option<Validity> {
    if ca.not_before == now {
        None
    } else if ca.not_after < now {
        Some(Validity::Ended(ca.not_after))
    } else if ca.not_before > now.checked_add(SKEW).unwrap_or(Timestamp::MAX) {
        Some(Validity::Begins(ca.not_before))
    } else {
        None
    }
}

impl UnfitIssuer {
    /// What to do about it.
    pub fn help(&self) -> String {
        match (&self.validity, &self.pin) {
            (Validity::Begins(_), _) => "set the clock of this machine, or wait".into(),
            (Validity::Ended(_), Some(pin)) => format!(
                "`ichor rotate {pin} --step 1` makes its successor, and `ichor rotate {pin} --step 2 -i KEY` has that issue \
                 every certificate anew; apply the bundle after each"
            ),
            (Validity::Ended(_), None) => "give the chart another CA in its values".into(),
        }
    }
}

fn shown(pin: &Option<String>, subject: &str) -> String {
    match pin {
        Some(pin) => format!("`{pin}` ({subject})"),
        None => format!("`{subject}`"),
    }
}

fn when(validity: &Validity) -> String {
    match validity {
        Validity::Ended(it) => format!("ran out on {it}"),
        Validity::Begins(it) => format!("is valid from {it} on only"),
    }
}
