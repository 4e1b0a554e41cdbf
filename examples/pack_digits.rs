//! Packs the comma-separated digits into the bytes of `data/digits.bin`:
//! `gzip -dc digits.csv.gz | cargo run --example pack_digits > data/digits.bin`.
use std::error::Error;
use std::io::{self, Read, Write};

use kafka_playground::ml::data::digits::Digit;

fn main() -> Result<(), Box<dyn Error>> {
    let mut csv = String::new();
    io::stdin().read_to_string(&mut csv)?;
    for (row, line) in (0..).zip(csv.lines()) {
        let digit = pack(row, line).map_err(|error| format!("row {row}: {error}"))?;
        io::stdout().write_all(&digit.value())?;
    }
    Ok(())
}

/// Reads one line: the pixels, then the label.
fn pack(row: u32, line: &str) -> Result<Digit, Box<dyn Error>> {
    let cells: Vec<u8> = line.split(',').map(str::parse).collect::<Result<_, _>>()?;
    Ok(Digit::parse(row, &cells)?)
}
