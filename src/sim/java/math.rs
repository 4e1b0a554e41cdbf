//! `Math.log` and `Math.pow`, rounded to the nearest double where libm's are off by a unit in the last place.
//!
//! Java's are not exact by specification, but those of the HotSpot VM are nearly so, and a delay that is cut to whole
//! milliseconds shows the difference.

/// A number as the sum of two doubles: about 106 bits.
#[derive(Clone, Copy)]
struct Pair {
    high: f64,
    low: f64,
}

const LN_2: Pair = Pair { high: core::f64::consts::LN_2, low: 2.319_046_813_846_299_6e-17 };
/// `exp` takes its series at an argument halved that often, and squares the result as often.
const HALVINGS: i32 = 9;
/// Terms of the series: the next is below 2⁻¹⁰⁶ for an argument below ln 2 / 2¹⁰.
const TERMS: u32 = 9;

/// The natural logarithm of a positive number.
pub fn log(x: f64) -> f64 {
    let Pair { high, low } = log_pair(x);
    high + low
}

/// `base` to the power of `exponent`, for a positive base and a result that a double can hold.
pub fn pow(base: f64, exponent: f64) -> f64 {
    if exponent == 0.0 || base == 1.0 {
        return 1.0;
    }
    let Pair { high, low } = exp(log_pair(base).times(Pair { high: exponent, low: 0.0 }));
    high + low
}

/// One step of Newton's method from libm's result.
fn log_pair(x: f64) -> Pair {
    let near = libm::log(x);
    if !near.is_finite() {
        return Pair { high: near, low: 0.0 };
    }
    let back = exp(Pair { high: near, low: 0.0 });
    sum(near, ((x - back.high) - back.low) / back.high)
}

fn exp(x: Pair) -> Pair {
    let doublings = libm::round(x.high / LN_2.high);
    let rest = x.plus(LN_2.times(Pair { high: -doublings, low: 0.0 }));
    let small = rest.scaled(-HALVINGS);
    let one = Pair { high: 1.0, low: 0.0 };
    let mut result = one;
    for term in (1..=TERMS).rev() {
        result = one.plus(small.times(result).over(f64::from(term)));
    }
    for _ in 0..HALVINGS {
        result = result.times(result);
    }
    result.scaled(doublings as i32)
}

impl Pair {
    fn plus(self, other: Pair) -> Pair {
        let Pair { high, low } = sum(self.high, other.high);
        sum(high, low + self.low + other.low)
    }

    fn times(self, other: Pair) -> Pair {
        let high = self.high * other.high;
        let low = libm::fma(self.high, other.high, -high);
        sum(high, low + self.high * other.low + self.low * other.high)
    }

    fn over(self, divisor: f64) -> Pair {
        let high = self.high / divisor;
        let rest = libm::fma(-high, divisor, self.high) + self.low;
        sum(high, rest / divisor)
    }

    fn scaled(self, doublings: i32) -> Pair {
        Pair { high: libm::ldexp(self.high, doublings), low: libm::ldexp(self.low, doublings) }
    }
}

/// The exact sum of two doubles (Knuth's TwoSum).
fn sum(a: f64, b: f64) -> Pair {
    let high = a + b;
    let of_b = high - a;
    Pair { high, low: (a - (high - of_b)) + (b - of_b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with 60 decimal digits and rounded once.
    #[test]
    fn results_are_the_nearest_doubles() {
        assert_eq!(log(7.0), 1.9459101490553132);
        assert_eq!(log(3.0), 1.0986122886681098);
        assert_eq!(log(5.0), 1.6094379124341003);
        assert_eq!(log(74.0), 4.30406509320417);
        assert_eq!(log(5.431506849315069), 1.6922165999265115);
        assert_eq!(log(6.510460251046025), 1.8734101528068263);
        assert_eq!(log(2625.5), 7.873026633077914);
        assert_eq!(log(15.15810276679842), 2.7185352250738366);
        assert_eq!(log(1000000000000000.0), 34.538776394910684);
        assert_eq!(pow(2.0, 0.3), 1.2311444133449163);
        assert_eq!(pow(3.0, 1.5403), 5.431375996706507);
        assert_eq!(pow(5.0, 2.6742), 73.99213956231128);
        assert_eq!(pow(10.0, -3.25), 0.0005623413251903491);
        assert_eq!(pow(2.0, 300.125), 2.22140348391008e+90);
    }

    #[test]
    fn whole_powers_are_exact() {
        for exponent in 0..60 {
            assert_eq!(pow(2.0, f64::from(exponent)), (1u64 << exponent) as f64);
        }
        assert_eq!((pow(10.0, 22.0), pow(3.0, 33.0)), (1e22, 5_559_060_566_555_523.0));
        assert_eq!((log(1.0), pow(1.0, 1000.0)), (0.0, 1.0));
    }
}
