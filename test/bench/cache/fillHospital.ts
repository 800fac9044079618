import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Attachment } from '#shared/domain/caseFile';
import { type CaseId, caseIdSchema, caseItemIdSchema, organisationIdSchema } from '#shared/domain/ids';
import { partySchema } from '#shared/domain/people';
import { createSystemClock } from '#shared/lib/clock';
import { createCaseRecords } from '../../../sfu-server/storage/caseRecords.ts';
import type { FirstItem } from '../../../sfu-server/storage/caseStart.ts';
import { openDatabase } from '../../../sfu-server/storage/database.ts';

export const CT_CASE: CaseId = caseIdSchema.parse('bench-ct');
const SLICE_BYTES = 512 * 1024;
/** Explicit VR little endian (DICOM PS3.5), a CT image of 512 × 512 × 16 bits: preamble, prefix, and then pixels that do not compress. */
const PREAMBLE_BYTES = 128;

const author = partySchema.parse({
  kind: 'person',
  id: 'demo-requester',
  name: { zh: '杜文博', en: 'Du Wenbo' },
  title: null,
  role: 'requester',
  organisationId: 'demo-county',
  organisationName: {
    zh: '青禾县人民医院',
    en: 'Qinghe County People’s Hospital',
  },
});

function sliceBytes(index: number): Buffer {
  const bytes = randomFillSync(Buffer.alloc(SLICE_BYTES));
  bytes.fill(0, 0, PREAMBLE_BYTES);
  bytes.write('DICM', PREAMBLE_BYTES, 'latin1');
  bytes.writeUInt32LE(index, PREAMBLE_BYTES + 4);
  return bytes;
}

/**
 * Writes into the folder of a server that is not running: the case `CT_CASE` of the county with as many slices as attachments, and
 * `count` cases of the city, which nobody of the county reads.
 */
export async function fillHospital(dataFolder: string, { slices, count }: { readonly slices: number; readonly count: number }): Promise<void> {
  const clock = createSystemClock(globalThis);
  const nowMs = clock.wallMs();
  const attachments: Attachment[] = [];
  for (let index = 0; index < slices; index += 1) {
    const bytes = sliceBytes(index);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const shelf = join(dataFolder, 'objects', 'objects', hash.slice(0, 2)); // as `ObjectStore` lays it, without waiting for the disk
    mkdirSync(shelf, { recursive: true });
    writeFileSync(join(shelf, hash), bytes);
    attachments.push({
      hash,
      sizeBytes: bytes.byteLength,
      mediaType: 'application/dicom',
      fileName: `IMG${String(index).padStart(4, '0')}.dcm`,
    });
  }
  const database = await openDatabase({ type: 'folder', folder: join(dataFolder, 'db') }, (error) => {
    throw error;
  });
  try {
    const item = (id: string, content: FirstItem['content']): FirstItem => ({
      id: caseItemIdSchema.parse(id),
      textState: null,
      content,
    });
    await createCaseRecords(database.db, clock).begin({
      id: CT_CASE,
      organisationId: organisationIdSchema.parse('demo-county'),
      begunBy: author,
      attachments,
      nowMs,
      items: [
        item('patient', {
          kind: 'patient',
          body: {
            name: '许测试',
            sex: 'male',
            birthDate: null,
            ageYears: 59,
            recordNumber: null,
            phone: null,
          },
        }),
        item('request', {
          kind: 'request',
          body: {
            question: '胸部CT 300 层，结节性质待定',
            diagnosis: '',
            urgency: 'routine',
            kind: 'consultation',
            wanted: [],
            preferredTimes: [],
            needsCart: false,
            ward: '',
            bed: '',
          },
        }),
        ...attachments.map((attachment, index) =>
          item(`slice-${index}`, {
            kind: 'document',
            body: {
              category: 'dicom',
              title: `CT ${index + 1}`,
              takenAtMs: nowMs,
              attachment,
            },
          }),
        ),
      ],
    });
    await addCases(database.db, count, nowMs);
  } finally {
    await database.close();
  }
}

/** Straight into the tables, as ten thousand changes would have left them. */
async function addCases(db: Awaited<ReturnType<typeof openDatabase>>['db'], count: number, nowMs: number): Promise<void> {
  const party = JSON.stringify(author);
  await sql`insert into cases (id, organisation_id, revision, item_count, created_at_ms, changed_at_ms)
    select 'many-' || n, 'demo-city', 2, 2, ${nowMs}::bigint - n * 60000::bigint, ${nowMs}::bigint - n * 60000::bigint from generate_series(1, ${count}::integer) n`.execute(db);
  const items = (id: 'patient' | 'request', revision: number, body: ReturnType<typeof sql>) => sql`insert into case_items (case_id, id, kind, revision, body, field_revisions, author, created_at_ms, changed_at_ms)
    select 'many-' || n, ${id}, ${id}, ${revision}::integer, ${body}, '{}'::jsonb, ${party}::jsonb, ${nowMs}::bigint, ${nowMs}::bigint from generate_series(1, ${count}::integer) n`;
  await items('patient', 1, sql`jsonb_build_object('name', '患者' || n, 'sex', 'female', 'birthDate', null, 'ageYears', n % 90, 'recordNumber', null, 'phone', null)`).execute(db);
  await items(
    'request',
    2,
    sql`jsonb_build_object('question', '第 ' || n || ' 例：' || (array['术前评估与可切除性判断', '肺部多发结节，多学科讨论', '急性下壁心肌梗死溶栓后，是否转运行急诊介入', '围手术期抗凝方案'])[1 + n % 4], 'diagnosis', '', 'urgency', 'routine', 'ward', '', 'bed', '')`,
  ).execute(db);
}
