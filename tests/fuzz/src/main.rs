//! Runs every target over the kept corpus, and over as many changed copies of it as the first argument says.
//!
//! `cargo run --release -- 1000` in this folder. It needs nothing but stable Rust; the changes are the same in every run.

use std::path::Path;

use ichor_fuzz::TARGETS;

fn main() -> std::io::Result<()> {
    let rounds: u64 = std::env::args().nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
    // Deep inputs are read on a thread with the stack that the program has.
    let work = move || TARGETS.iter().try_for_each(|(name, target)| smoke(name, *target, rounds));
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(work)?;
    thread.join().unwrap_or_else(|_| std::process::exit(1))
}

fn smoke(name: &str, target: fn(&[u8]), rounds: u64) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut seeds = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        seeds.push(std::fs::read(entry?.path())?);
    }
    seeds.sort();
    seeds.iter().for_each(|it| target(it));
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    for _ in 0..rounds {
        let mut bytes = seeds[chance.below(seeds.len())].clone();
        for _ in 0..=chance.below(4) {
            change(&mut bytes, &seeds, &mut chance);
        }
        target(&bytes);
    }
    println!("{name}: {} kept, {rounds} changed", seeds.len());
    Ok(())
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], chance: &mut Chance) {
    let at = chance.below(bytes.len() + 1);
    match chance.below(5) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, chance.next() as u8),
        2 => drop((at < bytes.len()).then(|| bytes.remove(at))),
        3 => bytes.iter_mut().skip(at).take(1).for_each(|it| *it ^= 1 << (chance.next() % 8)),
        _ => {
            let other = &seeds[chance.below(seeds.len())];
            let from = chance.below(other.len() + 1);
            let length = chance.below(32).min(other.len() - from);
            bytes.splice(at..at, other[from..from + length].iter().copied());
        }
    }
}

/// xorshift; good enough to choose places.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}
