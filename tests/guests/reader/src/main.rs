//! An ordinary program: reads lines from standard input until it ends, with the standard library.

use std::io::{self, BufRead};

fn main() -> io::Result<()> {
    let mut count = 0;
    for line in io::stdin().lock().lines() {
        count += 1;
        println!("read {:?}", line?);
    }
    println!("end of input after {count} lines");
    Ok(())
}
