// The headers editor holds the JSON object that GraphiQL sends as HTTP headers. These functions change one entry of
// that text and leave everything else the person typed alone.

const NAME = "Authorization";

/** Parses the text of the headers editor. Answers `null` when it is not a JSON object, so that nobody overwrites half-typed text. */
function parse(text) {
  if (!text || text.trim() === "") {
    return {};
  }
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Finds the key under which the headers carry an Authorization entry; header names ignore case. */
function authorizationKey(headers) {
  return Object.keys(headers).find((key) => key.toLowerCase() === NAME.toLowerCase());
}

/** The value of the Authorization header in the editor's text, or `undefined`. */
export function authorizationOf(text) {
  const headers = parse(text);
  const key = headers && authorizationKey(headers);
  return key && headers[key];
}

/**
 * The editor's text with the Authorization header set to `value`, or without it when `value` is `null`.
 *
 * Answers `null` when the text is not a JSON object and must not be touched.
 */
export function withAuthorization(text, value) {
  const headers = parse(text);
  if (headers === null) {
    return null;
  }
  const key = authorizationKey(headers) ?? NAME;
  if (value === null) {
    delete headers[key];
  } else {
    headers[key] = value;
  }
  return Object.keys(headers).length === 0 ? "" : JSON.stringify(headers, null, 2);
}

/** The Authorization entry of already parsed headers as the `connection_init` payload that the router reads. */
export function connectionParams(headers) {
  const key = authorizationKey(headers ?? {});
  return key ? { [NAME]: headers[key] } : {};
}
