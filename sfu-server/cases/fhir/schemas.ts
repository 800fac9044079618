import { z } from 'zod';

/** The parts of FHIR R4 resources that are read; what else they hold is not looked at. Texts are bounded by the request's size. */
const text = z.string();
const dateTime = z.string().regex(/^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}.*)?)?)?$/).refine((value) => !Number.isNaN(Date.parse(value)), 'not a time');
const list = <S extends z.ZodType>(of: S) => z.array(of).default([]);

const coding = z.object({ system: text.optional(), code: text.optional(), display: text.optional() });
const concept = z.object({ coding: list(coding), text: text.optional() });
const identifier = z.object({ system: text.optional(), value: text.optional() });
const annotation = z.object({ text });
const quantity = z.object({ value: z.number().optional(), unit: text.optional(), code: text.optional() });
const reference = z.object({ reference: text.optional(), display: text.optional() });
const attachment = z.object({
  extension: list(z.object({ url: text, valueString: text.optional() })), contentType: text.optional(), url: text.optional(), data: text.optional(), size: z.number().int().optional(), title: text.optional(), creation: dateTime.optional(),
});
const period = z.object({ start: dateTime.optional() });
const observed = { valueQuantity: quantity.optional(), valueString: text.optional(), valueCodeableConcept: concept.optional() };
const common = { id: text.optional(), identifier: list(identifier), status: text.optional() };

export type FhirAttachment = z.infer<typeof attachment>;
export type FhirConcept = z.infer<typeof concept>;

const documentReference = z.object({
  ...common, resourceType: z.literal('DocumentReference'), type: concept.optional(), description: text.optional(), date: dateTime.optional(), content: z.array(z.object({ attachment })).min(1),
});

const consent = z.object({
  ...common, resourceType: z.literal('Consent'), extension: list(z.object({ url: text, valueAttachment: attachment.optional() })), dateTime: dateTime.optional(), sourceAttachment: attachment.optional(),
  provision: z.object({ actor: list(z.object({ role: concept.optional(), reference: reference.optional() })) }).optional(),
});

/** Resources that may hold attachments. */
export const attachedSchema = z.discriminatedUnion('resourceType', [documentReference, consent]);

/** A resource of a type that is taken in. */
export const resourceSchema = z.discriminatedUnion('resourceType', [
  z.object({
    ...common, resourceType: z.literal('Patient'), extension: list(z.object({ url: text, valueInteger: z.number().int().optional() })),
    name: list(z.object({ text: text.optional(), family: text.optional(), given: list(text) })), gender: z.enum(['male', 'female', 'other', 'unknown']).optional(), birthDate: text.optional(),
    telecom: list(z.object({ system: text.optional(), value: text.optional() })),
  }),
  z.object({
    ...common, resourceType: z.literal('ServiceRequest'), priority: text.optional(), code: concept.optional(), reasonCode: list(concept), note: list(annotation), locationCode: list(concept),
  }),
  z.object({
    ...common, identifier: identifier.optional(), resourceType: z.literal('Composition'), type: concept.optional(), title: text.optional(),
    section: list(z.object({ title: text.optional(), code: concept.optional(), text: z.object({ div: text }).optional() })),
  }),
  z.object({
    ...common, resourceType: z.literal('Observation'), category: list(concept), code: concept, effectiveDateTime: dateTime.optional(), effectivePeriod: period.optional(), effectiveInstant: dateTime.optional(), ...observed,
    note: list(annotation), component: list(z.object({ code: concept, ...observed })), hasMember: list(reference), referenceRange: list(z.object({ low: quantity.optional(), high: quantity.optional() })),
  }),
  documentReference,
  z.object({
    ...common, resourceType: z.literal('ImagingStudy'), modality: list(coding), description: text.optional(), started: dateTime.optional(), numberOfSeries: z.number().int().optional(),
  }),
  z.object({ ...common, resourceType: z.literal('ClinicalImpression'), summary: text.optional(), description: text.optional(), note: list(annotation) }),
  consent,
  z.object({ ...common, resourceType: z.literal('Communication'), topic: concept.optional(), payload: list(z.object({ contentString: text.optional() })) }),
  z.object({ ...common, resourceType: z.literal('Condition'), code: concept, note: list(annotation) }),
  z.object({ ...common, resourceType: z.literal('AllergyIntolerance'), code: concept, note: list(annotation) }),
  z.object({ ...common, resourceType: z.literal('MedicationStatement'), medicationCodeableConcept: concept, note: list(annotation) }),
]);
export type FhirResource = z.infer<typeof resourceSchema>;
export type FhirOf<T extends FhirResource['resourceType']> = Extract<FhirResource, { resourceType: T }>;

/** The most entries a bundle may have. */
const MAX_ENTRIES = 5000;

export const bundleSchema = z.object({
  resourceType: z.literal('Bundle'),
  entry: z.array(z.object({ fullUrl: text.optional(), resource: z.object({ resourceType: z.string().max(60) }).loose().optional() })).max(MAX_ENTRIES).default([]),
});
