//! The speed of the engine beside others', in one table: `cargo bench -p sm-engine`, or with part of an operation's
//! name after `--` for some rows.
//!
//! Everything is measured in the same run: all contestants of a row take turns in slices of some milliseconds, so that
//! a busy machine slows all of them; a slice is measured in CPU time of the thread, and the median slice counts. What is compared
//! are ratios; the rates are this machine's. Keys are prepared objects, messages are short where nothing else is said.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod contest;
mod openssl;
mod reference;
mod rows;

fn main() {
    // Cargo passes `--bench`.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let rows = rows::all();
    let chosen = rows.iter().filter(|row| {
        wanted.is_empty() || wanted.iter().any(|part| row.name.contains(part.as_str()))
    });

    let cpu = cpu_name();
    println!(
        "{cpu}; beside the portable path: {}",
        sm_engine::instructions_used().join(", ")
    );
    println!(
        "{:44} {:>12} {:>14} {:>6} {:>7} {:>9}  {:28} {:>12}",
        "operation", "rate", "cycles", "reach", "ratio", "reached", "beside", "its rate"
    );
    let cycles_per_second = contest::cycles_per_second();
    for row in chosen {
        println!("{}", row.measure(cycles_per_second));
    }
    println!(
        "Cycles: at {:.2} GHz, as a chain of additions on this core ran; of a byte for SM3 and SM4, of an operation otherwise.",
        cycles_per_second / 1e9
    );
    openssl::report();
}

/// As the kernel says.
fn cpu_name() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    let model = fields.find(|(name, _)| name.trim() == "model name");
    model.map_or_else(
        || "unknown CPU".into(),
        |(_, model)| model.trim().to_owned(),
    )
}
