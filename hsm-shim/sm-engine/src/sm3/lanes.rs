//! Message expansion and rounds of SM3 (GB/T 32905-2016 §5.3), written once over words side by side.
//!
//! One lane is a `u32`: a single stream. Eight and sixteen are registers: as many messages at once, or the
//! expansions of as many blocks of one message, which do not depend on one another.

/// Words side by side.
// Elsewhere nothing but a single stream uses it.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) trait Lanes: Copy {
    /// Evidence that this processor has the instructions; a vector is made only with it.
    type Cpu: Copy;
    /// One word of every lane in memory.
    type Words: Copy + AsRef<[u32]> + AsMut<[u32]>;
    /// All of them zero.
    const ZEROS: Self::Words;
    /// Whether the rounds are written out, so that constants become operands, or looped over, because there are more
    /// instructions than the processor keeps decoded.
    const WRITTEN_OUT: bool = false;

    /// From memory.
    fn load(cpu: Self::Cpu, words: &Self::Words) -> Self;
    /// To memory.
    fn store(self) -> Self::Words;
    /// The 16 words of one block in each lane; as many blocks as lanes.
    fn load_blocks(cpu: Self::Cpu, blocks: &[&[u8; 64]]) -> [Self; 16];
    /// The same word in every lane.
    fn splat(cpu: Self::Cpu, word: u32) -> Self;
    /// Exclusive or.
    fn xor(self, other: Self) -> Self;
    /// Exclusive or of three.
    fn xor3(self, second: Self, third: Self) -> Self;
    /// Sum.
    fn add(self, other: Self) -> Self;
    /// Rotation by `N` and, to the right, by `M` = 32 - `N`.
    fn rotate<const N: i32, const M: i32>(self) -> Self;
    /// The same value, and nothing before it may be summed after it: the constant must not wait for the round before.
    #[inline(always)]
    fn settled(self) -> Self {
        self
    }
    /// FF from round 16 on: the bits that two or three of the words have.
    fn majority(self, second: Self, third: Self) -> Self;
    /// GG from round 16 on: the bits of `one` where this word has ones, elsewhere those of `other`.
    fn choose(self, one: Self, other: Self) -> Self;
}

/// W_0 to W_67.
#[cfg(any(test, target_arch = "x86_64"))]
pub(super) type Expanded<W> = [W; 68];

/// T_j rotated by j.
const CONSTANTS: [u32; 64] = {
    let mut constants = [0; 64];
    let mut j = 0;
    while j < 64 {
        let t: u32 = if j < 16 { 0x79cc_4519 } else { 0x7a87_9d8a };
        constants[j] = t.rotate_left(j as u32 % 32);
        j += 1;
    }
    constants
};

/// The message expansion.
#[cfg(any(test, target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn expand<L: Lanes>(cpu: L::Cpu, blocks: &[&[u8; 64]], w: &mut Expanded<L::Words>) {
    // The last 16 words stay in registers or near them.
    let mut last = L::load_blocks(cpu, blocks);
    for j in 0..16 {
        w[j] = last[j].store();
    }
    let mut j = 16;
    while j < 64 {
        expand_four::<L, 0>(&mut last, w, j);
        expand_four::<L, 4>(&mut last, w, j + 4);
        expand_four::<L, 8>(&mut last, w, j + 8);
        expand_four::<L, 12>(&mut last, w, j + 12);
        j += 16;
    }
    expand_four::<L, 0>(&mut last, w, 64);
}

#[cfg(any(test, target_arch = "x86_64"))]
#[inline(always)]
fn expand_four<L: Lanes, const AT: usize>(
    last: &mut [L; 16],
    w: &mut Expanded<L::Words>,
    j: usize,
) {
    for i in 0..4 {
        let word = expanded(
            #[inline(always)]
            |back| last[(AT + i + 16 - back) % 16],
        );
        last[AT + i] = word;
        w[j + i] = word.store();
    }
}

/// W_j from the words before it.
#[inline(always)]
pub(super) fn expanded<L: Lanes>(before: impl Fn(usize) -> L) -> L {
    let x = before(16).xor3(before(9), before(3).rotate::<15, 17>());
    let p1 = x.xor3(x.rotate::<15, 17>(), x.rotate::<23, 9>());
    p1.xor3(before(13).rotate::<7, 25>(), before(6))
}

