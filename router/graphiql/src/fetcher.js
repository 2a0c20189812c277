// How GraphiQL talks to the router: queries and mutations by POST, subscriptions by WebSocket.

import { getOperationAST, parse } from "graphql";
import { createClient } from "graphql-ws";

import { connectionParams } from "./headers.js";

/** The one public GraphQL address, for HTTP and WebSocket alike, on the origin this page came from. */
const ENDPOINT = "/graphql";

function websocketUrl() {
  const url = new URL(ENDPOINT, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** Sends one operation by POST and answers the GraphQL response; a body that is not one becomes a readable error. */
export async function post(params, headers) {
  const response = await fetch(ENDPOINT, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json",
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify(params),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The server answered ${response.status} ${response.statusText}: ${text.slice(0, 500)}`.trim());
  }
}

function socketError(error) {
  if (error instanceof CloseEvent) {
    return new Error(`The connection was closed: ${error.code} ${error.reason}`.trim());
  }
  return error instanceof Event ? new Error("The WebSocket connection could not be made.") : error;
}

function isSubscription(params, documentAst) {
  try {
    const operation = getOperationAST(documentAst ?? parse(params.query), params.operationName);
    return operation?.operation === "subscription";
  } catch {
    // The server's parse error says more than ours would.
    return false;
  }
}

/** Makes the function that GraphiQL calls for each operation. */
export function createFetcher() {
  let client = null;
  let clientKey = null;

  // The router reads the token once per connection, so other headers need another connection.
  function clientFor(headers) {
    const params = connectionParams(headers);
    const key = JSON.stringify(headers ?? {});
    if (client === null || key !== clientKey) {
      client?.dispose();
      // No silent reconnects: who explores wants to see that a connection broke, and why.
      client = createClient({ url: websocketUrl(), connectionParams: params, retryAttempts: 0 });
      clientKey = key;
    }
    return client;
  }

  // Not a generator: its `return` would wait for the next event, and "stop" must end the subscription at once.
  function subscribe(params, headers) {
    const events = clientFor(headers).iterate(params);
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        try {
          return await events.next();
        } catch (error) {
          throw socketError(error);
        }
      },
      return: (value) => events.return(value),
      throw: (error) => events.throw(error),
    };
  }

  return (params, options) => {
    const headers = options?.headers;
    return isSubscription(params, options?.documentAST) ? subscribe(params, headers) : post(params, headers);
  };
}
