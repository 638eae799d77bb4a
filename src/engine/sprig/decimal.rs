//! Decimal numbers of any size.
//!
//! Mirrors `github.com/shopspring/decimal` 1.4 as far as sprig's float functions use it.

use num_bigint::{BigInt, Sign};

use crate::strconv;
use crate::value::Failure;

/// The decimal places of a quotient that does not come out even.
const DIVISION_PRECISION: i64 = 16;

/// `value * 10^exponent`.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    value: BigInt,
    exponent: i64,
}

impl Decimal {
    /// The shortest decimal that reads back as this float. An infinity or NaN is an error, as the Go library panics.
    pub(super) fn from_float(value: f64) -> Result<Self, Failure> {
        if !value.is_finite() {
            let text = strconv::format_float(value, b'g', -1);
            return Err(format!("Cannot create a Decimal from {text}").into());
        }
        if value == 0.0 {
            return Ok(Decimal { value: BigInt::ZERO, exponent: 0 });
        }
        // Rust prints the same shortest digits, as `-1.25e-7`.
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        Ok(Decimal {
            value: digits.parse().unwrap_or_default(),
            exponent: exponent.parse::<i64>().unwrap_or(0) - fraction.len() as i64,
        })
    }

    /// The nearest float; an infinity where it is too great.
    pub(super) fn to_float(&self) -> f64 {
        format!("{}e{}", self.value, self.exponent).parse().unwrap_or(0.0)
    }

    pub(super) fn add(&self, other: &Decimal) -> Decimal {
        let exponent = self.exponent.min(other.exponent);
        Decimal { value: self.at(exponent) + other.at(exponent), exponent }
    }

    pub(super) fn sub(&self, other: &Decimal) -> Decimal {
        let exponent = self.exponent.min(other.exponent);
        Decimal { value: self.at(exponent) - other.at(exponent), exponent }
    }

    pub(super) fn mul(&self, other: &Decimal) -> Decimal {
        Decimal { value: &self.value * &other.value, exponent: self.exponent + other.exponent }
    }

    /// The quotient to [`DIVISION_PRECISION`] places, half rounded away from zero.
    pub(super) fn div(&self, other: &Decimal) -> Result<Decimal, Failure> {
        if other.value.sign() == Sign::NoSign {
            return Err("decimal division by 0".into());
        }
        let shift = self.exponent - other.exponent + DIVISION_PRECISION;
        let (numerator, denominator) = if shift < 0 {
            (self.value.clone(), &other.value * power_of_ten(-shift))
        } else {
            (&self.value * power_of_ten(shift), other.value.clone())
        };
        let mut quotient = &numerator / &denominator;
        let remainder = &numerator - &quotient * &denominator;
        if remainder.magnitude() * 2_u32 >= *denominator.magnitude() {
            quotient += if numerator.sign() == denominator.sign() { 1 } else { -1 };
        }
        Ok(Decimal { value: quotient, exponent: -DIVISION_PRECISION })
    }

    /// The value at a smaller exponent.
    fn at(&self, exponent: i64) -> BigInt {
        &self.value * power_of_ten(self.exponent - exponent)
    }
}

fn power_of_ten(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64) -> Decimal {
        Decimal::from_float(value).expect("finite")
    }

    #[test]
    fn computes_in_decimals() {
        assert_eq!(number(0.1).add(&number(0.2)).to_float(), 0.3);
        assert_eq!(number(1.0).sub(&number(0.9)).to_float(), 0.1);
        assert_eq!(number(1e300).mul(&number(1e300)).to_float(), f64::INFINITY);
        assert_eq!(number(5e-324).mul(&number(0.5)).to_float(), 5e-324);
    }

    #[test]
    fn quotients_have_sixteen_places() {
        let div = |a: f64, b: f64| number(a).div(&number(b)).expect("no zero").to_float();
        assert_eq!(div(2.0, 3.0), 0.666_666_666_666_666_7);
        assert_eq!(div(-2.0, 3.0), -0.666_666_666_666_666_7);
        assert_eq!(div(1e-10, 3.0), 3.33333e-11);
        assert_eq!(div(0.5, 1e16), 1e-16);
        assert!(number(1.0).div(&number(0.0)).is_err());
    }
}
