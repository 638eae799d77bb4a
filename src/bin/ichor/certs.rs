//! `ichor certs`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use ichor::edge::clock;
use ichor::edge::disk;
use ichor::ops::certs::{Certificates, Row};
use ichor::ops::error::between;
use ichor::ops::{self, Error};
use ichor::stage::lock::Expiry;

/// Lists the certificates of the lock, and when they end
///
/// Each with its issuer, names, validity, days left, step of a rotation, and the resource and key it goes to.
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// The form of what is printed
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let Certificates { rows, expiring } = ops::certs::certs(&args.spec, clock::now())?;
    let text = match args.format {
        Format::Table => table(&rows),
        Format::Json => serde_json::to_string_pretty(&rows).expect("rows are plain data") + "\n",
    };
    disk::print(text.as_bytes())?;
    for row in rows.iter().filter(|it| it.role.is_empty()) {
        if let Some(step) = row.step {
            let (pin, next) = (&row.pin, step + 1);
            say!("note: {pin} has taken step {step} of 3 of its rotation. Before step {next}: {}", between(step));
        }
    }
    warn(&expiring);
    Ok(ExitCode::SUCCESS)
}

/// Warns of certificates that have ended or end soon.
pub fn warn(expiring: &[Expiry]) {
    crate::report::warn(&expiring.iter().map(Expiry::diagnostic).collect::<Vec<_>>());
}

fn table(rows: &[Row]) -> String {
    let heads = ["CERTIFICATE", "ISSUER", "NAMES", "FROM", "UNTIL", "DAYS", "GOES TO"].map(str::to_owned);
    let mut lines = vec![heads.to_vec()];
    for row in rows {
        let role = match (row.role, row.step) {
            ("", None) => String::new(),
            ("", Some(step)) => format!(" (step {step} of 3)"),
            (role, _) => format!(" ({role})"),
        };
        let issuer = if row.issuer == row.subject { "itself" } else { &row.issuer };
        let date = |it: jiff::Timestamp| it.to_string().chars().take(10).collect::<String>();
        let names = if row.names.is_empty() { row.subject.clone() } else { row.names.join(", ") };
        let mut places: Vec<String> = row.places.iter().map(|it| format!("{} {}", it.resource, it.key)).collect();
        places.dedup();
        let mut places = places.into_iter();
        lines.push(vec![
            format!("{}{role}", row.pin),
            issuer.into(),
            names,
            date(row.not_before),
            date(row.not_after),
            row.days_left.to_string(),
            places.next().unwrap_or_else(|| "-".into()),
        ]);
        lines.extend(places.map(|it| [vec![String::new(); 6], vec![it]].concat()));
    }
    let widths: Vec<usize> =
        (0..7).map(|column| lines.iter().map(|it| it[column].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
