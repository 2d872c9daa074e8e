//! Montgomery multiplication and squaring modulo p with MULX, ADCX and ADOX.
//!
//! The same arithmetic as the portable form, whose comments prove the bounds: a whole product of eight limbs;
//! four steps that each clear the lowest limb of the low half; low and high half added, which is below 2p;
//! one conditional subtraction of p.
#![allow(unsafe_code)]

use super::Adx;
use crate::arithmetic::field::Field;
use std::arch::asm;

/// The first row of a product: t0 to t4 = a·b[0].
macro_rules! first_row {
    () => {
        "mov rdx, [{b}]
        mulx {t1}, {t0}, [{a}]
        mulx {t2}, {low}, [{a} + 8]
        add {t1}, {low}
        mulx {t3}, {low}, [{a} + 16]
        adc {t2}, {low}
        mulx {t4}, {low}, [{a} + 24]
        adc {t3}, {low}
        adc {t4}, 0"
    };
}

/// Another row: adds a·b[i], low halves by the carry flag, high halves by the overflow flag; makes $t4.
/// What has been summed is below 2^(64(i+5)), so nothing is carried out of $t4.
macro_rules! row {
    ($i:literal, $t0:literal, $t1:literal, $t2:literal, $t3:literal, $t4:literal) => {
        concat!(
            "mov rdx, [{b} + 8*",
            $i,
            "]
            xor {low:e}, {low:e}
            mulx {high}, {low}, [{a}]
            adcx ",
            $t0,
            ", {low}
            adox ",
            $t1,
            ", {high}
            mulx {high}, {low}, [{a} + 8]
            adcx ",
            $t1,
            ", {low}
            adox ",
            $t2,
            ", {high}
            mulx {high}, {low}, [{a} + 16]
            adcx ",
            $t2,
            ", {low}
            adox ",
            $t3,
            ", {high}
            mulx ",
            $t4,
            ", {low}, [{a} + 24]
            adcx ",
            $t3,
            ", {low}
            mov {low:e}, 0
            adox ",
            $t4,
            ", {low}
            adc ",
            $t4,
            ", 0"
        )
    };
}

/// Clears the limb m: ($t1, $t2, $t3, m) becomes ((m, $t1, $t2, $t3) + m·p)/2^64, which is
/// ($t1, $t2, $t3, m) - (m·2^32 - m, m·2^32 mod 2^64, m/2^32) in limbs 0 and 1, 2, and 3.
macro_rules! clear_limb {
    ($m:literal, $t1:literal, $t2:literal, $t3:literal) => {
        concat!(
            "mov {low}, ",
            $m,
            "
            shl {low}, 32
            mov {high}, ",
            $m,
            "
            shr {high}, 32
            mov {a}, {low}
            mov rdx, {high}
            sub {a}, ",
            $m,
            "
            sbb rdx, 0
            sub ",
            $t1,
            ", {a}
            sbb ",
            $t2,
            ", rdx
            sbb ",
            $t3,
            ", {low}
            sbb ",
            $m,
            ", {high}"
        )
    };
}

/// t4 to t7 are added to t0 to t3, and p is subtracted where that leaves no borrow: {high} is minus the carry of
/// the sum plus the borrow of the difference, which is 1 only where p must not be subtracted.
macro_rules! correct {
    () => {
        "add {t0}, {t4}
        adc {t1}, {t5}
        adc {t2}, {t6}
        adc {t3}, {t7}
        sbb {high}, {high}
        mov {t4}, {t0}
        mov {t5}, {t1}
        mov {t6}, {t2}
        mov {t7}, {t3}
        sub {t4}, -1
        movabs {low}, 0xFFFFFFFF00000000
        sbb {t5}, {low}
        sbb {t6}, -1
        movabs {low}, 0xFFFFFFFEFFFFFFFF
        sbb {t7}, {low}
        adc {high}, 0
        cmovz {t0}, {t4}
        cmovz {t1}, {t5}
        cmovz {t2}, {t6}
        cmovz {t3}, {t7}"
    };
}

