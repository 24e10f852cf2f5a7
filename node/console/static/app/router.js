// Hash routes: `#/cards/<agent id>?status=revoked`. Deep links are plain strings, so that any link can be shared.

/** @param {string} hash @returns {import('./api.js').Route} */
export function parseRoute(hash) {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return { path: path.split('/').filter(Boolean).map(decodePart), query: new URLSearchParams(query) };
}

/** @param {string[]} path @param {Record<string, string | null | undefined> | URLSearchParams} [query] empty values are left out */
export function routeTo(path, query = {}) {
  const fields = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  const kept = new URLSearchParams();
  for (const [name, value] of fields) if (value) kept.set(name, value);
  const text = kept.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

/** Changes the query of the current route without a new history entry. @param {Record<string, string | null | undefined>} changes */
export function replaceQuery(changes) {
  const { path, query } = parseRoute(location.hash);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  history.replaceState(null, '', routeTo(path, query));
}

/** @param {string} part */
function decodePart(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
