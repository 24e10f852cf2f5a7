// Reads the statement inside a DSSE envelope, for showing only. It proves nothing: the node's verify does.

/** @param {any} envelope DSSE in JSON @returns {any} the decoded payload, or null when it cannot be read */
export function statementOf(envelope) {
  if (typeof envelope?.payload !== 'string') return null;
  try {
    const binary = atob(envelope.payload.replaceAll('-', '+').replaceAll('_', '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0))));
  } catch {
    return null;
  }
}
