//! What this processor offers beyond the portable path, asked once per operation.
//!
//! Test builds, and builds with the feature `force-path`, obey the environment variable `SM_ENGINE_PATH`
//! (`portable`, `avx2`, `vaes` or `avx512`): the highest path that is taken, so that one machine covers several.
//! `avx512-without-adx` is for an emulator that gets ADOX wrong (`tests/emulator`).
//! Under Miri and on other architectures only the portable path exists.
// So there most of these questions are asked by nobody.
#![allow(dead_code)]

/// Families of instructions; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Path {
    /// Safe Rust without intrinsics or assembly.
    Portable,
    /// 64-bit MULX, ADCX and ADOX; AES-NI, PCLMULQDQ and AVX2.
    Avx2,
    /// VAES and VPCLMULQDQ on 256-bit registers.
    Vaes,
    /// AVX-512 with IFMA or GFNI, as the operation needs.
    Avx512,
}

/// `features!(path, "a", "b")`: whether the path is allowed and the processor has all the features.
macro_rules! features {
    ($path:expr, $($feature:tt),+) => {{
        #[cfg(target_arch = "x86_64")]
        let present = limit() >= $path $(&& std::arch::is_x86_feature_detected!($feature))+;
        #[cfg(not(target_arch = "x86_64"))]
        let present = limit() > Path::Avx512;
        present
    }};
}

/// MULX, ADCX and ADOX: scalar arithmetic of SM2.
pub(crate) fn adx() -> bool {
    // valgrind executes ADCX and ADOX without announcing them.
    #[cfg(feature = "memcheck")]
    if crate::memcheck::running() {
        return features!(Path::Avx2, "bmi1", "bmi2");
    }
    #[cfg(any(test, feature = "force-path"))]
    if forced() == Some(WITHOUT_ADX) {
        return false;
    }
    features!(Path::Avx2, "adx", "bmi1", "bmi2")
}

/// BMI1 and BMI2: one stream of SM3.
pub(crate) fn bmi() -> bool {
    features!(Path::Avx2, "bmi1", "bmi2")
}

/// AVX2: table scans, 8 lanes of SM3.
pub(crate) fn avx2() -> bool {
    features!(Path::Avx2, "avx2")
}

/// AVX2 with AES-NI and PCLMULQDQ: SM4 and GHASH.
pub(crate) fn avx2_aes() -> bool {
    features!(Path::Avx2, "avx2", "aes", "pclmulqdq", "ssse3")
}

/// VAES and VPCLMULQDQ on 256-bit registers: wider SM4 and GHASH without AVX-512.
pub(crate) fn avx2_vaes() -> bool {
    features!(Path::Vaes, "avx2", "aes", "pclmulqdq", "vaes", "vpclmulqdq")
}

/// AVX-512 for 16 lanes of SM3.
pub(crate) fn avx512() -> bool {
    features!(
        Path::Avx512,
        "avx512f",
        "avx512bw",
        "avx512dq",
        "avx512vl",
        "avx512vbmi"
    )
}

/// AVX-512 IFMA: 8 lanes of SM2.
pub(crate) fn avx512_ifma() -> bool {
    features!(Path::Avx512, "avx512f", "avx512dq", "avx512ifma")
}

/// GFNI and VPCLMULQDQ on AVX-512: SM4 and GHASH.
pub(crate) fn gfni_avx512() -> bool {
    features!(
        Path::Avx512,
        "avx512f",
        "avx512bw",
        "avx512vl",
        "gfni",
        "pclmulqdq",
        "vpclmulqdq"
    )
}

/// The families of instructions that this process uses beside the portable path: for benches and tests to print.
#[must_use]
pub fn instructions_used() -> Vec<&'static str> {
    let families = [
        ("MULX/ADX", adx()),
        ("AVX2", avx2()),
        ("AVX2 with AES-NI", avx2_aes()),
        ("AVX2 with VAES", avx2_vaes()),
        ("AVX-512", avx512()),
        ("AVX-512 IFMA", avx512_ifma()),
        ("AVX-512 with GFNI", gfni_avx512()),
    ];
    let used = families.iter().filter(|(_, used)| *used);
    used.map(|(name, _)| *name).collect()
}

/// The highest path that may be taken.
#[cfg(not(any(test, feature = "force-path")))]
#[inline(always)]
fn limit() -> Path {
    Path::Avx512
}

#[cfg(any(test, feature = "force-path"))]
fn limit() -> Path {
    match forced() {
        None | Some("avx512" | WITHOUT_ADX) => Path::Avx512,
        Some("avx2") => Path::Avx2,
        Some("vaes") => Path::Vaes,
        Some("portable") => Path::Portable,
        Some(other) => panic!("SM_ENGINE_PATH is portable, avx2, vaes or avx512, not {other}"),
    }
}

#[cfg(any(test, feature = "force-path"))]
const WITHOUT_ADX: &str = "avx512-without-adx";

/// What the environment asks for.
#[cfg(any(test, feature = "force-path"))]
#[allow(clippy::disallowed_methods)]
fn forced() -> Option<&'static str> {
    static FORCED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let forced = FORCED.get_or_init(|| std::env::var("SM_ENGINE_PATH").ok());
    forced.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_that_this_run_covers() {
        let covered = instructions_used();
        println!("covered beside the portable path: {covered:?}");
        if limit() == Path::Portable {
            assert_eq!(covered, [""; 0]);
        }
        if limit() < Path::Vaes {
            assert!(!avx2_vaes());
        }
        if limit() < Path::Avx512 {
            assert!(!avx512() && !avx512_ifma() && !gfni_avx512());
        }
    }
}
