//! Sizes against the limits that really exist. There is none per manifest.

use crate::deliver::target::{Delivery, Target, UPDATE};
use crate::object::document::documents;
use crate::stage::pack::Manifest;

/// A limit and who sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub what: &'static str,
    /// In bytes.
    pub bytes: u64,
    /// Whether a bundle beyond this limit fails on every way into the cluster, and not only on this one.
    pub hard: bool,
    /// Whether it is of one cloud alone, which not everybody uses.
    pub cloud: bool,
}

const MIB: u64 = 1 << 20;

/// User-data of the clouds, the Talos API in its modes, and what the API can hold.
const CONFIG: &[Limit] = &[
    Limit { what: "EC2 user-data", bytes: 16 << 10, hard: false, cloud: true },
    Limit { what: "Hetzner user-data", bytes: 32 << 10, hard: false, cloud: true },
    Limit { what: "GCE metadata", bytes: 256 << 10, hard: false, cloud: true },
    Limit { what: "maintenance mode", bytes: 4 * MIB, hard: false, cloud: false },
    // A config is encoded twice within one message of 32 MiB.
    Limit { what: "a config that is safe to apply", bytes: 32 * MIB / 3, hard: true, cloud: false },
    Limit { what: "a message of the Talos API", bytes: 32 * MIB, hard: true, cloud: false },
];

const STREAM: &[Limit] = &[Limit { what: "one object in etcd", bytes: MIB + MIB / 2, hard: true, cloud: false }];

/// The limits that matter to a target, smallest first.
pub fn limits(target: Target) -> &'static [Limit] {
    match target {
        Target::Talos | Target::MachineConfig | Target::Omni | Target::Talhelper | Target::Topf => CONFIG,
        Target::Kubectl | Target::Files | Target::Flux => STREAM,
    }
}

/// What the limits of a target are about, in bytes: the largest patch or config, or the largest object of a stream.
pub fn measure(target: Target, delivery: &Delivery, manifests: &[Manifest]) -> u64 {
    let largest = match target {
        Target::Kubectl | Target::Files | Target::Flux => {
            manifests.iter().flat_map(|it| documents(&it.contents)).map(|it| it.text.len()).max()
        }
        _ => delivery
            .files
            .iter()
            .filter(|it| !["all.yaml", "network.yaml"].contains(&it.0.as_str()) && !it.0.starts_with(UPDATE))
            .map(|it| it.1.len())
            .max(),
    };
    largest.unwrap_or_default() as u64
}

/// `412 KiB`, `3.4 MiB`: three digits at most.
pub fn human(bytes: u64) -> String {
    const UNITS: &[&str] = &["B", "KiB", "MiB", "GiB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1000.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && size < 9.95 || unit > 1 && size < 99.5);
    format!("{size:.digits$} {}", UNITS[unit])
}

/// A bar of `width` characters that shows how much of a limit is taken: `####......`, and `#########>` beyond it.
pub fn bar(bytes: u64, limit: u64, width: usize) -> String {
    let limit = limit.max(1);
    if bytes > limit {
        return format!("{}>", "#".repeat(width.saturating_sub(1)));
    }
    let taken = (u128::from(bytes) * width as u128).div_ceil(u128::from(limit)) as usize;
    format!("{}{}", "#".repeat(taken), ".".repeat(width.saturating_sub(taken)))
}

/// One line per limit of the target, for a text of this many bytes.
pub fn report(target: Target, bytes: u64) -> String {
    lines(target, bytes, |_| true)
}

/// The size, and those limits alone that hold whatever way is taken and are half taken.
pub fn near(target: Target, bytes: u64) -> String {
    lines(target, bytes, |limit| limit.hard && bytes >= limit.bytes / 2)
}

fn lines(target: Target, bytes: u64, shown: impl Fn(&Limit) -> bool) -> String {
    const WIDTH: usize = 24;
    let line = |limit: &Limit| {
        let share = bytes as f64 * 100.0 / limit.bytes as f64;
        let bar = bar(bytes, limit.bytes, WIDTH);
        format!("  [{bar}] {share:>4.0}% of {} ({})\n", human(limit.bytes), limit.what)
    };
    let shown: String = limits(target).iter().filter(|it| shown(it)).map(line).collect();
    format!("{target}: {}\n{shown}", human(bytes))
}

/// Reads `4MiB`, `256 KiB`, `16k`, `1000000`; units are powers of 1024.
pub fn parse(text: &str) -> Option<u64> {
    let digits = text.trim().bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.trim().split_at(digits);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => MIB,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit).filter(|it| *it > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        assert_eq!([human(0), human(999), human(80_000), human(1_600_000)], ["0 B", "999 B", "78 KiB", "1.5 MiB"]);
        // Limits of some MiB are told to a tenth.
        assert_eq!([human(32 * MIB / 3), human(32 * MIB), human(120 * MIB)], ["10.7 MiB", "32.0 MiB", "120 MiB"]);
        assert_eq!(
            (parse("4MiB"), parse("256 kb"), parse("10"), parse("4x"), parse("")),
            (Some(4 << 20), Some(256 << 10), Some(10), None, None)
        );
    }

    #[test]
    fn bars_fill_and_overflow() {
        assert_eq!(
            [bar(0, 10, 5), bar(1, 10, 5), bar(10, 10, 5), bar(11, 10, 5)],
            [".....", "#....", "#####", "####>"]
        );
    }

    #[test]
    fn a_safe_config_is_a_third_of_a_message() {
        let safe = limits(Target::Talos).iter().find(|it| it.what.contains("safe")).map(|it| it.bytes);
        assert_eq!(safe, Some(11_184_810));
    }
}
