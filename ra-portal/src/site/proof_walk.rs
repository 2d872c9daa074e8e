//! The way from a leaf to the root, one step at a time, as RFC 9162 §2.1.3.2 walks it.

use ledger::tree::node_hash;
use sm_engine::sm3::Digest;

/// One step: two hashes side by side give the one above.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// From 1.
    pub(super) number: usize,
    /// The hash that the proof brings, hex.
    pub(super) sibling: String,
    /// The sibling stands on the left.
    pub(super) sibling_is_left: bool,
    /// SM3 of `01`, left and right, hex.
    pub(super) result: String,
}

/// Walks the path of `leaf` at `index` in a tree of `size`; `None` where it is not a path of such a tree.
pub(super) fn walk(
    leaf: &str,
    index: u64,
    size: u64,
    path: &[String],
) -> Option<(Vec<Step>, Digest)> {
    let mut hash: Digest = leaf.parse().ok()?;
    let mut node = index;
    let mut last = size.checked_sub(1).filter(|last| index <= *last)?;
    let mut steps = Vec::with_capacity(path.len().min(64));
    for (number, sibling) in path.iter().enumerate() {
        if last == 0 {
            return None;
        }
        let other: Digest = sibling.parse().ok()?;
        let sibling_is_left = node & 1 == 1 || node == last;
        if sibling_is_left {
            hash = node_hash(&other, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, &other);
        }
        node >>= 1;
        last >>= 1;
        steps.push(Step {
            number: number + 1,
            sibling: other.to_string(),
            sibling_is_left,
            result: hash.to_string(),
        });
    }
    (last == 0).then_some((steps, hash))
}

/// A shell script that does the same with nothing but curl, xxd and openssl, and prints the root.
pub(super) fn script(entry_url: &str, steps: &[Step]) -> String {
    use std::fmt::Write as _;
    let sm3 = "openssl dgst -sm3 -r | cut -d' ' -f1";
    let mut script = format!("h=$( (printf '\\000'; curl -sS {entry_url}) | {sm3})\n");
    for step in steps {
        let sibling = &step.sibling;
        let pair = if step.sibling_is_left {
            format!("{sibling} $h")
        } else {
            format!("$h {sibling}")
        };
        // Writing to a String cannot fail.
        let _ = writeln!(script, "h=$(printf '01%s%s' {pair} | xxd -r -p | {sm3})");
    }
    script.push_str("echo $h");
    script
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ledger::tree::{leaf_hash, verify_inclusion};

    fn root(leaves: &[Digest]) -> Digest {
        match leaves {
            [one] => *one,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&root(&leaves[..split]), &root(&leaves[split..]))
            }
        }
    }

    fn path(index: usize, leaves: &[Digest]) -> Vec<Digest> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let split = leaves.len().next_power_of_two() / 2;
        let (mut path, sibling) = if index < split {
            (self::path(index, &leaves[..split]), root(&leaves[split..]))
        } else {
            (
                self::path(index - split, &leaves[split..]),
                root(&leaves[..split]),
            )
        };
        path.push(sibling);
        path
    }

    #[test]
    fn every_leaf_of_small_trees_walks_to_the_root_that_the_verifier_accepts() {
        for size in 1..=20_usize {
            let leaves: Vec<Digest> = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
            for (index, leaf) in leaves.iter().enumerate() {
                let path = path(index, &leaves);
                let (at, of) = (u64::try_from(index).unwrap(), u64::try_from(size).unwrap());
                verify_inclusion(leaf, at, of, &path, &root(&leaves)).unwrap();
                let hex: Vec<String> = path.iter().map(Digest::to_string).collect();
                let (steps, reached) = walk(&leaf.to_string(), at, of, &hex).unwrap();
                assert_eq!(reached, root(&leaves), "leaf {index} of {size}");
                assert_eq!(steps.len(), path.len());
                if !hex.is_empty() {
                    assert_eq!(
                        walk(&leaf.to_string(), at, of, &hex[1..]),
                        None,
                        "short path"
                    );
                }
            }
        }
    }

    #[test]
    fn the_script_reaches_the_same_root_with_openssl() {
        let folder = tempfile::tempdir().unwrap();
        let bodies: Vec<Vec<u8>> = (0..11_u8).map(|n| vec![b'{', n, 0, b'\n', b'}']).collect();
        let leaves: Vec<Digest> = bodies.iter().map(|body| leaf_hash(body)).collect();
        for index in [0, 5, 10] {
            let file = folder.path().join(index.to_string());
            std::fs::write(&file, &bodies[index]).unwrap();
            let hex: Vec<String> = path(index, &leaves).iter().map(Digest::to_string).collect();
            let at = u64::try_from(index).unwrap();
            let (steps, reached) = walk(&leaves[index].to_string(), at, 11, &hex).unwrap();
            let script = script(&format!("file://{}", file.display()), &steps);
            let output = std::process::Command::new("sh")
                .arg("-c")
                .arg(&script)
                .output()
                .unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(printed.trim(), reached.to_string(), "{script}\n{complaint}");
        }
    }

    #[test]
    fn what_is_no_path() {
        let hash = leaf_hash(b"x").to_string();
        assert_eq!(walk("zz", 0, 1, &[]), None);
        assert_eq!(walk(&hash, 1, 1, &[]), None);
        assert_eq!(walk(&hash, 0, 0, &[]), None);
        assert_eq!(walk(&hash, 0, 1, std::slice::from_ref(&hash)), None);
    }
}
