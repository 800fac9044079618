import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { RequestParams, RequestResult } from '#shared/protocol/requests';
import { randomUUID } from 'node:crypto';
import type { Identity } from '../../auth/sessions.ts';
import type { CaseFiles } from '../../cases/caseFiles.ts';
import type { Imaging } from '../../storage/imaging.ts';
import { writeFile } from '../dicom/write.ts';
import type { ImageStore } from '../imageStore.ts';
import { parseMetadata } from '../qido.ts';
import { measurementReport, REPORT_SOP_CLASS, type ReportedMark, type ReportOptions } from './measurementReport.ts';

export interface ReportDeskOptions {
  readonly caseFiles: Pick<CaseFiles, 'marks'>;
  readonly imaging: Pick<Imaging, 'find'>;
  readonly store: Pick<ImageStore, 'store'>;
  readonly clock: Clock;
  /** IANA; of the times in the report. */
  readonly timeZone: string;
}

type Params = RequestParams<'imaging.saveReport'>;

/**
 * Writes measurements as DICOM SR. It is done here and not on the page: the server knows who measures, whom and what the pictures are of,
 * and which marks there are; and the page is spared a library of half a megabyte.
 */
export class ReportDesk {
  readonly #options: ReportDeskOptions;

  constructor(options: ReportDeskOptions) {
    this.#options = options;
  }

  /**
   * [IMG33] @throws AppError `record.notFound` when the case is not there for who asks, or has no such mark or picture; `auth.forbidden`;
   * `input.malformed`; what the store refuses
   */
  async save(identity: Identity, { caseId, studyUid, language, marks }: Params): Promise<RequestResult<'imaging.saveReport'>> {
    const { caseFiles, imaging, store, clock, timeZone } = this.#options;
    const kept = await caseFiles.marks(identity, caseId);
    const reported: ReportedMark[] = [];
    let study: ReturnType<typeof parseMetadata> | null = null;
    for (const { id, points, measured } of marks) {
      const mark = kept.get(id);
      if (mark === undefined || mark.studyUid !== studyUid) throw new AppError('record.notFound', 'the study has no such mark');
      const record = await imaging.find(caseId, { studyUid, seriesUid: mark.seriesUid, sopUid: mark.sopUid });
      if (record === null) throw new AppError('record.notFound', 'the case has no such image');
      const metadata = parseMetadata(record);
      study ??= metadata;
      const frames = Number(metadata['00280008']?.Value?.[0] ?? 1);
      reported.push({ mark, points, measured, on: { sopClassUid: record.sopClassUid, sopUid: record.sopUid, frame: frames > 1 ? mark.frame : null } });
    }
    if (study === null) throw new AppError('input.malformed', 'marks: none');
    const [seriesUid, sopUid] = [newUid(), newUid()];
    const dataSet = measurementReport({ seriesUid, language, observer: identity.party, written: civilTime(clock.wallMs(), timeZone), study, marks: reported });
    const file = writeFile(dataSet, REPORT_SOP_CLASS, sopUid);
    const [stored] = await store.store(identity, caseId, studyUid, once(once(file)));
    if (stored?.type !== 'stored') throw stored?.error ?? new AppError('internal.bug', 'the store said nothing of a report');
    return { seriesUid, sopUid };
  }
}

/** A moment as the zone's clocks show it, as DICOM writes it. */
function civilTime(atMs: number, timeZone: string): ReportOptions['written'] {
  const parts = new Map(new Intl.DateTimeFormat('en-GB', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset' }).formatToParts(atMs).map(({ type, value }) => [type, value]));
  const of = (...names: readonly Intl.DateTimeFormatPartTypes[]) => names.map((name) => parts.get(name) ?? '').join('');
  return { date: of('year', 'month', 'day'), time: of('hour', 'minute', 'second'), offset: of('timeZoneName').replace('GMT', '').replace(':', '') || '+0000' };
}

const newUid = (): string => `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;

async function* once<T>(value: T): AsyncGenerator<T, void> {
  yield value;
}