/// All 64 rounds; `words(j)`, called in order, is W_j and W'_j = W_j + W_(j+4). The state is replaced by its exclusive or with the result.
#[inline(always)]
pub(super) fn rounds<L: Lanes>(
    cpu: L::Cpu,
    state: &mut [L; 8],
    mut words: impl FnMut(usize) -> (L, L),
) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    // Four rounds bring every variable back to its place without a move.
    macro_rules! four {
        ($late:literal, $j:expr) => {
            let t = L::splat(cpu, CONSTANTS[$j]);
            (b, d, f, h) = round::<L, $late>([a, b, c, d, e, f, g, h], t, words($j));
            let t = L::splat(cpu, CONSTANTS[$j + 1]);
            (a, c, e, g) = round::<L, $late>([d, a, b, c, h, e, f, g], t, words($j + 1));
            let t = L::splat(cpu, CONSTANTS[$j + 2]);
            (d, b, h, f) = round::<L, $late>([c, d, a, b, g, h, e, f], t, words($j + 2));
            let t = L::splat(cpu, CONSTANTS[$j + 3]);
            (c, a, g, e) = round::<L, $late>([b, c, d, a, f, g, h, e], t, words($j + 3));
        };
    }
    if L::WRITTEN_OUT {
        four!(false, 0);
        four!(false, 4);
        four!(false, 8);
        four!(false, 12);
        four!(true, 16);
        four!(true, 20);
        four!(true, 24);
        four!(true, 28);
        four!(true, 32);
        four!(true, 36);
        four!(true, 40);
        four!(true, 44);
        four!(true, 48);
        four!(true, 52);
        four!(true, 56);
        four!(true, 60);
    } else {
        for j in (0..16).step_by(4) {
            four!(false, j);
        }
        for j in (16..64).step_by(4) {
            four!(true, j);
        }
    }
    for (word, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.xor(new);
    }
}

/// One round with W_j and W'_j: the new B rotated, A in the place of D, F rotated, E in the place of H.
#[inline(always)]
fn round<L: Lanes, const LATE: bool>(
    [a, b, c, d, e, f, g, h]: [L; 8],
    constant: L,
    (word, mixed): (L, L),
) -> (L, L, L, L) {
    let a_12 = a.rotate::<12, 20>();
    let ss1 = a_12.add(constant).settled().add(e).rotate::<7, 25>();
    let ss2 = ss1.xor(a_12);
    let (ff, gg) = if LATE {
        (a.majority(b, c), e.choose(f, g))
    } else {
        (a.xor3(b, c), e.xor3(f, g))
    };
    // What does not wait for the round before is summed first.
    let tt1 = d.add(mixed).add(ff).add(ss2);
    let tt2 = h.add(word).add(gg).add(ss1);
    let p0 = tt2.xor3(tt2.rotate::<9, 23>(), tt2.rotate::<17, 15>());
    (b.rotate::<9, 23>(), tt1, f.rotate::<19, 13>(), p0)
}

/// One more block in each lane.
#[cfg(any(test, target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn compress<L: Lanes>(cpu: L::Cpu, state: &mut [L::Words; 8], blocks: &[&[u8; 64]]) {
    let mut w = [L::ZEROS; 68];
    expand::<L>(cpu, blocks, &mut w);
    let mut vectors = [L::splat(cpu, 0); 8];
    for (vector, words) in vectors.iter_mut().zip(&*state) {
        *vector = L::load(cpu, words);
    }
    rounds(
        cpu,
        &mut vectors,
        #[inline(always)]
        |j| {
            let word = L::load(cpu, &w[j]);
            (word, word.xor(L::load(cpu, &w[j + 4])))
        },
    );
    for (words, vector) in state.iter_mut().zip(vectors) {
        *words = vector.store();
    }
}

/// One stream.
impl Lanes for u32 {
    type Cpu = ();
    type Words = [u32; 1];
    const ZEROS: [u32; 1] = [0];
    const WRITTEN_OUT: bool = true;

    #[inline(always)]
    fn load((): (), words: &[u32; 1]) -> u32 {
        words[0]
    }
    #[inline(always)]
    fn store(self) -> [u32; 1] {
        [self]
    }
    #[inline(always)]
    fn load_blocks((): (), blocks: &[&[u8; 64]]) -> [u32; 16] {
        let mut words = [0; 16];
        for (word, bytes) in words.iter_mut().zip(blocks[0].as_chunks().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        words
    }
    #[inline(always)]
    fn splat((): (), word: u32) -> u32 {
        word
    }
    #[inline(always)]
    fn xor(self, other: u32) -> u32 {
        self ^ other
    }
    #[inline(always)]
    fn xor3(self, second: u32, third: u32) -> u32 {
        self ^ second ^ third
    }
    #[inline(always)]
    fn add(self, other: u32) -> u32 {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn rotate<const N: i32, const M: i32>(self) -> u32 {
        self.rotate_left(N as u32)
    }
    #[inline(always)]
    fn majority(self, second: u32, third: u32) -> u32 {
        self & second | (self | second) & third
    }
    #[inline(always)]
    fn choose(self, one: u32, other: u32) -> u32 {
        (one ^ other) & self ^ other
    }
}
