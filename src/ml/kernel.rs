//! The inner loops.
//!
//! Every sum runs in the order of its index. The loops are laid out so that the innermost one
//! touches independent elements: the compiler may use vector instructions without
//! reassociating anything, so the bits do not depend on the width of the machine.

/// Adds `Σ_i x[i] · w[i][o]` to `out[o]`, where `w` has one row of `out.len()` per input.
pub(super) fn accumulate(out: &mut [f32], x: &[f32], w: &[f32]) {
    let from = accumulate_blocks::<16>(out, x, w, 0);
    let from = accumulate_blocks::<8>(out, x, w, from);
    let from = accumulate_blocks::<2>(out, x, w, from);
    accumulate_blocks::<1>(out, x, w, from);
}

/// Does as many whole blocks of `L` outputs as fit, each held in registers; returns the next output.
fn accumulate_blocks<const L: usize>(
    out: &mut [f32],
    x: &[f32],
    w: &[f32],
    mut from: usize,
) -> usize {
    let width = out.len();
    while from + L <= width {
        let mut sum = [0.0; L];
        sum.copy_from_slice(&out[from..from + L]);
        for (&x, row) in x.iter().zip(w.chunks_exact(width)) {
            axpy(&mut sum, x, &row[from..from + L]);
        }
        out[from..from + L].copy_from_slice(&sum);
        from += L;
    }
    from
}

/// Adds the outer products `x[b] ⊗ d[b]` of all rows `b` to `out`, one row of `d`'s width per input.
pub(super) fn accumulate_outer(out: &mut [f32], x: &[f32], d: &[f32], width: usize) {
    let inputs = out.len() / width;
    for (x, d) in x.chunks_exact(inputs).zip(d.chunks_exact(width)) {
        for (&x, out) in x.iter().zip(out.chunks_exact_mut(width)) {
            axpy(out, x, d);
        }
    }
}

/// Adds the rows of `d` to `out`.
pub(super) fn accumulate_rows(out: &mut [f32], d: &[f32]) {
    for row in d.chunks_exact(out.len()) {
        axpy(out, 1.0, row);
    }
}

/// Adds `a · x` to `out`, element by element.
#[inline(always)]
pub(super) fn axpy(out: &mut [f32], a: f32, x: &[f32]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out += a * x;
    }
}

/// Writes the transpose of `w` (rows of `width`) to `out`.
pub(super) fn transpose(out: &mut [f32], w: &[f32], width: usize) {
    let height = w.len() / width;
    for (i, row) in w.chunks_exact(width).enumerate() {
        for (o, &w) in row.iter().enumerate() {
            out[o * height + i] = w;
        }
    }
}
