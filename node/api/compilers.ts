// What checks requests and writes answers by the schemas of routes: fastify's own compilers, each schema compiled at its first use. Compiling all of them is
// a sixth of a node's start, and twice what is needed: each GET has a HEAD with the same schemas. Fastify's coercion, which a query string needs, makes 0,
// false or "" of a null: a body with a null in it is checked as it is.

import { createRequire } from 'node:module';
import type { FastifyServerOptions } from 'fastify';

type Factory = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;
/** Of what all schemas share and options, a compiler of one route's schema. */
type Build<F> = (schemas: unknown, options: unknown) => (route: unknown) => F;
type Validate = ((data: unknown) => unknown) & { errors?: unknown };
type Serialize = (data: unknown) => string;

/** The packages that fastify takes where nothing else is said, as it finds them. */
const require = createRequire(import.meta.resolve('fastify'));

/** For fastify's option `schemaController`. `isEager`: compiles all at once, so that a schema that is wrong is found. */
export function compilers(isEager = false): { compilersFactory: Factory } {
  const lazily = <F>(packageName: string) => {
    const build: Build<() => F> = (schemas, options) => {
      const compile = once(() => (require(packageName) as () => Build<F>)()(schemas, options));
      return (route) => {
        const compiled = once(() => compile()(route));
        if (isEager) compiled();
        return compiled;
      };
    };
    return build;
  };
  const validators = lazily<Validate>('@fastify/ajv-compiler');
  const serializers = lazily<Serialize>('@fastify/fast-json-stringify-compiler');
  const buildValidator: Build<Validate> = (schemas, options) => {
    const compile = validators(schemas, options);
    const { customOptions, ...others } = options as { customOptions?: object };
    const compileStrictly = validators(schemas, {
      ...others,
      customOptions: { ...customOptions, coerceTypes: false },
    });
    return (route) => {
      const compiled = compile(route);
      const strict = compileStrictly(route);
      const validate: Validate = (data) => {
        const check = hasNull(data) ? strict() : compiled();
        const result = check(data);
        validate.errors = check.errors;
        return result;
      };
      return validate;
    };
  };
  const buildSerializer: Build<Serialize> = (schemas, options) => {
    const compile = serializers(schemas, options);
    return (route) => {
      const compiled = compile(route);
      return (data) => compiled()(data);
    };
  };
  return { compilersFactory: { buildValidator, buildSerializer } as Factory };
}

/** Whether a null stands anywhere in what JSON.parse made. A list of steps and no recursion: a body nests as deep as its sender likes. */
function hasNull(data: unknown): boolean {
  const left = [data];
  while (left.length > 0) {
    const value = left.pop();
    if (value === null) return true;
    if (typeof value === 'object' && !ArrayBuffer.isView(value))
      for (const one of Object.values(value)) left.push(one);
  }
  return false;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
