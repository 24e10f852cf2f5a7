// Loads a package that is no dependency of ours, when its user has installed it. The one place of this room that imports by a computed
// name; only names of packages, and file URLs that the user gave, pass.

const PACKAGE = /^(?:@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*$/;

/** The module. Rejects as `import` does, and for what is neither a package nor a file URL. */
export async function optionalPackage(name: string): Promise<unknown> {
  if (!PACKAGE.test(name) && !name.startsWith('file:') && !name.startsWith('/'))
    throw new Error(`${name} is not the name of a package`);
  return (await import(name)) as unknown;
}
