//! What of an error a client gets to see.

use caregraph_kit::hosting::codes;
use hive_router::GraphQLError;
use hive_router::executor::response::graphql_error::GraphQLErrorExtensions;
use hive_router::http::StatusCode;
use hive_router::sonic_rs::json;

/// In characters. Ours are shorter.
const LONGEST_MESSAGE: usize = 400;

/// What becomes of an error.
enum Verdict {
    /// It passes with this code and, unless replaced, its own message.
    Public(&'static str, Option<&'static str>),
    /// It is a fault: logged here, masked there.
    Fault,
}

/// Turns an error of the engine or of a subgraph into one that may leave the house: a known code with its message, or
/// `INTERNAL`. Names of subgraphs, addresses, and every other extension stay inside.
pub(crate) fn mask(error: &mut GraphQLError, request_id: &str) {
    let code = error.extensions.code.take();
    let (code, message) = match judge(code.as_deref()) {
        Verdict::Public(code, message) => (code.to_owned(), message),
        Verdict::Fault if code.as_deref().is_some_and(codes::is_public) => (code.unwrap_or_default(), None),
        Verdict::Fault => {
            // Errors of subgraphs in this process were masked and logged at their source, with more to say.
            if code.as_deref() != Some(codes::INTERNAL) {
                tracing::error!(
                    request_id,
                    code,
                    subgraph = error.extensions.service_name,
                    error = %error.message,
                    "a request failed"
                );
            }
            (codes::INTERNAL.to_owned(), Some(codes::MASKED_MESSAGE))
        }
    };
    if let Some(message) = message {
        message.clone_into(&mut error.message);
    }
    if code == codes::GRAPHQL_PARSE_FAILED {
        error.message = not_graphql(&error.message);
    }
    // Subgraphs quote what they could not read, however long it is.
    if let Some((end, _)) = error.message.char_indices().nth(LONGEST_MESSAGE) {
        error.message.truncate(end);
        error.message.push('…');
    }
    let mut extensions = GraphQLErrorExtensions::new_from_code(&code);
    if code == codes::INTERNAL || code == codes::SUBGRAPH_UNAVAILABLE {
        extensions
            .extensions
            .insert("requestId".to_owned(), json!(request_id));
    }
    error.extensions = extensions;
}

/// The engine's parser quotes the unexpected token from memory that it has given back already, so its text may hold anything
/// that the process knew, other people's requests included. Only the position is taken from it.
fn not_graphql(message: &str) -> String {
    let position = message.split_once("Parse error at ").and_then(|(_, rest)| {
        let (line, rest) = rest.split_once(':')?;
        let column: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some((line.parse::<u32>().ok()?, column.parse::<u32>().ok()?))
    });
    match position {
        Some((line, column)) => format!("The document is not GraphQL: line {line}, column {column}"),
        None => "The document is not GraphQL".to_owned(),
    }
}

/// The engine's own codes in our words.
fn judge(code: Option<&str>) -> Verdict {
    use Verdict::{Fault, Public};
    let Some(code) = code else { return Fault };
    match code {
        "MAX_DEPTH_EXCEEDED" => Public(codes::LIMIT_EXCEEDED, Some("The operation nests too deeply")),
        "MAX_ALIASES_EXCEEDED" => Public(codes::LIMIT_EXCEEDED, Some("The operation has too many aliases")),
        "MAX_DIRECTIVES_EXCEEDED" => Public(
            codes::LIMIT_EXCEEDED,
            Some("The operation has too many directives"),
        ),
        "TOKEN_LIMIT_EXCEEDED" => Public(codes::LIMIT_EXCEEDED, Some("The operation has too many tokens")),
        "PAYLOAD_TOO_LARGE_CONTENT_LENGTH"
        | "PAYLOAD_TOO_LARGE_BODY_STREAM"
        | "REQUEST_HEADER_FIELDS_TOO_LARGE" => {
            Public(codes::LIMIT_EXCEEDED, Some("The request is too large"))
        }
        "METHOD_NOT_ALLOWED"
        | "INVALID_HEADER"
        | "MISSING_CONTENT_TYPE_HEADER"
        | "UNSUPPORTED_CONTENT_TYPE"
        | "UNSUPPORTED_CONTENT_ENCODING"
        | "MISSING_QUERY_PARAM"
        | "UNPROCESSABLE_QUERY_PARAMS"
        | "MUTATION_NOT_ALLOWED_OVER_HTTP_GET"
        | "OPERATION_RESOLUTION_FAILURE"
        | "PAYLOAD_READ_ERROR" => Public(codes::BAD_REQUEST, None),
        "CSRF_PREVENTION_FAILED" => Public(codes::CSRF_PREVENTED, None),
        "SUBSCRIPTIONS_NOT_SUPPORTED" | "SUBSCRIPTIONS_TRANSPORT_NOT_SUPPORTED" => Public(
            codes::NOT_ACCEPTABLE,
            Some("Subscribe over WebSocket, or accept text/event-stream"),
        ),
        rule if VALIDATION_RULES.contains(&rule) => Public(codes::GRAPHQL_VALIDATION_FAILED, None),
        "UNAUTHORIZED_OPERATION" | "UNAUTHORIZED_FIELD_OR_TYPE" => Public(codes::FORBIDDEN, None),
        "GATEWAY_TIMEOUT" | "SUBGRAPH_REQUEST_TIMEOUT" => {
            Public(codes::TIMEOUT, Some("The request took too long"))
        }
        "SUBREQUEST_HTTP_ERROR"
        | "SUBGRAPH_RESPONSE_FAILURE"
        | "SUBGRAPH_RESPONSE_BODY_READ_FAILURE"
        | "SUBGRAPH_RESPONSE_BODY_EMPTY"
        | "SUBGRAPH_CIRCUIT_BREAKER_REJECTED"
        | "SUBGRAPH_WEBSOCKET_CONNECT_FAILURE"
        | "SUBGRAPH_WEBSOCKET_HANDSHAKE_FAILURE"
        | "SUBGRAPH_WEBSOCKET_STREAM_CLOSED_EMPTY"
        | "SUBGRAPH_WEBSOCKET_CLIENT_FAILURE"
        | "SUBGRAPH_SUBSCRIPTION_SSE_STREAM_ERROR"
        | "SUBGRAPH_SUBSCRIPTION_MULTIPART_STREAM_ERROR"
        | "SUBGRAPH_STREAM_STATUS_CODE_NOT_OK" => Public(
            codes::SUBGRAPH_UNAVAILABLE,
            Some("A part of the system does not answer"),
        ),
        _ => Fault,
    }
}

