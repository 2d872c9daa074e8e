//! What `openssl speed` says on the same machine, where it is installed: not interleaved, so a rough comparison.

use std::process::Command;

/// Prints signatures and verifications a second, or nothing.
pub(crate) fn report() {
    let run = Command::new("openssl")
        .args(["speed", "-seconds", "1", "-mr", "ecdsap256"])
        .output();
    let Ok(output) = run else {
        return println!("OpenSSL is not installed.");
    };
    let version = Command::new("openssl").arg("version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    // `+F4:3:256:SIGN:VERIFY`, both a second, among lines that tell the progress.
    let text = String::from_utf8_lossy(&output.stdout);
    let times = text.lines().find_map(|line| {
        let mut fields = line.strip_prefix("+F4:")?.rsplit(':');
        let verify: f64 = fields.next()?.parse().ok()?;
        let sign: f64 = fields.next()?.parse().ok()?;
        Some((sign, verify))
    });
    match times {
        Some((sign, verify)) => println!(
            "{} says of itself: ECDSA P-256 sign {sign:.0} /s, verify {verify:.0} /s.",
            version.unwrap_or_default(),
        ),
        None => println!("`openssl speed` printed no figures."),
    }
}
