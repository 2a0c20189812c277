//! Value types that several subgraphs show.

use async_graphql::{Enum, InputObject, SimpleObject};
use caregraph_contracts::money::{Currency, Money, MoneyError};
use rust_decimal::Decimal;

/// A currency by its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Currency", name = "Currency")]
pub enum CurrencyCode {
    /// Vietnamese đồng, without a minor unit.
    #[graphql(name = "VND")]
    Vnd,
    /// Euro.
    #[graphql(name = "EUR")]
    Eur,
    /// United States dollar.
    #[graphql(name = "USD")]
    Usd,
    /// Australian dollar.
    #[graphql(name = "AUD")]
    Aud,
}

/// An amount of money: an exact decimal with its currency.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "Money", shareable)]
pub struct GraphqlMoney {
    /// The number, exact, as text: `250000` or `19.90`.
    pub amount: Decimal,
    /// Its currency.
    pub currency: CurrencyCode,
}

impl From<Money> for GraphqlMoney {
    fn from(money: Money) -> Self {
        Self {
            amount: money.amount(),
            currency: money.currency().into(),
        }
    }
}

/// An amount of money.
#[derive(Debug, Clone, InputObject)]
pub struct MoneyInput {
    /// The number, exact, as text, with no more decimals than the currency has.
    pub amount: Decimal,
    /// Its currency.
    pub currency: CurrencyCode,
}

impl TryFrom<MoneyInput> for Money {
    type Error = MoneyError;
    fn try_from(input: MoneyInput) -> Result<Self, MoneyError> {
        Self::new(input.amount, input.currency.into())
    }
}