/// The engine gives every rule of GraphQL validation a code of its own.
const VALIDATION_RULES: [&str; 25] = [
    "FieldsOnCorrectType",
    "FragmentsOnCompositeTypes",
    "KnownArgumentNames",
    "KnownDirectives",
    "KnownFragmentNames",
    "KnownTypeNames",
    "LeafFieldSelections",
    "LoneAnonymousOperation",
    "NoFragmentsCycle",
    "NoUndefinedVariables",
    "NoUnusedFragments",
    "NoUnusedVariables",
    "OverlappingFieldsCanBeMerged",
    "PossibleFragmentSpreads",
    "ProvidedRequiredArguments",
    "SingleFieldSubscriptions",
    "UniqueArgumentNames",
    "UniqueDirectivesPerLocation",
    "UniqueFragmentNames",
    "UniqueInputFieldNames",
    "UniqueOperationNames",
    "UniqueVariableNames",
    "ValuesOfCorrectType",
    "VariablesAreInputTypes",
    "VariablesInAllowedPosition",
];

/// The HTTP status of a request that was refused as a whole. `None` for codes of resolvers, whose answers are partial data.
pub(crate) fn refusal_status(error: &GraphQLError) -> Option<StatusCode> {
    if error.path.is_some() {
        return None;
    }
    match error.extensions.code.as_deref()? {
        codes::LIMIT_EXCEEDED
        | codes::BAD_USER_INPUT
        | codes::GRAPHQL_VALIDATION_FAILED
        | codes::GRAPHQL_PARSE_FAILED => Some(StatusCode::BAD_REQUEST),
        codes::INTROSPECTION_DISABLED => Some(StatusCode::FORBIDDEN),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(code: Option<&str>, message: &str) -> GraphQLError {
        let mut error = GraphQLError::from(message);
        error.extensions.code = code.map(str::to_owned);
        error.extensions.service_name = Some("secret-service".to_owned());
        error
            .extensions
            .extensions
            .insert("stack".to_owned(), json!("trace"));
        mask(&mut error, "r1");
        error
    }

    #[test]
    fn faults_lose_everything_but_the_request_id() {
        for code in [
            None,
            Some("DOWNSTREAM_SERVICE_ERROR"),
            Some("QUERY_PLAN_BUILD_FAILED"),
        ] {
            let error = masked(code, "select * from users");
            let text = sonic_rs::to_string(&error).unwrap();
            assert_eq!(error.message, "Internal error");
            assert!(text.contains(r#""code":"INTERNAL""#) && text.contains(r#""requestId":"r1""#));
            assert!(
                !text.contains("secret") && !text.contains("users") && !text.contains("stack"),
                "{text}"
            );
        }
    }

    #[test]
    fn known_codes_keep_their_message_and_nothing_else() {
        let error = masked(Some("NOT_FOUND"), "patient not found");
        let text = sonic_rs::to_string(&error).unwrap();
        assert_eq!(
            text,
            r#"{"message":"patient not found","extensions":{"code":"NOT_FOUND"}}"#
        );
    }

    #[test]
    fn of_a_parsers_complaint_only_the_position_is_told() {
        let complaint = "Failed to parse GraphQL operation: Parse error at 1:13\nUnexpected `a secret[Name]`";
        let error = masked(Some("GRAPHQL_PARSE_FAILED"), complaint);
        assert_eq!(error.message, "The document is not GraphQL: line 1, column 13");
        let error = masked(Some("GRAPHQL_PARSE_FAILED"), "a secret");
        assert_eq!(error.message, "The document is not GraphQL");
    }

    #[test]
    fn the_engines_codes_become_ours() {
        assert_eq!(
            masked(Some("MAX_DEPTH_EXCEEDED"), "x").extensions.code.as_deref(),
            Some("LIMIT_EXCEEDED")
        );
        let unavailable = masked(
            Some("SUBREQUEST_HTTP_ERROR"),
            "connect to http://10.0.0.7:4001 failed",
        );
        assert_eq!(
            unavailable.extensions.code.as_deref(),
            Some("SUBGRAPH_UNAVAILABLE")
        );
        assert!(!unavailable.message.contains("10.0.0.7"));
    }

    use hive_router::sonic_rs;
}
