// The sign-in dialog, and the link between the session and the headers editor.

import { Button, Dialog, useEditorContext, useSchemaStore } from "@graphiql/react";
import { createContext, useContext, useEffect, useMemo, useRef, useState } from "react";

import { authorizationOf, withAuthorization } from "./headers.js";
import { loadSession, signIn, storeSession } from "./session.js";

const SessionContext = createContext(null);

/** Keeps who is signed in for the components below it. */
export function SessionProvider({ children }) {
  const [session, setSession] = useState(loadSession);
  const value = useMemo(
    () => ({
      session,
      setSession(next) {
        storeSession(next);
        setSession(next);
      },
    }),
    [session],
  );
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

function SignInForm({ onSignIn }) {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState(null);

  async function submit(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setRefusal(null);
    try {
      onSignIn(
        await signIn({
          identifier: form.get("identifier").trim(),
          password: form.get("password"),
          otp: form.get("otp").trim(),
        }),
      );
    } catch (error) {
      setRefusal(error.message);
      setBusy(false);
    }
  }

  return (
    <form className="account-form" onSubmit={submit}>
      <p>
        The access token is written into the headers editor. Queries, mutations and subscriptions use it from there.
      </p>
      <label>
        E-mail, user name or phone
        <input name="identifier" autoComplete="username" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <label>
        One-time code, if your account asks for one
        <input name="otp" autoComplete="one-time-code" inputMode="numeric" />
      </label>
      <Button type="submit" state="success" disabled={busy}>
        Sign in
      </Button>
      {refusal && (
        <p className="account-refusal" role="alert">
          {refusal}
        </p>
      )}
    </form>
  );
}

function clockTime(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function SessionDetails({ session, onSignOut }) {
  return (
    <div className="account-form">
      <p>
        Signed in as <strong>{session.identifier}</strong>.
        {session.expiresAt && <> The access token is valid until {clockTime(session.expiresAt)}.</>}
      </p>
      <Button type="button" onClick={onSignOut}>
        Sign out
      </Button>
    </div>
  );
}

function AccountDialog({ open, onOpenChange }) {
  const { session, setSession } = useContext(SessionContext);
  function change(next) {
    setSession(next);
    onOpenChange(false);
  }
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <div className="graphiql-dialog-header">
        <Dialog.Title className="graphiql-dialog-title">Account</Dialog.Title>
        <Dialog.Close />
      </div>
      <div className="account">
        {session === null ? (
          <SignInForm onSignIn={change} />
        ) : (
          <SessionDetails session={session} onSignOut={() => change(null)} />
        )}
      </div>
    </Dialog>
  );
}

/**
 * Writes the session's token into the headers editor, and takes it out again when the session ends.
 *
 * Only what this page wrote is replaced or removed; an Authorization header typed by hand stays.
 */
function useAuthorizationHeader(authorization) {
  const { headerEditor } = useEditorContext({ nonNull: true });
  const written = useRef(new Set());

  useEffect(() => {
    if (!headerEditor) {
      return undefined;
    }
    function write() {
      const text = headerEditor.getValue();
      const present = authorizationOf(text);
      const isOurs = present === undefined || written.current.has(present);
      const next = isOurs && (present ?? null) !== authorization ? withAuthorization(text, authorization) : null;
      if (next !== null) {
        written.current.add(authorization);
        headerEditor.setValue(next);
      }
    }
    // Changing tabs and picking from the history set the whole text, while typing never does. They do so amid a state
    // change of GraphiQL's, hence the microtask.
    function onChanges(_editor, changes) {
      if (changes.some(({ origin }) => origin === "setValue")) {
        queueMicrotask(write);
      }
    }
    write();
    headerEditor.on("changes", onChanges);
    return () => headerEditor.off("changes", onChanges);
  }, [headerEditor, authorization]);
}

/** Asks for the schema again when the person changes, since who you are decides whether the router shows it. */
function useIntrospectionFor(authorization) {
  const { headerEditor } = useEditorContext({ nonNull: true });
  const introspect = useSchemaStore((store) => store.introspect);
  const asked = useRef(null);

  useEffect(() => {
    if (headerEditor && asked.current !== authorization) {
      asked.current = authorization;
      // GraphiQL's store learns of the headers editor in an effect that runs after this one.
      queueMicrotask(introspect);
    }
  }, [headerEditor, authorization, introspect]);
}

/** The corner of the tab bar: the program's name and who is signed in. */
export function AccountCorner() {
  const { session } = useContext(SessionContext);
  const [open, setOpen] = useState(false);
  const authorization = session?.authorization ?? null;
  useAuthorizationHeader(authorization);
  useIntrospectionFor(authorization);

  return (
    <>
      <a className="graphiql-logo-link" href="/">
        Caregraph
      </a>
      <button type="button" className="account-corner" onClick={() => setOpen(true)}>
        {session === null ? "Sign in" : session.identifier}
      </button>
      <AccountDialog open={open} onOpenChange={setOpen} />
    </>
  );
}
