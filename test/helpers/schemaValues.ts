import fc from 'fast-check';
import { z } from 'zod';

/** The part of JSON Schema that our wire schemas are made of. */
export interface ShapeNode {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
  readonly properties?: Readonly<Record<string, ShapeNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: ShapeNode | boolean;
  readonly propertyNames?: ShapeNode;
  /** False: none after those of `prefixItems`. */
  readonly items?: ShapeNode | false;
  /** A tuple's. */
  readonly prefixItems?: readonly ShapeNode[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly ShapeNode[];
  readonly oneOf?: readonly ShapeNode[];
}

export function shapeOf(schema: z.ZodType): ShapeNode {
  // zod gives nothing else for our schemas, but may write a plain nullable as a list of types: `asUnions` undoes that.
  return asUnions(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' })) as ShapeNode;
}

function asUnions(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asUnions);
  if (typeof node !== 'object' || node === null) return node;
  const record = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, asUnions(value)]));
  const { type, ...rest } = record;
  return Array.isArray(type) ? { anyOf: type.map((one: unknown) => (one === 'null' ? { type: one } : { ...rest, type: one })) } : record;
}

const isOpen = (node: ShapeNode) => node.type === undefined && !node.anyOf && !node.oneOf && !node.enum && !('const' in node);

/** Values that fit. `given` fixes the value of every property of that name: an id that exists, an organisation of one's own. */
export function valuesOf(node: ShapeNode, given: Readonly<Record<string, unknown>> = {}): fc.Arbitrary<unknown> {
  if ('const' in node) return fc.constant(node.const);
  if (node.enum) return fc.constantFrom(...node.enum);
  const branches = node.anyOf ?? node.oneOf;
  if (branches) return fc.oneof(...branches.map((branch) => valuesOf(branch, given)));
  switch (node.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: Math.max(node.minimum ?? (node.exclusiveMinimum ?? -1) + 1, -1e9), max: Math.min(node.maximum ?? 1e9, 2_000_000_000) });
    case 'number':
      return fc.double({ min: node.minimum ?? 0, max: node.maximum ?? 1e6, noNaN: true, noDefaultInfinity: true });
    case 'string':
      if (node.pattern) return fc.stringMatching(new RegExp(node.pattern, 'u')).filter((text) => text.length <= (node.maxLength ?? Number.POSITIVE_INFINITY));
      return fc.string({ minLength: node.minLength ?? 0, maxLength: Math.min(node.maxLength ?? 30, 30) });
    case 'array':
      if (node.prefixItems) return fc.tuple(...node.prefixItems.map((item) => valuesOf(item, given)));
      return fc.array(valuesOf(node.items || {}, given), { minLength: node.minItems ?? 0, maxLength: Math.min(node.maxItems ?? 3, Math.max(3, node.minItems ?? 0)) });
    case 'object': {
      const { properties = {}, additionalProperties } = node;
      const known = Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, key in given ? fc.constant(given[key]) : valuesOf(child, given)]));
      if (Object.keys(known).length === 0 && typeof additionalProperties === 'object' && node.propertyNames) return fc.dictionary(valuesOf(node.propertyNames).map(String), valuesOf(additionalProperties, given), { maxKeys: 3 });
      return fc.record(known, { requiredKeys: [...(node.required ?? [])] });
    }
    default:
      return fc.constantFrom(null, 1, 'anything');
  }
}

/** One value that fits; the same for the same seed. */
export function fittingValue(schema: z.ZodType, seed = 1, given: Readonly<Record<string, unknown>> = {}): unknown {
  const [value] = fc.sample(valuesOf(shapeOf(schema), given), { numRuns: 1, seed });
  return value;
}

export interface Mutation {
  /** Where and how, for a test's name. */
  readonly what: string;
  readonly value: unknown;
}

/** A value that no schema of ours takes anywhere but where it takes all. */
const NONSENSE = [[['nonsense']]];

