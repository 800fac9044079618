import { SPECIALTY_SYSTEM } from '#shared/domain/fhirNames';
import { preferredTimeSchema, type RequestForm, type WantedExpert, wantedExpertSchema } from '#shared/domain/consultation/form';
import { AppError } from '#shared/protocol/errors';
import { z } from 'zod';
import { CONSENT_EXCEPTION, CONSULT_KIND, NEEDS_CART, WANTED_EXPERT } from './codes.ts';

const text = z.string().max(2000);
const coding = z.object({ system: text.optional(), code: text.optional() });
const concept = z.object({ coding: z.array(coding).max(20).default([]) });
const reference = z.object({ reference: z.string().max(400) });
const extension = z.object({
  url: text, valueString: text.optional(), valueBoolean: z.boolean().optional(),
  extension: z.array(z.object({ url: text, valueCode: text.optional(), valuePositiveInt: z.number().int().optional() })).max(10).default([]),
});
const time = z.string().max(40).refine((value) => !Number.isNaN(Date.parse(value)), 'not a time');

/** What an order is read for besides what the case file's import reads of it (question, diagnosis, ward, priority). */
export const orderSchema = z.object({
  resourceType: z.literal('ServiceRequest'),
  status: z.enum(['draft', 'active']),
  intent: z.enum(['order', 'original-order']),
  identifier: z.array(z.object({ system: z.string().min(1).max(200), value: z.string().min(1).max(200) })).max(10).default([]),
  subject: reference,
  requester: reference,
  performer: z.array(reference).max(1).default([]),
  performerType: concept.optional(),
  category: z.array(concept).max(10).default([]),
  occurrencePeriod: z.object({ start: time, end: time }).optional(),
  extension: z.array(extension).max(50).default([]),
  contained: z.array(z.object({ resourceType: z.string().max(60), id: z.string().max(64).optional() }).loose()).max(500).default([]),
});
export type Order = z.infer<typeof orderSchema>;

/** The part of the request form that is the order's alone. @throws AppError `input.malformed` for a specialty, a title, a number or a time that does not exist */
export function formOf({ extension: extensions, performerType, category, occurrencePeriod }: Order): Pick<RequestForm, 'kind' | 'wanted' | 'preferredTimes' | 'needsCart'> {
  const told = extensions.filter(({ url }) => url === WANTED_EXPERT).map(({ extension: parts }) => {
    const part = (name: string) => parts.find(({ url }) => url === name);
    return { specialty: part('specialty')?.valueCode, leastGrade: part('leastGrade')?.valueCode ?? 'resident', count: part('count')?.valuePositiveInt ?? 1 };
  });
  const typed = (performerType?.coding ?? []).filter(({ system }) => system === SPECIALTY_SYSTEM).map(({ code }) => ({ specialty: code, leastGrade: 'resident', count: 1 }));
  const wanted = (told.length > 0 ? told : typed).map((one): WantedExpert => {
    const parsed = wantedExpertSchema.safeParse(one);
    if (!parsed.success) throw new AppError('input.malformed', `${told.length > 0 ? WANTED_EXPERT : 'performerType'}: ${parsed.error.issues[0]?.path.join('.') ?? ''} does not fit`);
    return parsed.data;
  });
  if (wanted.length > 10) throw new AppError('input.malformed', `${WANTED_EXPERT}: at most ten`);
  const time = occurrencePeriod === undefined ? null : preferredTimeSchema.safeParse({ fromMs: Date.parse(occurrencePeriod.start), toMs: Date.parse(occurrencePeriod.end) });
  if (time?.success === false) throw new AppError('input.malformed', 'occurrencePeriod: before 1970, or after 9999');
  return {
    wanted,
    kind: category.some(({ coding: codes }) => codes.some(({ system, code }) => system === CONSULT_KIND && code === 'mdt')) ? 'mdt' : 'consultation',
    preferredTimes: time === null ? [] : [time.data],
    needsCart: extensions.some(({ url, valueBoolean }) => url === NEEDS_CART && valueBoolean === true),
  };
}

/** Why an emergency goes ahead without written consent; empty: nothing was said. */
export function consentExceptionOf({ extension: extensions }: Order): string {
  return (extensions.find(({ url }) => url === CONSENT_EXCEPTION)?.valueString ?? '').slice(0, 1000);
}
