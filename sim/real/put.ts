// Replaces members of an object that others have made, whatever they are.

/** Puts values in the place of an object's members. */
export function put(target: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members))
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true });
}