/** Every way to spoil `value` in one place so that it does not fit `node` any more: wrong kinds, bounds crossed by one, missing keys. */
export function mutationsOf(node: ShapeNode, value: unknown, path = ''): Mutation[] {
  if (isOpen(node)) return [];
  const here = path || 'the whole';
  const spoiled: Mutation[] = [{ what: `${here}: another kind`, value: NONSENSE }];
  const branches = node.anyOf ?? node.oneOf;
  if (branches) return spoiled; // what is within a branch may fit another
  if (node.enum || 'const' in node) return [...spoiled, { what: `${here}: not of the list`, value: 'no such member' }];
  if (node.type === 'integer') spoiled.push({ what: `${here}: a fraction`, value: 0.5 });
  if (node.type === 'integer' || node.type === 'number') {
    spoiled.push({ what: `${here}: a text`, value: '1' }, { what: `${here}: not a number`, value: Number.NaN });
    if (node.maximum !== undefined && node.maximum < Number.MAX_SAFE_INTEGER) spoiled.push({ what: `${here}: too large`, value: node.maximum + 1 });
    if (node.minimum !== undefined && node.minimum > Number.MIN_SAFE_INTEGER) spoiled.push({ what: `${here}: too small`, value: node.minimum - 1 });
  }
  if (node.type === 'string') {
    spoiled.push({ what: `${here}: a number`, value: 1 });
    if (node.maxLength !== undefined) spoiled.push({ what: `${here}: too long`, value: 'a'.repeat(node.maxLength + 1) });
    if (node.minLength) spoiled.push({ what: `${here}: too short`, value: '' });
    if (node.pattern) spoiled.push({ what: `${here}: does not match`, value: '\u0000 \u0000' });
  }
  if (node.type === 'array' && Array.isArray(value)) {
    const items: unknown[] = value;
    if (node.maxItems !== undefined && items.length > 0) spoiled.push({ what: `${here}: too many`, value: Array.from({ length: node.maxItems + 1 }, () => items[0]) });
    if (node.minItems) spoiled.push({ what: `${here}: too few`, value: [] });
    if (node.prefixItems) spoiled.push({ what: `${here}: one too few`, value: items.slice(1) }, { what: `${here}: one too many`, value: [...items, items[0]] });
    items.slice(0, node.prefixItems?.length ?? 1).forEach((item, index) => {
      for (const mutation of mutationsOf(node.prefixItems?.[index] ?? (node.items || {}), item, `${path}[${index}]`)) spoiled.push({ ...mutation, value: items.with(index, mutation.value) });
    });
  }
  if (node.type === 'object' && typeof value === 'object' && value !== null) {
    const record = value as Record<string, unknown>; // an object, by its schema
    for (const key of node.required ?? []) {
      const { [key]: _gone, ...rest } = record;
      const child = node.properties?.[key];
      if (child && !isOpen(child)) spoiled.push({ what: `${path}.${key}: missing`, value: rest });
    }
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      if (record[key] === undefined) continue;
      for (const mutation of mutationsOf(child, record[key], `${path}.${key}`)) spoiled.push({ ...mutation, value: { ...record, [key]: mutation.value } });
    }
  }
  return spoiled;
}

/** Texts and lists without a greatest length, by their path. */
export function unboundedIn(node: ShapeNode, path = ''): string[] {
  const found: string[] = [];
  if (node.type === 'string' && !node.enum && !('const' in node) && node.maxLength === undefined && !(node.pattern && isBounded(node.pattern))) found.push(path);
  if (node.type === 'array' && node.maxItems === undefined && !node.prefixItems) found.push(path);
  for (const [index, item] of (node.prefixItems ?? []).entries()) found.push(...unboundedIn(item, `${path}[${index}]`));
  for (const [key, child] of Object.entries(node.properties ?? {})) found.push(...unboundedIn(child, `${path}.${key}`));
  if (node.items) found.push(...unboundedIn(node.items, `${path}[]`));
  for (const branch of [...(node.anyOf ?? []), ...(node.oneOf ?? [])]) found.push(...unboundedIn(branch, path));
  if (typeof node.additionalProperties === 'object') found.push(...unboundedIn(node.additionalProperties, `${path}.*`), ...unboundedIn(node.propertyNames ?? { type: 'string' }, `${path}.<key>`));
  return found;
}

/** Whole-text patterns without an endless repetition. */
function isBounded(pattern: string): boolean {
  return pattern.startsWith('^') && pattern.endsWith('$') && !/(?<!\\)[*+]|,\}/.test(pattern.replace(/\[[^\]]*\]/g, 'x'));
}
