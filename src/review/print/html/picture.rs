//! The picture of the bundle: every resource as an area of its size, by part, coloured by what became of it.

use maud::{Markup, html};

use super::{anchor, plain};
use crate::base::number::count;
use crate::deliver::size;
use crate::review::compare::model::{Diff, Item, PartDiff, Status};

/// Smaller shares of the whole are drawn together, in thousandths.
const SMALL: u64 = 2;

/// A rectangle, in units of the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// What is drawn as one rectangle.
struct Tile<'a> {
    name: String,
    id: Option<&'a str>,
    status: Status,
    weight: u64,
    bytes: usize,
}

pub(super) fn picture(diff: &Diff) -> Markup {
    let by_size = diff.parts.iter().all(|it| it.inventory.iter().all(|it| it.size > 0));
    let total: usize = diff.parts.iter().map(|it| it.inventory.len()).sum();
    if total == 0 {
        return html! {};
    }
    let about = format!(
        "{} in {}, {}",
        count(total, "resource"),
        count(diff.parts.len(), "part"),
        if by_size { "each as large as its text" } else { "all drawn alike: their sizes are not at hand" }
    );
    html! {
        section.picture aria-label="The bundle at a glance" {
            h2 { "The bundle " span.what { (about) } }
            ul.legend {
                @for (name, word) in [("added", "added"), ("removed", "removed"), ("changed", "changed"), ("same", "the same")] {
                    li { span class={ "swatch " (name) } {} (word) }
                }
            }
            (drawing(diff, by_size, 1200.0, 300.0, "wide"))
            (drawing(diff, by_size, 400.0, 420.0, "narrow"))
            table.sizes {
                caption.hidden { "Size by part" }
                thead { tr { th scope="col" { "Part" } th scope="col" { "Resources" } th scope="col" { "Size" } } }
                tbody {
                    @for part in &diff.parts {
                        tr {
                            th scope="row" { (plain(&part.name)) }
                            td { (states(part)) }
                            td { @if by_size { (size::human(part.inventory.iter().map(|it| it.size as u64).sum())) } @else { "not at hand" } }
                        }
                    }
                }
            }
        }
    }
}

fn drawing(diff: &Diff, by_size: bool, width: f64, height: f64, class: &str) -> Markup {
    let weight = |it: &Item| if by_size { it.size as u64 } else { 1 };
    let parts: Vec<(&PartDiff, u64)> = diff
        .parts
        .iter()
        .map(|it| (it, it.inventory.iter().map(weight).sum()))
        .filter(|(_, weight)| *weight > 0)
        .collect();
    let whole: u64 = parts.iter().map(|(_, it)| it).sum();
    let mut sorted = parts;
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.name.cmp(&b.0.name)));
    let areas = squarify(&sorted.iter().map(|(_, it)| *it).collect::<Vec<_>>(), Area { x: 0.0, y: 0.0, width, height });
    html! {
        svg class=(class) viewBox={ "0 0 " (width) " " (height) } role="img" aria-label="Resources by part and size" focusable="false" {
            @for ((part, _), area) in sorted.iter().zip(areas) {
                (of_part(part, area, &weight, whole))
            }
        }
    }
}

fn of_part(part: &PartDiff, area: Area, weight: &dyn Fn(&Item) -> u64, whole: u64) -> Markup {
    let titled = area.height > 40.0 && area.width > 60.0;
    let head = if titled { 18.0 } else { 0.0 };
    let inner = Area {
        x: area.x + 2.0,
        y: area.y + head + 2.0,
        width: (area.width - 4.0).max(0.0),
        height: (area.height - head - 4.0).max(0.0),
    };
    let tiles = tiles(part, weight, whole);
    let areas = squarify(&tiles.iter().map(|it| it.weight).collect::<Vec<_>>(), inner);
    html! {
        g {
            @if titled { text.head x=(round(area.x + 4.0)) y=(round(area.y + 14.0)) { (fitting(&plain(&part.name), area.width - 8.0, 7.6)) } }
            @for (tile, area) in tiles.iter().zip(areas) { (draw(part, tile, area)) }
        }
    }
}

fn draw(part: &PartDiff, tile: &Tile<'_>, area: Area) -> Markup {
    let bytes = if tile.bytes > 0 { format!(", {}", size::human(tile.bytes as u64)) } else { String::new() };
    let rect = html! {
        rect class=(class(tile.status)) x=(round(area.x)) y=(round(area.y)) width=(round((area.width - 1.0).max(0.2))) height=(round((area.height - 1.0).max(0.2))) rx="1.5" {
            title { (plain(&tile.name)) ": " (class(tile.status)) (bytes) }
        }
        @if area.width > 46.0 && area.height > 17.0 {
            @let name = match tile.id {
                Some(id) => id.rsplit([' ', '/']).next().unwrap_or(id),
                None => &tile.name,
            };
            text x=(round(area.x + 5.0)) y=(round(area.y + 13.0)) { (fitting(&plain(name), area.width - 9.0, 6.6)) }
            @if area.height > 32.0 && tile.id.is_some() {
                text.kind x=(round(area.x + 5.0)) y=(round(area.y + 26.0)) { (fitting(&plain(super::part::kind(&tile.name)), area.width - 9.0, 6.0)) }
            }
        }
    };
    match tile.id.filter(|_| tile.status != Status::Same) {
        Some(id) => html! { a href={ "#" (anchor(&part.name, id)) } tabindex="-1" { (rect) } },
        None => rect,
    }
}

