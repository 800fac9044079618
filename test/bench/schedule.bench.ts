import { join } from 'node:path';
import { sql } from 'kysely';
import { cartIdSchema, personIdSchema } from '#shared/domain/ids';
import { SPECIALTY_CODES } from '#shared/domain/specialties';
import type { DatabaseConfig } from '../../sfu-server/config.ts';
import { openDatabase } from '../../sfu-server/storage/database.ts';
import { findPostgres, startPostgres } from '../helpers/postgres.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';
import { SignalingPeer } from '../helpers/signalingPeer.ts';
import type { Row } from './benchReport.ts';
import { measureDesk } from './schedule/openDesk.ts';
import { median, percentile } from './statistics.ts';

export const description = 'Finding times for a panel of six over 30 days among 500 experts and 20 000 bookings; opening a desk of 10 000 requests';

const ROUNDS = { quick: 10, full: 25 } as const;
export const rounds = (quick: boolean) => ROUNDS[quick ? 'quick' : 'full'];

const EXPERTS = 500;
const BOOKINGS = 20_000;
const DAYS = 30;
const DAY_MS = 86_400_000;
/** Of these each expert has one: fifty for each. */
const PRACTISED = SPECIALTY_CODES.filter((code) => code.includes('.')).slice(0, 10);

/** Experts with titles, hours in two zones, absences and duties, and forty sessions each in the coming thirty days: most of them in the hours asked for. */
async function fill(config: DatabaseConfig, firstDayMs: number): Promise<void> {
  const database = await openDatabase(config, (error) => {
    throw error;
  });
  const { db } = database;
  try {
    await sql`insert into people select 'bench-' || n, 'bench-' || n, 'none', '专家' || n, 'Expert ' || n, null, null, 'expert', 'demo-city', true, true, 0 from generate_series(0, ${EXPERTS - 1}::integer) n`.execute(db);
    await sql`insert into expertise select 'bench-' || n, (array['resident', 'attending', 'associateChief', 'chief'])[n % 4 + 1],
      case when n % 2 = 0 then 'Asia/Shanghai' else 'Asia/Urumqi' end,
      (select jsonb_agg(jsonb_build_object('weekday', d, 'fromMinute', 480 + n % 3 * 30, 'untilMinute', 1050)) from generate_series(1, 5) d) from generate_series(0, ${EXPERTS - 1}::integer) n`.execute(db);
    await sql`insert into person_specialties select 'bench-' || n, (${[...PRACTISED]}::text[])[n / 4 % 10 + 1] from generate_series(0, ${EXPERTS - 1}::integer) n`.execute(db);
    await sql`insert into absences select 'bench-' || n, 'bench-' || n, 'leave', ${firstDayMs}::bigint + n % 25 * ${DAY_MS}::bigint, ${firstDayMs}::bigint + (n % 25 + 2) * ${DAY_MS}::bigint from generate_series(0, ${EXPERTS - 1}::integer) n`.execute(db);
    await sql`insert into duties select 'bench-' || n, 'demo-city', 'expert', null, 'bench-' || n, ${firstDayMs}::bigint + n % 30 * ${DAY_MS}::bigint, ${firstDayMs}::bigint + (n % 30 + 1) * ${DAY_MS}::bigint from generate_series(0, ${EXPERTS - 1}::integer) n`.execute(db);
    await sql`insert into consults (id, kind, state, starts_at_ms, duration_minutes, patient_name, patient_sex, question, organisation_id, host_person_id, created_at_ms)
      select 'bench-' || n, 'mdt', 'scheduled',
        ${firstDayMs}::bigint + (n / 500 % 30) * ${DAY_MS}::bigint + (case when n / 500 < 30 then (n * 7 + n / 500 * 3) % 4 else 5 + (n * 7 + n / 500 * 3) % 4 end) * 3600000::bigint,
        60, '', 'unknown', 'bench', 'demo-county', 'bench-' || n % 500, 0 from generate_series(0, ${BOOKINGS - 1}::integer) n`.execute(db);
    await sql`insert into appointments (consult_id, time_zone, centre_id, sequence, changed_at_ms) select id, 'Asia/Shanghai', 'demo-province', 0, 0 from consults where id like 'bench-%'`.execute(db);
    await sql`insert into bookings select id, 'person', host_person_id, starts_at_ms, starts_at_ms + 3600000 from consults where id like 'bench-%'`.execute(db);
    await sql`analyze`.execute(db);
  } finally {
    await database.close();
  }
}

/** From request to answer over the socket, each time for another panel: three people by name, three by specialty and title, a cart. */
async function measure(server: ServerProcess, config: DatabaseConfig, quick: boolean): Promise<readonly number[]> {
  const firstDayMs = (Math.floor(Date.now() / DAY_MS) + 1) * DAY_MS; // a bench lives by the machine's own clock
  await server.kill();
  await fill(config, firstDayMs);
  await server.run();
  const peer = await SignalingPeer.connect(server.url, await server.signIn('scheduler'));
  const times: number[] = [];
  for (let round = 0; round <= rounds(quick); round += 1) {
    const expert = (n: number) => personIdSchema.parse(`bench-${(round * 31 + n * 97) % EXPERTS}`);
    const need = (n: number) => ({ specialty: PRACTISED[(round + n * 3) % PRACTISED.length] ?? '03.04', leastGrade: 'associateChief' as const });
    const startedMs = performance.now();
    const { proposals } = await peer.request('schedule.findTimes', {
      personIds: [expert(0), expert(1), expert(2)], anyOf: [need(0), need(1), need(2)], cartIds: [cartIdSchema.parse('demo-cart-icu')], venueId: null,
      fromMs: firstDayMs, untilMs: firstDayMs + DAYS * DAY_MS, durationMinutes: 45, preferred: [], mayBeOutsideHours: false, moving: null,
    });
    const ms = performance.now() - startedMs;
    if (proposals.length === 0) throw new Error('no time was found: the load does not fit the question');
    if (round > 0) times.push(ms); // the first compiles
  }
  await peer.close();
  return times;
}

function rowOf(metric: string, engine: string, times: readonly number[]): Row {
  return { metric, value: median(times), unit: 'ms', note: `${engine}, over the socket, median of ${times.length}; the 95th percentile is ${percentile(times, 0.95).toFixed(0)} ms` };
}

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  const rows: Row[] = [...(await measureDesk(quick))];
  const embedded = await ServerProcess.start({ HUIZHEN_DEMO_IMAGES: '0' });
  try {
    rows.push(rowOf('find_times_ms', 'PGlite', await measure(embedded, { type: 'folder', folder: join(embedded.dataFolder, 'db') }, quick)));
  } finally {
    await embedded.stop();
  }
  if (findPostgres() === null) return [...rows, { metric: 'find_times_postgres_ms', missing: 'PostgreSQL is not installed' }];
  const postgres = await startPostgres();
  const url = postgres.createDatabase();
  const server = await ServerProcess.start({ DATABASE_URL: url, HUIZHEN_DEMO_IMAGES: '0' });
  try {
    rows.push(rowOf('find_times_postgres_ms', 'PostgreSQL', await measure(server, { type: 'postgres', url }, quick)));
  } finally {
    await server.stop();
    await postgres.stop();
  }
  return rows;
}
