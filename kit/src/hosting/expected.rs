//! What is said about a value that its type does not allow: what was expected, with an example. What a parser stumbled over
//! ("premature end of input") helps nobody who does not know the parser.

/// What async-graphql puts before the parser's words, and behind them for each type around the value.
const REFUSED: &str = "Failed to parse \"";
const WHERE: &str = " (occurred while parsing \"";

/// The message about a refused value in words for its sender; `None` where there are no better ones than those it has.
///
/// The value itself is not repeated: it may be long, and it may be what nobody but its sender should read.
pub(super) fn instead_of(message: &str) -> Option<String> {
    let (scalar, said) = message.strip_prefix(REFUSED)?.split_once("\": ")?;
    let wanted = wanted(scalar)?;
    let place = said.find(WHERE).map_or("", |at| &said[at..]);
    Some(format!("{REFUSED}{scalar}\": {wanted}{place}"))
}

/// What a scalar of a library takes. Our own scalars say it themselves.
fn wanted(scalar: &str) -> Option<&'static str> {
    match scalar {
        "DateTime" => Some("must be a date and time with its zone, such as 2026-03-01T09:00:00+07:00"),
        "Decimal" => Some("must be a decimal number of at most 28 digits, such as 37.5"),
        "UUID" => Some("must be an identifier such as 01a1fbc2-ada3-7b24-83fa-dea3edea3c51"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{InputObject, InputType, Value, value};
    use chrono::{DateTime, Utc};
    use rust_decimal::Decimal;

    #[derive(InputObject)]
    struct Wish {
        at: DateTime<Utc>,
    }

    fn refused<T: InputType>(value: Value) -> String {
        let error = T::parse(Some(value)).err().unwrap();
        let message = error.into_server_error(async_graphql::Pos::default()).message;
        instead_of(&message).unwrap_or(message)
    }

    #[test]
    fn what_is_expected_is_said_with_an_example() {
        for bad in ["2026-13-01T09:00:00Z", "2026-03-01T09:00:00", "tomorrow", ""] {
            assert_eq!(
                refused::<DateTime<Utc>>(Value::String(bad.to_owned())),
                "Failed to parse \"DateTime\": must be a date and time with its zone, such as 2026-03-01T09:00:00+07:00"
            );
        }
        assert!(refused::<Decimal>(Value::String("much".to_owned())).ends_with("such as 37.5"));
    }

    #[test]
    fn where_it_stands_is_still_said() {
        let message = refused::<Wish>(value!({ "at": "tomorrow" }));
        assert!(
            message.ends_with("+07:00 (occurred while parsing \"Wish\")"),
            "{message}"
        );
    }

    #[test]
    fn the_examples_are_good() {
        let example = |scalar| {
            wanted(scalar)
                .and_then(|wanted| wanted.rsplit(' ').next())
                .unwrap()
        };
        assert!(example("DateTime").parse::<DateTime<Utc>>().is_ok());
        assert!(example("Decimal").parse::<Decimal>().is_ok());
        assert!(uuid::Uuid::try_parse(example("UUID")).is_ok());
    }

    #[test]
    fn other_messages_stay() {
        for other in [
            "Expected input type \"DateTime\", found 5.",
            "Failed to parse \"Date\": must be a day such as 1990-04-12",
            "Invalid value for argument \"first\"",
        ] {
            assert_eq!(instead_of(other), None);
        }
    }
}
