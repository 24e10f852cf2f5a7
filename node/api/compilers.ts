// What checks requests and writes answers by the schemas of routes: fastify's own compilers, each schema compiled at its first use. Compiling all of them is
// a sixth of a node's start, and twice what is needed: each GET has a HEAD with the same schemas. A query string is all text, so fastify's coercion makes
// numbers of it; a body has types of its own and is checked as it is, and a member that its schema does not name is refused and not left out.

import { createRequire } from 'node:module';
import type { FastifyServerOptions } from 'fastify';

type Factory = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;
/** Of what all schemas share and options, a compiler of one route's schema. */
type Build<F> = (schemas: unknown, options: unknown) => (route: unknown) => F;
type Validate = ((data: unknown) => unknown) & { errors?: unknown };
type Serialize = (data: unknown) => string;

/** Options of the validator of bodies; `verbose` gives each finding the schema and the value, for what is said of it. */
const AS_IT_IS = { coerceTypes: false, removeAdditional: false, verbose: true } as const;

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
    const compileBody = validators(schemas, { ...others, customOptions: { ...customOptions, ...AS_IT_IS } });
    return (route) => {
      const { httpPart } = route as { httpPart?: string };
      const compiled = (httpPart === 'body' ? compileBody : compile)(route);
      const validate: Validate = (data) => {
        const check = compiled();
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

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
