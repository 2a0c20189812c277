// Signing in on behalf of the person at the keyboard, and remembering the token for as long as the browser tab lives.

import { post } from "./fetcher.js";

const STORAGE_KEY = "caregraph:session";

const LOGIN = `mutation SignIn($input: LoginInput!) {
  login(input: $input) {
    session { accessToken }
    errors { __typename ... on UserError { message } }
  }
}`;

/** When the token expires, in milliseconds since 1970, or `null` when it does not say. */
function expiryOf(token) {
  try {
    const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const { exp } = JSON.parse(atob(payload));
    return Number.isFinite(exp) ? exp * 1000 : null;
  } catch {
    return null;
  }
}

/** Signs in and answers the session; throws an error whose message can be shown. */
export async function signIn({ identifier, password, otp }) {
  const input = otp ? { identifier, password, otp } : { identifier, password };
  const { data, errors } = await post({ query: LOGIN, operationName: "SignIn", variables: { input } });
  const refusals = [...(errors ?? []), ...(data?.login?.errors ?? [])];
  const token = data?.login?.session?.accessToken;
  if (!token) {
    const messages = refusals.map(({ message, __typename }) => message ?? __typename);
    throw new Error(messages.join(" ") || "The server gave no session.");
  }
  return { identifier, authorization: `Bearer ${token}`, expiresAt: expiryOf(token) };
}

/** The session of this browser tab, or `null`. */
export function loadSession() {
  try {
    const session = JSON.parse(window.sessionStorage.getItem(STORAGE_KEY));
    const expired = session?.expiresAt && session.expiresAt <= Date.now();
    return expired ? null : session;
  } catch {
    return null;
  }
}

/** Remembers the session for reloads of this browser tab, or forgets it when it is `null`. */
export function storeSession(session) {
  if (session === null) {
    window.sessionStorage.removeItem(STORAGE_KEY);
  } else {
    window.sessionStorage.setItem(STORAGE_KEY, JSON.stringify(session));
  }
}