/// The largest first; those too small to be seen together, by what became of them.
fn tiles<'a>(part: &'a PartDiff, weight: &dyn Fn(&Item) -> u64, whole: u64) -> Vec<Tile<'a>> {
    let mut tiles: Vec<Tile<'a>> = Vec::new();
    let mut small: std::collections::BTreeMap<Status, (usize, u64, usize)> = Default::default();
    for item in &part.inventory {
        let share = weight(item);
        if share * 1000 < whole * SMALL {
            let entry = small.entry(item.status).or_default();
            *entry = (entry.0 + 1, entry.1 + share, entry.2 + item.size);
        } else {
            tiles.push(Tile {
                name: item.id.clone(),
                id: Some(&item.id),
                status: item.status,
                weight: share,
                bytes: item.size,
            });
        }
    }
    for (status, (number, weight, bytes)) in small {
        tiles.push(Tile { name: count(number, "small one"), id: None, status, weight, bytes });
    }
    tiles.sort_by(|a, b| b.weight.cmp(&a.weight).then_with(|| a.name.cmp(&b.name)));
    tiles
}

/// Lays weights, the largest first, into an area so that the rectangles are as near to squares as they can be.
fn squarify(weights: &[u64], area: Area) -> Vec<Area> {
    let total: f64 = weights.iter().map(|it| *it as f64).sum();
    if total <= 0.0 || area.width <= 0.0 || area.height <= 0.0 {
        return vec![Area { width: 0.0, height: 0.0, ..area }; weights.len()];
    }
    let scale = area.width * area.height / total;
    let sizes: Vec<f64> = weights.iter().map(|it| (*it as f64 * scale).max(1e-9)).collect();
    let mut placed = Vec::new();
    let mut rest = area;
    let mut start = 0;
    while start < sizes.len() {
        let side = rest.width.min(rest.height).max(1e-9);
        let mut end = start + 1;
        let mut sum = sizes[start];
        while end < sizes.len()
            && worst(&sizes[start..=end], sum + sizes[end], side) <= worst(&sizes[start..end], sum, side)
        {
            sum += sizes[end];
            end += 1;
        }
        let depth = sum / side;
        let mut at = 0.0;
        for size in &sizes[start..end] {
            let length = size / depth;
            placed.push(if rest.width >= rest.height {
                Area { x: rest.x, y: rest.y + at, width: depth, height: length }
            } else {
                Area { x: rest.x + at, y: rest.y, width: length, height: depth }
            });
            at += length;
        }
        if rest.width >= rest.height {
            rest = Area { x: rest.x + depth, width: (rest.width - depth).max(0.0), ..rest };
        } else {
            rest = Area { y: rest.y + depth, height: (rest.height - depth).max(0.0), ..rest };
        }
        start = end;
    }
    placed
}

/// How far from a square the worst of a row is.
fn worst(row: &[f64], sum: f64, side: f64) -> f64 {
    let (most, least) = row.iter().fold((0.0_f64, f64::MAX), |(most, least), it| (most.max(*it), least.min(*it)));
    (side * side * most / (sum * sum)).max(sum * sum / (side * side * least))
}

/// As much of a text as fits a width, for letters of about this width.
fn fitting(text: &str, width: f64, letter: f64) -> String {
    let room = (width / letter).max(0.0) as usize;
    if text.chars().count() <= room {
        return text.to_owned();
    }
    if room < 4 { String::new() } else { text.chars().take(room - 1).chain(['…']).collect() }
}

fn round(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn class(status: Status) -> &'static str {
    match status {
        Status::Added => "added",
        Status::Removed => "removed",
        Status::Changed | Status::Renamed => "changed",
        Status::TextOnly | Status::Same => "same",
    }
}

fn states(part: &PartDiff) -> String {
    let mut words = Vec::new();
    for (status, word) in [
        (Status::Added, "added"),
        (Status::Removed, "removed"),
        (Status::Changed, "changed"),
        (Status::Same, "the same"),
    ] {
        let number = part.inventory.iter().filter(|it| class(it.status) == class(status)).count();
        if number > 0 {
            words.push(format!("{number} {word}"));
        }
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_fill_the_area_and_do_not_overlap() {
        let whole = Area { x: 0.0, y: 0.0, width: 600.0, height: 400.0 };
        let areas = squarify(&[6, 6, 4, 3, 2, 2, 1], whole);
        let covered: f64 = areas.iter().map(|it| it.width * it.height).sum();
        assert!((covered - 240_000.0).abs() < 1.0, "{covered}");
        for (index, one) in areas.iter().enumerate() {
            for other in &areas[index + 1..] {
                let apart = one.x + one.width <= other.x + 1e-6
                    || other.x + other.width <= one.x + 1e-6
                    || one.y + one.height <= other.y + 1e-6
                    || other.y + other.height <= one.y + 1e-6;
                assert!(apart, "{one:?} {other:?}");
            }
        }
        assert!(squarify(&[], whole).is_empty());
        assert_eq!(squarify(&[0, 0], whole).len(), 2);
    }
}
