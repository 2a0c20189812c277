// What GraphiQL remembers, and what it must not.

/**
 * The storage behind GraphiQL's tabs, history and settings: that of the browser tab, without headers.
 *
 * Workstations in clinics are shared, so what was typed is forgotten with the browser tab. Headers carry tokens, and the
 * history would keep them even where `shouldPersistHeaders` is off, so they are left out of everything that is stored.
 */
export function createStorage(session = window.sessionStorage) {
  return {
    get length() {
      return session.length;
    },
    getItem: (key) => session.getItem(key),
    setItem: (key, value) => session.setItem(key, withoutHeaders(value)),
    removeItem: (key) => session.removeItem(key),
    clear: () => session.clear(),
  };
}

function withoutHeaders(value) {
  let parsed;
  try {
    parsed = JSON.parse(value);
  } catch {
    return value;
  }
  const isContainer = parsed !== null && typeof parsed === "object";
  return isContainer ? JSON.stringify(parsed, (key, entry) => (key === "headers" ? undefined : entry)) : value;
}
