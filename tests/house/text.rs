//! Rules about single files: size, names, module heads, words that do not belong in a finished tree.

use super::sources::{Source, sources};

/// Lines that a file may have, its tests not counted.
const LONGEST: usize = 500;
/// Files that are longer, each with its reason beside it.
const LONGER: &[&str] = &[];
/// Files that may hold `unsafe`, each with its reason beside it.
const UNSAFE: &[&str] = &[
    // Speaks to valgrind; only in the check of constant time.
    "hsm-shim/sm-engine/src/memcheck.rs",
    // Montgomery multiplication with MULX and ADX: the compiler makes one carry chain of two.
    "hsm-shim/sm-engine/src/arithmetic/x86_64/field.rs",
    // Table reading with AVX2 that no compiler turns into a branch.
    "hsm-shim/sm-engine/src/arithmetic/x86_64/scan.rs",
    // SM3: registers wider than safe Rust has, and instructions that not every processor has.
    "hsm-shim/sm-engine/src/sm3/x86_64.rs",
    "hsm-shim/sm-engine/src/sm3/x86_64/word.rs",
    "hsm-shim/sm-engine/src/sm3/x86_64/ymm.rs",
    "hsm-shim/sm-engine/src/sm3/x86_64/zmm.rs",
    // Eight lanes of AVX-512 IFMA: each operation is one instruction.
    "hsm-shim/sm-engine/src/arithmetic/x86_64/ifma.rs",
    // SM4 and GHASH: the same.
    "hsm-shim/sm-engine/src/sm4/ghash/x86_64.rs",
    "hsm-shim/sm-engine/src/sm4/ghash/x86_64/registers.rs",
    "hsm-shim/sm-engine/src/sm4/x86_64.rs",
    "hsm-shim/sm-engine/src/sm4/x86_64/ymm.rs",
    "hsm-shim/sm-engine/src/sm4/x86_64/zmm.rs",
];
/// Names that say nothing about what is in the file.
const NAMELESS: &[&str] = &[
    "common", "helper", "helpers", "manager", "misc", "mod", "types", "util", "utils",
];
/// Words of unfinished work. Written in two halves, so that this file does not contain them.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("to", "do!"),
    concat!("unimpl", "emented!"),
    concat!("not impl", "emented"),
];
/// Beginnings of paths that exist on one machine only.
const MACHINE: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
];

/// A rule: what is wrong with a file, if anything.
type Rule = fn(&Source) -> Option<String>;

fn too_long(source: &Source) -> Option<String> {
    let lines = lines_without_tests(&source.text);
    let counts =
        source.extension() == "rs" && !is_test(source) && !LONGER.contains(&source.path.as_str());
    (counts && lines > LONGEST).then(|| format!("{lines} lines"))
}

fn nameless(source: &Source) -> Option<String> {
    let stem = source.name().split('.').next().unwrap_or("");
    let code = matches!(source.extension(), "rs" | "py" | "java" | "html");
    (code && NAMELESS.contains(&stem)).then(|| "the name says nothing".into())
}

fn headless(source: &Source) -> Option<String> {
    let module = source.extension() == "rs" && source.name() != "tests.rs";
    (module && !source.text.starts_with("//! "))
        .then(|| "does not begin with a module comment".into())
}

fn unfinished(source: &Source) -> Option<String> {
    let checked = matches!(
        source.extension(),
        "rs" | "html" | "toml" | "css" | "py" | "java" | "md" | "sh" | ""
    );
    let word = UNFINISHED
        .iter()
        .find(|word| source.text.contains(**word))?;
    checked.then(|| format!("says {word}"))
}

fn machine_path(source: &Source) -> Option<String> {
    MACHINE
        .iter()
        .find(|path| source.text.contains(**path))
        .map(|path| format!("names a path under {path}"))
}

fn unsafe_code(source: &Source) -> Option<String> {
    let rust = source.extension() == "rs" && !UNSAFE.contains(&source.path.as_str());
    let word = |line: &str| {
        let code = line.split("//").next().unwrap_or("");
        let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '"');
        words.any(|word| word == concat!("un", "safe"))
    };
    let line = source.text.lines().position(word)?;
    rust.then(|| format!("line {} is not safe", line + 1))
}

fn is_test(source: &Source) -> bool {
    source.name() == "tests.rs" || source.path.split('/').any(|part| part == "tests")
}

/// Lines before the tests module, which stands last in a file.
fn lines_without_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(3).position(|three| {
        three[0].trim() == "#[cfg(test)]" && three[1..].iter().any(|line| line.starts_with("mod "))
    });
    tests.unwrap_or(lines.len())
}

/// Everything that breaks `rule`, one line each.
fn broken(sources: &[Source], rule: Rule) -> Vec<String> {
    sources
        .iter()
        .filter_map(|source| Some(format!("{}: {}", source.path, rule(source)?)))
        .collect()
}

#[track_caller]
fn holds(rule: Rule) {
    let broken = broken(&sources(), rule);
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn files_tell_one_story() {
    holds(too_long);
}

#[test]
fn names_say_what_is_inside() {
    holds(nameless);
}

#[test]
fn modules_begin_with_their_purpose() {
    holds(headless);
}

#[test]
fn nothing_is_left_unfinished() {
    holds(unfinished);
}

#[test]
fn no_path_of_one_machine() {
    holds(machine_path);
}

#[test]
fn no_unsafe_code() {
    holds(unsafe_code);
}

#[test]
fn each_rule_can_fail() {
    let source = |path: &str, text: &str| Source {
        path: path.into(),
        text: text.into(),
    };
    let long = "//! A story.\n".to_owned() + &"fn f() {}\n".repeat(LONGEST);
    let with_tests =
        "//! A story.\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n".to_owned() + &"\n".repeat(LONGEST);
    let rules: &[(Rule, Source)] = &[
        (too_long, source("src/story.rs", &long)),
        (nameless, source("src/utils.rs", "//! Things.\n")),
        (nameless, source("src/web/mod.rs", "//! Things.\n")),
        (headless, source("src/story.rs", "use std::fs;\n")),
        (
            unfinished,
            source(
                "src/story.rs",
                &format!("//! A.\n// {}: later\n", UNFINISHED[0]),
            ),
        ),
        (
            machine_path,
            source("tests/run", &format!("cd {}x", MACHINE[0])),
        ),
        (
            unsafe_code,
            source(
                "src/story.rs",
                concat!("//! A.\nfn f() { un", "safe { g() } }\n"),
            ),
        ),
    ];
    for (rule, source) in rules {
        assert!(
            rule(source).is_some(),
            "{}: {}",
            source.path,
            source.text.lines().last().unwrap_or("")
        );
    }
    let good = source("src/story.rs", &with_tests);
    for (rule, _) in rules {
        assert_eq!(rule(&good), None);
    }
}
