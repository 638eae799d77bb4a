//! What a schema asks of texts and numbers.

use super::check::{Run, steps};
use super::fault::{FaultKind, SchemaFault};
use super::json::Json;
use super::meta::Draft;
use super::number;

impl Run<'_, '_, '_> {
    pub(super) fn string(&mut self, text: &str) {
        if self.checker.is_sealed(text) {
            return;
        }
        let length = text.chars().count();
        if let Some(want) = self.get("minLength").and_then(Json::as_count).filter(|it| length < *it) {
            self.push(FaultKind::MinLength(length, want));
        }
        if let Some(want) = self.get("maxLength").and_then(Json::as_count).filter(|it| length > *it) {
            self.push(FaultKind::MaxLength(length, want));
        }
        if let Some(pattern) = &self.schema.pattern
            && !pattern.is_match(text.as_bytes())
        {
            let want = self.get("pattern").and_then(Json::as_str).unwrap_or_default().to_owned();
            self.push(FaultKind::Pattern { got: text.to_owned(), want });
        }
    }

    pub(super) fn number(&mut self, text: &str) {
        let got = number::value(text);
        let bound = |keyword: &str| match self.get(keyword) {
            Some(Json::Number(text)) => Some(number::value(text)),
            _ => None,
        };
        // In draft 4, being exclusive is a property of the bound.
        let flag = |keyword: &str| self.get(keyword).and_then(Json::as_bool) == Some(true);
        let (mut least, mut most) = (bound("minimum"), bound("maximum"));
        let (mut above, mut below) = (bound("exclusiveMinimum"), bound("exclusiveMaximum"));
        if self.schema.draft == Draft::Four {
            (above, below) = (None, None);
            if flag("exclusiveMinimum") {
                above = least.take();
            }
            if flag("exclusiveMaximum") {
                below = most.take();
            }
        }
        let mut judge = |name: &'static str, want: Option<f64>, fits: fn(f64, f64) -> bool| {
            if let Some(want) = want.filter(|it| !fits(got, *it)) {
                self.faults.push(SchemaFault {
                    at: steps(self.path),
                    kind: FaultKind::Bound { name, got, want },
                    causes: Vec::new(),
                });
            }
        };
        judge("minimum", least, |a, b| a >= b);
        judge("maximum", most, |a, b| a <= b);
        judge("exclusiveMinimum", above, |a, b| a > b);
        judge("exclusiveMaximum", below, |a, b| a < b);
        if let Some(Json::Number(want)) = self.get("multipleOf")
            && !number::is_multiple(text, want)
        {
            self.push(FaultKind::Bound { name: "multipleOf", got, want: number::value(want) });
        }
    }
}
