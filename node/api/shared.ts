// One answer for all who ask while it is made.

/** Makes it for the first who asks, and gives the same to all who ask until it is there. */
export function shared<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().finally(() => {
      made = undefined;
    });
    return made;
  };
}
