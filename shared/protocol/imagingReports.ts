import { z } from 'zod';
import { caseIdSchema } from '../domain/ids.ts';
import { MEASURED_NAMES, markSchema } from '../domain/imaging/marks.ts';
import { languageSchema } from '../domain/opinion.ts';
import { dicomUidSchema } from './imaging.ts';

const pixel = z.number().min(-1e5).max(1e5);
const measuredSchema = z.object({ name: z.enum(MEASURED_NAMES), value: z.number().min(-1e12).max(1e12), unit: z.string().max(40) });

/** Measurements of a case as DICOM SR: name → parameters and result. */
export const REPORT_REQUESTS = {
  /**
   * [IMG33] Writes marks of a study as a measurement report (TID 1500) into the case's store. Which marks, where they are on their
   * pictures (column and row in pixels from the first one's outer corner), and what the writer's screen measured of them; everything else
   * the server has.
   */
  'imaging.saveReport': {
    params: z.object({
      caseId: caseIdSchema, studyUid: dicomUidSchema, language: languageSchema,
      marks: z.array(z.object({ id: markSchema.shape.id, points: z.array(z.tuple([pixel, pixel])).min(1).max(16), measured: z.array(measuredSchema).max(12) })).min(1).max(500),
    }),
    result: z.object({ seriesUid: dicomUidSchema, sopUid: dicomUidSchema }),
  },
} as const;
