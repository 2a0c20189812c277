// The page at /graphiql: GraphiQL with an explorer, a sign-in dialog and a first query.

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { AccountCorner, SessionProvider } from "./account.jsx";
import { createFetcher } from "./fetcher.js";
import { createStorage } from "./storage.js";
import welcome from "./welcome.graphql";

import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./style.css";

const fetcher = createFetcher();
const plugins = [explorerPlugin()];
const defaultTabs = [{ query: welcome }];
const storage = createStorage();

createRoot(document.getElementById("graphiql")).render(
  <SessionProvider>
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      storage={storage}
      defaultTabs={defaultTabs}
      defaultQuery=""
      defaultEditorToolsVisibility="headers"
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        <AccountCorner />
      </GraphiQL.Logo>
    </GraphiQL>
  </SessionProvider>,
);
