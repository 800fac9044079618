import { z } from 'zod';
import { specialtySchema, titleGradeSchema } from '../specialties.ts';

const epochMs = z.number().int().min(0).max(253_402_300_799_999);

/** Whom the applying physician would like to be advised by: so many of a specialty, with at least that title. */
export const wantedExpertSchema = z.object({
  specialty: specialtySchema,
  leastGrade: titleGradeSchema,
  count: z.number().int().min(1).max(5),
});
export type WantedExpert = z.infer<typeof wantedExpertSchema>;

/** A stretch of time that would suit, Unix epoch ms. One that runs backwards suits nobody, and is left out where times are looked for. */
export const preferredTimeSchema = z.object({ fromMs: epochMs, toMs: epochMs });

export const urgencySchema = z.enum(['routine', 'urgent', 'emergency']);
export type Urgency = z.infer<typeof urgencySchema>;

/** What stands on the request form besides the case file. It is the case file's `request` item, so a draft is written offline like any part of the case. */
export const requestFormSchema = z.object({
  kind: z.enum(['consultation', 'mdt']),
  urgency: urgencySchema,
  question: z.string().max(2000),
  diagnosis: z.string().max(1000),
  wanted: z.array(wantedExpertSchema).max(10),
  preferredTimes: z.array(preferredTimeSchema).max(5),
  /** A cart at the bedside takes part. */
  needsCart: z.boolean(),
});
export type RequestForm = z.infer<typeof requestFormSchema>;

/** Parts of a case that a request can lack; their words are the client's. */
export const REQUIRED_PARTS = ['patientName', 'patientSex', 'patientAge', 'question', 'diagnosis', 'presentIllness', 'finding', 'wanted', 'consent'] as const;
export type RequiredPart = (typeof REQUIRED_PARTS)[number];

/** What is known of a case that a request is about; made by whoever holds the case. */
export interface CaseFacts {
  readonly form: RequestForm;
  readonly hasPatientName: boolean;
  readonly hasPatientSex: boolean;
  readonly hasPatientAge: boolean;
  readonly hasPresentIllness: boolean;
  /** An examination, a laboratory result, an imaging study or a document: something to read. */
  readonly hasFinding: boolean;
  /** A signed consent form that was not taken back. */
  readonly hasConsent: boolean;
}

/**
 * [WFL2] What is missing before a request may be sent: the minimum record and written consent. [WFL3] An emergency needs the patient's
 * name and the question; consent may be replaced by a recorded exception.
 */
export function missingParts(facts: CaseFacts, isConsentExcepted: boolean): RequiredPart[] {
  const isEmergency = facts.form.urgency === 'emergency';
  const needs: readonly (readonly [RequiredPart, boolean])[] = [
    ['patientName', facts.hasPatientName],
    ['question', facts.form.question.trim() !== ''],
    ...(isEmergency
      ? []
      : ([
          ['patientSex', facts.hasPatientSex],
          ['patientAge', facts.hasPatientAge],
          ['diagnosis', facts.form.diagnosis.trim() !== ''],
          ['presentIllness', facts.hasPresentIllness],
          ['finding', facts.hasFinding],
          ['wanted', facts.form.wanted.length > 0],
        ] as const)),
    ['consent', facts.hasConsent || (isEmergency && isConsentExcepted)],
  ];
  return needs.filter(([, isThere]) => !isThere).map(([part]) => part);
}
