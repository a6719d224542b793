//! A ledger of payments, and a file of the receipts that were given for them: a receipt is given once its payment
//! is in the ledger.
//!
//! The bug: the payment is written and not synced. The receipt is on the disk, and after a loss of power its
//! payment may not be.

use std::io::Write;

use crate::Failure;
use crate::records::{lines, open};

const LEDGER: &str = "/data/ledger";
const RECEIPTS: &str = "/data/receipts";

/// What was paid, as far as the ledger is whole.
fn paid() -> Result<u32, Failure> {
    let mut paid = 0;
    for line in lines(LEDGER)? {
        if line != format!("payment {}", paid + 1) {
            break;
        }
        paid += 1;
    }
    Ok(paid)
}

/// The last receipt.
fn receipts() -> Result<u32, Failure> {
    let number = |line: &String| line.strip_prefix("receipt ")?.parse().ok();
    Ok(lines(RECEIPTS)?
        .iter()
        .filter_map(number)
        .max()
        .unwrap_or(0))
}

pub fn run(is_fixed: bool, count: u32) -> Result<(), Failure> {
    let (mut ledger, mut receipts_file) = (open(LEDGER)?, open(RECEIPTS)?);
    let (paid, receipts) = (paid()?, receipts()?);
    println!("{paid} payments, {receipts} receipts");
    if receipts > paid {
        return Err(format!("receipt {receipts} is for a payment that the ledger has not").into());
    }
    // What is not whole is written again.
    let whole: u64 = (1..=paid)
        .map(|number| format!("payment {number}\n").len() as u64)
        .sum();
    ledger.set_len(whole)?;
    std::io::Seek::seek(&mut ledger, std::io::SeekFrom::Start(whole))?;
    for number in paid + 1..=count {
        ledger.write_all(format!("payment {number}\n").as_bytes())?;
        if is_fixed {
            ledger.sync_all()?;
        }
        receipts_file.write_all(format!("receipt {number}\n").as_bytes())?;
        receipts_file.sync_all()?;
        println!("receipt {number}");
    }
    Ok(())
}
