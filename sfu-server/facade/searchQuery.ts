import { addDays, type CivilDate, isRealDate } from '#shared/domain/recurrence';
import type { Span } from '#shared/domain/scheduling';
import { AppError } from '#shared/protocol/errors';
import { z } from 'zod';
import { instantOf } from '../scheduling/civilTime.ts';
import type { Condition, RowQuery } from '../storage/facadeRows.ts';
import { type FacadeType, type Include, includesOf, isFacadeType, type Parameter, TYPES } from './parameters.ts';

/** A search as it was understood. */
export interface FacadeSearch {
  readonly query: RowQuery;
  /** Entries a page has at most; 0: only how many there are is asked. */
  readonly count: number;
  /** What of the resources found is to come along. */
  readonly includes: readonly Include[];
  /** The parameters that counted, for the link to this very page, without the place where it begins. */
  readonly used: readonly (readonly [string, string])[];
}

export interface SearchContext {
  /** `Prefer: handling=strict`: what is not known is refused and not left out. */
  readonly isStrict: boolean;
  /** IANA; of days and times that name no zone. */
  readonly timeZone: string;
  /** The facade's address, which references may begin with. */
  readonly base: string;
}

export const CURSOR = '_cursor';
const DEFAULT_COUNT = 20;
const MAX_COUNT = 100;
const MAX_PARAMETERS = 40;
const MAX_VALUES = 50;
/** What says how the answer is to be written, and was looked at before. */
const ELSEWHERE = ['_format', '_pretty'];
const cursorSchema = z.tuple([z.number().int(), z.string().regex(/^[A-Za-z0-9.-]{1,64}$/)]);

const refused = (parameter: string, why: string) => new AppError('input.malformed', `${parameter}: ${why}`);

/** @throws AppError `input.malformed` naming the parameter that cannot be understood */
export function parseSearch(type: FacadeType, given: readonly (readonly [string, string])[], context: SearchContext): FacadeSearch {
  const { parameters, sorts, order } = TYPES[type];
  if (given.length > MAX_PARAMETERS) throw new AppError('input.tooLarge', 'too many search parameters');
  const groups: Condition[][] = [];
  const used: (readonly [string, string])[] = [];
  const includes: Include[] = [];
  let count = DEFAULT_COUNT;
  let sort: RowQuery['sort'] = order === null ? null : { column: order, isDescending: false };
  let after: RowQuery['after'] = null;
  for (const [key, value] of given) {
    const [name = '', modifier = null] = key.split(':', 2);
    if (ELSEWHERE.includes(name)) continue;
    if (key === CURSOR) {
      after = cursorOf(value);
      continue;
    }
    if (key === '_count') count = countOf(value);
    else if (key === '_include') includes.push(...includeOf(type, value));
    else if (key === '_sort') sort = sortOf(value, sorts);
    else {
      const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
      if (parameter === undefined) {
        if (context.isStrict) throw refused(key.slice(0, 60), `not a search parameter of ${type}`);
        continue;
      }
      const values = valuesOf(value);
      if (values.length > MAX_VALUES) throw refused(name, 'too many values');
      groups.push(values.flatMap((one) => conditionsOf(name, modifier, parameter, one, context)));
    }
    used.push([key, value]);
  }
  return { query: { groups, sort, after, limit: count + 1 }, count, includes, used };
}

/** `*`, `Type:*`, `Type:parameter` or `Type:parameter:Target`. */
function includeOf(type: FacadeType, text: string): Include[] {
  const all = includesOf(type);
  const [source = '', name = '*', target] = text.split(':');
  if (text === '*' || (source === type && name === '*' && target === undefined)) return [...all.values()];
  const found = source === type ? all.get(name) : undefined;
  const targets = found?.targets.filter((one) => target === undefined || one === target) ?? [];
  if (found === undefined || targets.length === 0 || (target !== undefined && !isFacadeType(target))) throw refused('_include', `only ${['*', ...[...all.keys()].map((key) => `${type}:${key}`)].join(', ')}`);
  return [{ element: found.element, targets }];
}

/** Where the page after this row begins. */
export function cursorAfter({ id, sortValue }: { readonly id: string; readonly sortValue: number }): string {
  return Buffer.from(JSON.stringify([sortValue, id]), 'utf8').toString('base64url');
}

function cursorOf(text: string): NonNullable<RowQuery['after']> {
  try {
    const [value, id] = cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return { value, id };
  } catch (error) {
    throw new AppError('input.malformed', `${CURSOR}: not one of ours`, { cause: error });
  }
}

function countOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw refused('_count', 'not a whole number');
  return Math.min(MAX_COUNT, Number(text));
}

function sortOf(text: string, sorts: Readonly<Record<string, string>>): RowQuery['sort'] {
  if (text === '_id') return null;
  const name = text.startsWith('-') ? text.slice(1) : text;
  const column = Object.hasOwn(sorts, name) ? sorts[name] : undefined;
  if (column === undefined) throw refused('_sort', `only ${['_id', ...Object.keys(sorts)].join(', ')}, one of them`);
  return { column, isDescending: text.startsWith('-') };
}

/** Values parted by commas; a comma within one is written `\,`. */
function valuesOf(text: string): string[] {
  return (text.match(/(?:\\.|[^,\\])+/gs) ?? []).map((one) => one.replace(/\\(.)/gs, '$1'));
}

