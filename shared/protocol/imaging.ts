import { z } from 'zod';
import { caseIdSchema } from '../domain/ids.ts';
import { errorCodeSchema } from './errors.ts';

/** A unique identifier (PS3.5, 9.1). Leading zeros in a component are against the rules and are met all the same. */
export const dicomUidSchema = z.string().regex(/^[0-9]+(\.[0-9]+)+$/).max(64);

/** Where the DICOMweb services (PS3.18) of a case are, without a slash at the end; each request carries the session's token. */
export const dicomwebPath = (caseId: string): string => `/dicomweb/cases/${caseId}`;

/** The largest file taken in, bytes. */
export const MAX_INSTANCE_BYTES = 512 * 1024 * 1024;

/**
 * Elements of ours in the answer to a store request, for each file that was refused (PS3.18, 10.5.3 has a number only): the error's
 * code, what is wrong with the file in English, free of personal data, and which file of the request it was, from 1: one that cannot be
 * read has no other name.
 */
export const STORE_REASON = { creator: '00090010', creatorName: 'HUIZHEN STORE', code: '00091001', text: '00091002', place: '00091003' } as const;

/** What the store holds of a study, below its address: UIDs with sizes and hashes (SHA-256, hex) and nothing else. */
export const HELD_PATH = '/held';
export const heldInstancesSchema = z.object({
  instances: z.array(z.object({ sopUid: dicomUidSchema, hash: z.string().regex(/^[0-9a-f]{64}$/), sizeBytes: z.number().int().nonnegative() })),
});
export type HeldInstances = z.infer<typeof heldInstancesSchema>;

/** Below a series: what a copy of it is made of; below an instance: its content as one file. */
export const COPY_PATH = '/copy';
/** Bytes of a file that follow each other: first byte and length. */
const placeSchema = z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]);
/**
 * What a machine fetches to read a series without a network. Each instance is one content, fetched by its address with ranges and known
 * by its hash: the file as it came, or, where frames go out decoded, these frames one after the other.
 */
export const seriesCopySchema = z.object({
  instances: z.array(z.object({
    sopUid: dicomUidSchema,
    /** SHA-256, hex. */
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    sizeBytes: z.number().int().positive(),
    /** In which transfer syntax the frames are; null: there are none to be shown. */
    syntax: z.string().max(64).nullable(),
    /** Why none are shown although there are pixels; empty: they are, or there are none. */
    refusal: z.string().max(500),
    /** Where each frame lies: `even` ones follow each other, each of `length` bytes; of `listed` ones each has its pieces. Null as `syntax`. */
    frames: z.discriminatedUnion('type', [
      z.object({ type: z.literal('even'), offset: z.number().int().nonnegative(), length: z.number().int().positive(), count: z.number().int().positive() }),
      z.object({ type: z.literal('listed'), places: z.array(z.array(placeSchema)) }),
    ]).nullable(),
  })),
});
export type SeriesCopy = z.infer<typeof seriesCopySchema>;
export type CopiedInstance = SeriesCopy['instances'][number];

/** The images of a case changed: something was stored, or a study linked. */
export const imagingChangedSchema = z.object({ caseId: caseIdSchema });

const line = z.string().max(200);
/** Whose images something says these are, as `ImagePatientSaid`. */
const patientSaidSchema = z.object({ name: line, id: line, birthDate: line });
/** Patients of one study that are told apart; a study has one. */
export const MAX_PATIENTS = 20;
/** A study of the hospital's image archive, as it describes it. */
export const pacsStudySchema = z.object({
  studyUid: dicomUidSchema,
  patient: patientSaidSchema,
  accession: line,
  /** YYYYMMDD; empty: not said. */
  date: line,
  description: line,
  modalities: z.array(z.string().max(16)).max(20),
  /** Null: not said. */
  instances: z.number().int().nonnegative().nullable(),
  /** Whether it belongs to the asked case already, or to another, which is not named. */
  linked: z.enum(['no', 'here', 'elsewhere']),
});
export type PacsStudy = z.infer<typeof pacsStudySchema>;

/** A study of the archive that was asked for. */
export const pacsLinkSchema = z.object({
  studyUid: dicomUidSchema,
  state: z.enum(['loading', 'loaded', 'failed']),
  /** Why it failed, or why not all of it came. */
  code: errorCodeSchema.nullable(),
  loaded: z.number().int().nonnegative(),
  /** As the archive said, and no less than it gave. */
  total: z.number().int().nonnegative(),
  /** Whose files were not taken in, because they are not the case's patient's as far as anybody can tell, and nobody has confirmed it. */
  others: z.array(z.object({ patient: patientSaidSchema, files: z.number().int().positive() })).max(MAX_PATIENTS),
});
export type PacsLink = z.infer<typeof pacsLinkSchema>;

const studies = z.object({ studies: z.array(pacsStudySchema).max(100) });
const ofCase = z.object({ caseId: caseIdSchema });
const ofStudy = ofCase.extend({ studyUid: dicomUidSchema });
/** Matching of the archive may use `*`; one of the first three has to say something. */
const wish = z.string().max(64).regex(/^[^\\\p{Cc}]*$/u);

/** The hospital's image archive: name → parameters and result. */
export const PACS_REQUESTS = {
  'pacs.search': { params: ofCase.extend({ patientId: wish, patientName: wish, accession: wish, fromDate: z.string().regex(/^(\d{8})?$/), toDate: z.string().regex(/^(\d{8})?$/), /** As DICOM has it; empty: any. */ modality: z.string().max(16).regex(/^[A-Z0-9_]*$/) }), result: studies },
  /** The newest studies of an Orthanc, however they came there: by C-STORE from a machine, for one. The latest first. */
  'pacs.arrivals': { params: ofCase, result: studies },
  /** Makes a study the case's and begins to load it; asked again, it loads what is missing. */
  'pacs.link': { params: ofStudy.extend({ /** Whom a person has confirmed to be the case's patient, as they were shown them. */ confirmed: z.array(patientSaidSchema).max(MAX_PATIENTS) }), result: z.object({ link: pacsLinkSchema }) },
  /** `isSet`: this server has an archive to ask. */
  'pacs.links': { params: ofCase, result: z.object({ isSet: z.boolean(), links: z.array(pacsLinkSchema).max(1000) }) },
  /** Sends to the archive what the case has of a study and it has not. */
  'pacs.sendBack': { params: ofStudy, result: z.object({ sent: z.number().int().nonnegative(), refused: z.number().int().nonnegative() }) },
} as const;