/// a·b·2^-256.
#[inline(always)]
pub(super) fn mul(_: Adx, a: &Field, b: &Field) -> Field {
    let (t0, t1, t2, t3);
    // SAFETY: the instructions are there (the token); 32 bytes are read behind each of the two references,
    // nothing is written to memory, all registers are declared.
    unsafe {
        asm!(
            first_row!(),
            row!("1", "{t1}", "{t2}", "{t3}", "{t4}", "{t5}"),
            row!("2", "{t2}", "{t3}", "{t4}", "{t5}", "{t6}"),
            row!("3", "{t3}", "{t4}", "{t5}", "{t6}", "{t7}"),
            clear_limb!("{t0}", "{t1}", "{t2}", "{t3}"),
            clear_limb!("{t1}", "{t2}", "{t3}", "{t0}"),
            clear_limb!("{t2}", "{t3}", "{t0}", "{t1}"),
            clear_limb!("{t3}", "{t0}", "{t1}", "{t2}"),
            correct!(),
            a = inout(reg) a.montgomery().as_ptr() => _,
            b = in(reg) b.montgomery().as_ptr(),
            t0 = out(reg) t0, t1 = out(reg) t1, t2 = out(reg) t2, t3 = out(reg) t3,
            t4 = out(reg) _, t5 = out(reg) _, t6 = out(reg) _, t7 = out(reg) _,
            low = out(reg) _, high = out(reg) _, out("rdx") _,
            options(pure, readonly, nostack),
        );
    }
    Field::from_montgomery([t0, t1, t2, t3])
}

/// a²·2^-256: six products, doubled by the carry flag while four squares are added by the overflow flag.
#[inline(always)]
pub(super) fn square(_: Adx, a: &Field) -> Field {
    let (t0, t1, t2, t3);
    // SAFETY: the instructions are there (the token); 32 bytes are read behind the reference, nothing is
    // written to memory, all registers are declared.
    unsafe {
        asm!(
            "mov rdx, [{a}]
            xor {low:e}, {low:e}
            mulx {t2}, {t1}, [{a} + 8]
            mulx {t3}, {low}, [{a} + 16]
            adcx {t2}, {low}
            mulx {t4}, {low}, [{a} + 24]
            adcx {t3}, {low}
            mov rdx, [{a} + 8]
            mulx {high}, {low}, [{a} + 16]
            adox {t3}, {low}
            adcx {t4}, {high}
            mulx {t5}, {low}, [{a} + 24]
            adox {t4}, {low}
            mov rdx, [{a} + 16]
            mulx {t6}, {low}, [{a} + 24]
            adcx {t5}, {low}
            mov {low:e}, 0
            adox {t5}, {low}
            adcx {t6}, {low}
            adox {t6}, {low}
            mov rdx, [{a}]
            xor {t7:e}, {t7:e}
            mulx {high}, {t0}, rdx
            adcx {t1}, {t1}
            adox {t1}, {high}
            mov rdx, [{a} + 8]
            mulx {high}, {low}, rdx
            adcx {t2}, {t2}
            adox {t2}, {low}
            adcx {t3}, {t3}
            adox {t3}, {high}
            mov rdx, [{a} + 16]
            mulx {high}, {low}, rdx
            adcx {t4}, {t4}
            adox {t4}, {low}
            adcx {t5}, {t5}
            adox {t5}, {high}
            mov rdx, [{a} + 24]
            mulx {high}, {low}, rdx
            adcx {t6}, {t6}
            adox {t6}, {low}
            adcx {t7}, {t7}
            adox {t7}, {high}",
            clear_limb!("{t0}", "{t1}", "{t2}", "{t3}"),
            clear_limb!("{t1}", "{t2}", "{t3}", "{t0}"),
            clear_limb!("{t2}", "{t3}", "{t0}", "{t1}"),
            clear_limb!("{t3}", "{t0}", "{t1}", "{t2}"),
            correct!(),
            a = inout(reg) a.montgomery().as_ptr() => _,
            t0 = out(reg) t0, t1 = out(reg) t1, t2 = out(reg) t2, t3 = out(reg) t3,
            t4 = out(reg) _, t5 = out(reg) _, t6 = out(reg) _, t7 = out(reg) _,
            low = out(reg) _, high = out(reg) _, out("rdx") _,
            options(pure, readonly, nostack),
        );
    }
    Field::from_montgomery([t0, t1, t2, t3])
}
