import { join } from 'node:path';
import { sql } from 'kysely';
import { openDatabase } from '../../../sfu-server/storage/database.ts';
import { launchChromium } from '../../helpers/chromium.ts';
import { openPerson } from '../../helpers/client.ts';
import { requestIn } from '../../helpers/requests/staticRequests.ts';
import { ServerProcess } from '../../helpers/serverProcess.ts';
import type { Row } from '../benchReport.ts';
import { median, percentile } from '../statistics.ts';

const OPEN_REQUESTS = 10_000;
const ROUNDS = { quick: 5, full: 15 } as const;
/** The states of a desk, from the request as it stands in each. */
const STATES = ['submitted', 'screening', 'materialAsked', 'accepted'] as const;

/** Ten thousand open requests of a county at the province's desk, each about a case of its own. */
async function fill(folder: string): Promise<void> {
  const database = await openDatabase({ type: 'folder', folder }, (error) => {
    throw error;
  });
  const { db } = database;
  const nowMs = Date.now(); // a bench lives by the machine's own clock
  try {
    const author = JSON.stringify({ kind: 'person', id: 'demo-requester', name: { zh: '杜', en: 'Du' }, title: null, role: 'requester', organisationId: 'demo-county', organisationName: { zh: '县', en: 'County' } });
    await sql`insert into cases (id, organisation_id, revision, item_count, created_at_ms, changed_at_ms) select 'bench-' || n, 'demo-county', 1, 1, 0, 0 from generate_series(0, ${OPEN_REQUESTS - 1}::integer) n`.execute(db);
    await sql`insert into case_items (case_id, id, kind, revision, body, field_revisions, author, created_at_ms, changed_at_ms)
      select 'bench-' || n, 'patient', 'patient', 1, jsonb_build_object('name', '陈建' || n, 'sex', 'male', 'birthDate', null, 'ageYears', 20 + n % 60, 'recordNumber', null, 'phone', null), '{}'::jsonb, ${author}::jsonb, 0, 0
      from generate_series(0, ${OPEN_REQUESTS - 1}::integer) n`.execute(db);
    for (const [index, state] of STATES.entries()) {
      const body = JSON.stringify({ ...requestIn(state, nowMs), organisationId: 'demo-county', requesterId: 'demo-requester', centreId: 'demo-province' });
      await sql`insert into consult_requests (id, case_id, organisation_id, requester_id, centre_id, state, urgency_rank, version, created_at_ms, state_since_ms, submitted_at_ms, body)
        select 'bench-' || n, 'bench-' || n, 'demo-county', 'demo-requester', 'demo-province', ${state}, 2, 4, ${nowMs}::bigint - n * 1000, ${nowMs}::bigint - n * 1000, ${nowMs}::bigint - n * 1000,
          ${body}::jsonb || jsonb_build_object('id', 'bench-' || n, 'caseId', 'bench-' || n, 'stateSinceMs', ${nowMs}::bigint - n * 1000)
        from generate_series(0, ${OPEN_REQUESTS - 1}::integer) n where n % ${STATES.length}::integer = ${index}::integer`.execute(db);
    }
    await sql`analyze`.execute(db);
  } finally {
    await database.close();
  }
}

/** From the press on a filter, which asks the server anew, until the first rows of that answer are drawn; in a real browser. */
export async function measureDesk(quick: boolean): Promise<readonly Row[]> {
  const server = await ServerProcess.start({ HUIZHEN_DEMO_IMAGES: '0' });
  const browser = await launchChromium();
  try {
    await server.kill();
    await fill(join(server.dataFolder, 'db'));
    await server.run();
    const page = await openPerson(browser, server, 'scheduler', { devices: [], viewport: { width: 2560, height: 1440 } });
    await page.getByTestId('nav-requests').click();
    await page.getByTestId('request-table').waitFor();
    const times = await page.evaluate(async (rounds) => {
      const press = (filter: string) => document.querySelector<HTMLElement>(`[data-testid="request-filter-${filter}"]`)?.click();
      const drawn = () => new Promise<void>((done) => {
        const look = () => (document.querySelector('[data-testid^="request-row-"]') ? done() : requestAnimationFrame(look));
        look();
      });
      const gone = () => new Promise<void>((done) => {
        const look = () => (document.querySelector('[data-testid^="request-row-"]') ? requestAnimationFrame(look) : done());
        look();
      });
      const all: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        press('accepted');
        await gone();
        await drawn();
        const startedMs = performance.now();
        press('open');
        await gone();
        await drawn();
        all.push(performance.now() - startedMs);
      }
      return all;
    }, ROUNDS[quick ? 'quick' : 'full'] + 1);
    const counted = times.slice(1); // the first compiles
    return [{ metric: 'desk_open_ms', value: median(counted), unit: 'ms', note: `${OPEN_REQUESTS} open requests, asked anew and drawn in Chromium, median of ${counted.length}; the 95th percentile is ${percentile(counted, 0.95).toFixed(0)} ms` }];
  } finally {
    await browser.close();
    await server.stop();
  }
}
