//! Many multiples and many questions at once: eight side by side where the processor has the lanes, otherwise one
//! after the other with shared inversions.

use super::affine::Affine;
use super::double_multiply::{PreparedQuestion, Question, ask_one_by_one, ask_prepared_one_by_one};
#[cfg(target_arch = "x86_64")]
use super::field::Field;
use super::fixed_base::FixedBase;
use super::scalar::Scalar;
#[cfg(target_arch = "x86_64")]
use super::x86_64::ifma::Ifma;
use super::xyzz::Xyzz;
use zeroize::Zeroizing;

/// Fewer than this are not worth eight lanes, some of them idle.
#[cfg(target_arch = "x86_64")]
const WORTHWHILE: usize = 3;

/// The x coordinates, as integers below p, of secret multiples of the generator; no scalar is 0.
pub(crate) fn x_coordinates(scalars: &[Scalar]) -> Vec<[u64; 4]> {
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = Ifma::detect().filter(|_| scalars.len() >= WORTHWHILE) {
        let groups = groups(scalars);
        let mut x = lanes.x_coordinates(&groups).concat();
        x.truncate(scalars.len());
        return x;
    }
    Xyzz::x_coordinates(&multiples(scalars))
}

/// Secret multiples of the generator; no scalar is 0.
pub(crate) fn points(scalars: &[Scalar]) -> Vec<Affine> {
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = Ifma::detect().filter(|_| scalars.len() >= WORTHWHILE) {
        let groups = groups(scalars);
        let mut points = lanes.coordinates(&groups).concat();
        points.truncate(scalars.len());
        let affine = |[x, y]: &[[u64; 4]; 2]| Affine {
            x: Field::from_integer(x),
            y: Field::from_integer(y),
        };
        return points.iter().map(affine).collect();
    }
    Xyzz::to_affines(&multiples(scalars))
}

fn multiples(scalars: &[Scalar]) -> Zeroizing<Vec<Xyzz>> {
    let table = FixedBase::generator();
    let multiples = scalars.iter().map(|scalar| table.multiply(scalar));
    Zeroizing::new(multiples.collect())
}

/// Groups for the lanes, the last filled up with ones.
#[cfg(target_arch = "x86_64")]
fn groups(scalars: &[Scalar]) -> Zeroizing<Vec<[Scalar; super::lanes::LANES]>> {
    let group = |chunk: &[Scalar]| {
        std::array::from_fn(|lane| chunk.get(lane).copied().unwrap_or(Scalar::ONE))
    };
    Zeroizing::new(scalars.chunks(super::lanes::LANES).map(group).collect())
}

/// Answers questions.
pub(crate) fn ask_vartime(questions: &[Question<'_>]) -> Vec<bool> {
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = Ifma::detect().filter(|_| questions.len() >= WORTHWHILE) {
        let answers = |eight| lanes.ask(eight);
        return ask_in_lanes(questions, answers, ask_one_by_one);
    }
    ask_one_by_one(questions)
}

/// Answers questions about points with tables.
pub(crate) fn ask_prepared_vartime(questions: &[PreparedQuestion<'_>]) -> Vec<bool> {
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = Ifma::detect().filter(|_| questions.len() >= WORTHWHILE) {
        let answers = |eight| lanes.ask_prepared(eight);
        return ask_in_lanes(questions, answers, ask_prepared_one_by_one);
    }
    ask_prepared_one_by_one(questions)
}

/// Eight at a time, the last eight filled up; what the lanes leave open is asked again.
#[cfg(target_arch = "x86_64")]
fn ask_in_lanes<'q, Q>(
    questions: &'q [Q],
    in_lanes: impl Fn([&'q Q; super::lanes::LANES]) -> super::lanes::verify::Answers,
    one_by_one: impl Fn(&[Q]) -> Vec<bool>,
) -> Vec<bool> {
    let mut all = Vec::with_capacity(questions.len());
    for chunk in questions.chunks(super::lanes::LANES) {
        let answers = in_lanes(std::array::from_fn(|lane| {
            chunk.get(lane).unwrap_or(&chunk[0])
        }));
        let asked = chunk.iter().zip(answers);
        all.extend(asked.map(|(question, answer)| {
            answer.unwrap_or_else(|| one_by_one(std::slice::from_ref(question)) == [true])
        }));
    }
    all
}
