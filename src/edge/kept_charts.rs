//! Charts that many specs name: each is read once for each core, and shared by the specs that come after.

use std::cell::RefCell;

use crate::base::digest::Digest;
use helm_engine::helm::{Chart, ChartError, HelmVersion};

/// How many charts a core keeps, those that were asked for last.
const KEPT: usize = 16;

thread_local! {
    /// Absent where nobody comes after.
    static CHARTS: RefCell<Option<Vec<(Digest, HelmVersion, Chart)>>> = const { RefCell::new(None) };
}

/// From here on this thread keeps the charts that it reads.
pub fn keep() {
    CHARTS.with_borrow_mut(|it| _ = it.get_or_insert_default());
}

/// The chart in an archive of this digest.
pub fn load(bytes: &[u8], digest: Digest, helm: HelmVersion) -> Result<Chart, ChartError> {
    let known = CHARTS.with_borrow_mut(|kept| {
        let kept = kept.as_mut()?;
        let at = kept.iter().position(|(of, by, _)| (*of, *by) == (digest, helm))?;
        let found = kept.remove(at);
        let chart = found.2.clone();
        kept.push(found);
        Some(chart)
    });
    if let Some(chart) = known {
        return Ok(chart);
    }
    let chart = Chart::load_archive(bytes, helm)?;
    CHARTS.with_borrow_mut(|kept| {
        if let Some(kept) = kept {
            if kept.len() == KEPT {
                kept.remove(0);
            }
            kept.push((digest, helm, chart.clone()));
        }
    });
    Ok(chart)
}
