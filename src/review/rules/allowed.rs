//! What the spec allows of what the rules find.

use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::stage::spec::Spec;

/// What was found, parted by what the spec allows.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    pub diagnostics: Vec<Diagnostic>,
    /// Each with the reason that the spec gives.
    pub allowed: Vec<(Diagnostic, String)>,
}

/// Parts what was found. `whole` says that all rules could look, so that what is allowed and not found is told.
pub fn judge(spec: &Spec, found: Vec<Diagnostic>, whole: bool) -> Judged {
    let mut judged = Judged::default();
    for diagnostic in found {
        match spec.allow.iter().find(|it| it.code == diagnostic.code) {
            Some(allowed) => judged.allowed.push((diagnostic, allowed.reason.clone())),
            None => judged.diagnostics.push(diagnostic),
        }
    }
    let idle = spec.allow.iter().filter(|it| whole && judged.allowed.iter().all(|(found, _)| found.code != it.code));
    let idle = idle.map(|it| {
        let message = format!("`allow` names {}, which `check` does not find", it.code);
        Diagnostic::new(Code::S014, message).at(it.place.clone()).help("take the entry out, or correct its code")
    });
    judged.diagnostics.extend(idle);
    judged
}
