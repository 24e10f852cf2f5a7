// Holds the bearer token of this tab. The token arrives in the fragment (`#token=…`), which is never sent to a
// server, and is moved into sessionStorage at once so that it does not stay in the address bar or the history.

const KEY = 'zerostate.token';
const TOKEN = /^[\x21-\x7e]{8,512}$/;

/** Moves a token out of the fragment. Returns true when there was one. */
export function takeTokenFromFragment() {
  if (!location.hash.startsWith('#token=')) return false;
  const fields = new URLSearchParams(location.hash.slice(1).replaceAll('+', '%2B'));
  const view = fields.get('view') ?? '';
  history.replaceState(
    null,
    '',
    `${location.pathname}${location.search}#${view.startsWith('/') ? view : '/network'}`,
  );
  return keepToken(fields.get('token') ?? '');
}

/** Keeps a token for this tab; false when it cannot be one. @param {string} token */
export function keepToken(token) {
  const trimmed = token.trim();
  if (!TOKEN.test(trimmed)) return false;
  sessionStorage.setItem(KEY, trimmed);
  return true;
}

/** @returns {string | null} */
export function currentToken() {
  return sessionStorage.getItem(KEY);
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}
