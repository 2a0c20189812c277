//! Money: an exact decimal that never travels without its currency.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A currency by its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Currency {
    /// Vietnamese đồng, without a minor unit.
    #[serde(rename = "VND")]
    Vnd,
    /// Euro.
    #[serde(rename = "EUR")]
    Eur,
    /// United States dollar.
    #[serde(rename = "USD")]
    Usd,
    /// Australian dollar.
    #[serde(rename = "AUD")]
    Aud,
}

impl Currency {
    /// Every supported currency.
    pub const ALL: &'static [Self] = &[Self::Vnd, Self::Eur, Self::Usd, Self::Aud];

    /// ISO 4217 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Vnd => "VND",
            Self::Eur => "EUR",
            Self::Usd => "USD",
            Self::Aud => "AUD",
        }
    }

    /// Digits behind the point (ISO 4217 minor unit).
    pub const fn minor_digits(self) -> u32 {
        match self {
            Self::Vnd => 0,
            Self::Eur | Self::Usd | Self::Aud => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::ALL
            .iter()
            .copied()
            .find(|c| c.code() == code)
            .ok_or(MoneyError::UnknownCurrency)
    }
}

/// Why an amount was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The code is not one of [`Currency::ALL`].
    #[error("unknown currency")]
    UnknownCurrency,
    /// More digits behind the point than the currency has.
    #[error("{currency} has at most {digits} digits behind the point")]
    TooPrecise {
        /// The currency in question.
        currency: Currency,
        /// How many digits it has.
        digits: u32,
    },
    /// A sum or difference of two currencies.
    #[error("amounts in different currencies cannot be added")]
    MixedCurrencies,
    /// The result does not fit into 96 bits of decimal.
    #[error("amount out of range")]
    OutOfRange,
}

/// An amount of money: never rounded silently, never added across currencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// An amount with at most as many decimal digits as the currency has.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let digits = currency.minor_digits();
        if amount.normalize().scale() > digits {
            return Err(MoneyError::TooPrecise { currency, digits });
        }
        Ok(Self {
            amount: amount.normalize(),
            currency,
        })
    }

    /// The number.
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// Its currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The sum, when both are in one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies);
        }
        let amount = self
            .amount
            .checked_add(other.amount)
            .ok_or(MoneyError::OutOfRange)?;
        Ok(Self {
            amount: amount.normalize(),
            currency: self.currency,
        })
    }

    /// Whether the amount is below zero.
    pub fn is_negative(self) -> bool {
        self.amount.is_sign_negative() && !self.amount.is_zero()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dong_has_no_fractions() {
        let half = Decimal::new(5, 1);
        assert!(matches!(
            Money::new(half, Currency::Vnd),
            Err(MoneyError::TooPrecise { .. })
        ));
        assert!(Money::new(half, Currency::Eur).is_ok());
    }

    #[test]
    fn currencies_do_not_mix() {
        let eur = Money::new(Decimal::ONE, Currency::Eur).unwrap();
        let usd = Money::new(Decimal::ONE, Currency::Usd).unwrap();
        assert_eq!(eur.checked_add(usd), Err(MoneyError::MixedCurrencies));
        assert_eq!(eur.checked_add(eur).unwrap().amount(), Decimal::TWO);
    }
}