function conditionsOf(name: string, modifier: string | null, parameter: Parameter, value: string, context: SearchContext): Condition[] {
  if (value.includes('\0')) throw refused(name, 'holds a null character');
  switch (parameter.type) {
    case 'string': {
      const how = modifier === null ? 'starts' : modifier === 'contains' ? 'contains' : modifier === 'exact' ? 'exactly' : null;
      if (how === null) throw refused(name, 'that modifier is not supported');
      return [{ type: 'named', column: parameter.column, how, text: value }];
    }
    case 'token': {
      if (modifier !== null) throw refused(name, 'that modifier is not supported');
      const code = value.includes('|') ? value.slice(value.lastIndexOf('|') + 1) : value;
      const values = parameter.codes === null ? [parameter.isList ? value : code] : parameter.codes.get(code);
      // A word of FHIR's own that nothing of ours ever has is known, and finds nothing.
      if (values === undefined) throw refused(name, 'not a code of this element');
      return [parameter.isList ? { type: 'has', column: parameter.column, values } : { type: 'in', column: parameter.column, values }];
    }
    case 'reference': {
      const { column, isList, isTyped, targets } = parameter;
      // `subject:Patient=…` names the type; no other modifier is known, and one that were taken for a type would find nothing in silence.
      if (modifier !== null && !targets.includes(modifier)) throw refused(name, 'that modifier is not supported');
      const [type, id] = referenceOf(name, modifier, value, context.base);
      const types = type === null ? targets : targets.filter((one) => one === type);
      const values = isTyped ? types.map((one) => `${one}/${id}`) : types.length === 0 ? [] : [id];
      return [isList ? { type: 'has', column, values } : { type: 'in', column, values }];
    }
    case 'date':
      if (modifier !== null) throw refused(name, 'that modifier is not supported');
      return dateConditions(name, parameter.column, value, context.timeZone);
  }
}

/** `Type/id`, `id`, or the whole address. */
function referenceOf(name: string, modifier: string | null, value: string, base: string): readonly [string | null, string] {
  const local = value.startsWith(`${base}/`) ? value.slice(base.length + 1) : value;
  const found = /^(?:([A-Za-z]{1,40})\/)?([A-Za-z0-9.-]{1,64})$/.exec(local);
  if (found?.[2] === undefined) throw refused(name, 'not a reference to a resource of this server');
  return [found[1] ?? modifier, found[2]];
}

const PREFIXED = /^(eq|ne|gt|ge|lt|le)?(\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[ +-]\d{2}:\d{2})?)?)?)?)$/;

function dateConditions(name: string, column: string, value: string, timeZone: string): Condition[] {
  const [, prefix = 'eq', text] = PREFIXED.exec(value) ?? [];
  const span = text === undefined ? null : spanOf(text, timeZone);
  if (span === null) throw refused(name, 'not a date, or a prefix that is not supported (eq, ne, gt, ge, lt, le)');
  const { fromMs, untilMs } = span;
  const bounds = { eq: [fromMs, untilMs], ne: [fromMs, untilMs], gt: [untilMs, null], ge: [fromMs, null], lt: [null, fromMs], le: [null, untilMs] } as const;
  const [from, until] = bounds[prefix as keyof typeof bounds]; // one of the expression's own
  return [{ type: 'within', column, fromMs: from, untilMs: until, isNot: prefix === 'ne' }];
}

/** The time that a date or time of FHIR's means: a year, a month, a day, a minute, a second or an instant. Null: there is no such time. */
export function spanOf(text: string, timeZone: string): Span | null {
  const [day = '', clock] = text.split('T');
  const from = `${day}-01-01`.slice(0, 10) as CivilDate; // whether it is one is asked next
  if (!isRealDate(from)) return null;
  const midnight = (date: CivilDate) => instantOf(date, 0, timeZone);
  if (clock === undefined) {
    const until = day.length === 4 ? (`${String(Number(day) + 1).padStart(4, '0')}-01-01` as CivilDate) : day.length === 7 ? (`${addDays(`${day}-28` as CivilDate, 7).slice(0, 7)}-01` as CivilDate) : addDays(from, 1); // real dates by what was tested
    const span = { fromMs: midnight(from), untilMs: midnight(until) };
    return Number.isNaN(span.untilMs) ? null : span;
  }
  const [, hours = '', minutes = '', seconds, fraction, zone] = /^(\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?(Z|[ +-]\d{2}:\d{2})?$/.exec(clock) ?? [];
  if (hours === '' || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds ?? 0) > 59) return null;
  // A plus sign that was not escaped arrives as a space.
  const minuteMs = zone === undefined ? instantOf(from, Number(hours) * 60 + Number(minutes), timeZone) : Date.parse(`${from}T${hours}:${minutes}:00${zone.replace(' ', '+')}`);
  const fromMs = minuteMs + Number(seconds ?? 0) * 1000 + Math.floor(Number(fraction ?? 0) * 1000 + 1e-6);
  return Number.isNaN(fromMs) ? null : { fromMs, untilMs: fromMs + (seconds === undefined ? 60_000 : fraction === undefined ? 1000 : 1) };
}
