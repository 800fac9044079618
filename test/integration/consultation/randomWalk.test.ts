import { beforeEach, expect, it } from 'vitest';
import { participantsOf } from '#shared/domain/consultation/access';
import type { ConsultRequest } from '#shared/domain/consultation/request';
import type { AskedStep } from '#shared/domain/consultation/steps';
import { consultRequestIdSchema } from '#shared/domain/ids';
import { toAppError } from '#shared/protocol/errors';
import { createDice } from '#shared/lib/seededRandom';
import { HOUR_MS } from '../../helpers/caseHall.ts';
import { type ConsultationHall, openConsultationHall } from '../../helpers/consultation/consultationHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { createServerParts, orgId, personId, type ServerParts } from '../../helpers/serverParts.ts';

const REQUESTS = ['r0', 'r1', 'r2', 'r3'] as const;
const EXPERTS = ['lin', 'zhao', 'qian', 'expert'] as const;
const STEPS = 400;
const CHECKED = { identity: true, question: true, record: true, imaging: true, consent: true };

/** Steps on the real service and the real database: what the pure rules promise holds where it is kept. */
onEachEngine('a random walk over requests that share their experts', (engine) => {
  let parts: ServerParts;
  let world: ConsultationHall;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    world = await openConsultationHall(engine.database, parts);
    for (const id of REQUESTS) {
      await world.draft(id);
      await world.complete(id);
      await world.step('doctor', id, { type: 'send', centreId: orgId('city'), consentException: '' });
      await world.step('approver', id, { type: 'approve', note: '' });
      await world.step('scheduler', id, { type: 'screen' });
      await world.step('scheduler', id, { type: 'check', screening: CHECKED });
      await world.step('scheduler', id, { type: 'accept' });
    }
  });

  const requestOf = async (id: string): Promise<ConsultRequest> => (await world.consultations.read(world.hall.as('doctor'), consultRequestIdSchema.parse(id))).request;

  function draw(below: (limit: number) => number): readonly [who: string, step: AskedStep] {
    const expert = () => EXPERTS[below(EXPERTS.length)] ?? 'lin';
    const plan = () => {
      const host = expert();
      return { startsAtMs: parts.clock.wallMs() + (below(5) - 1) * HOUR_MS * 0.5, durationMinutes: 45, hostPersonId: personId(host), panelIds: [host, expert()].map(personId), attendeeIds: [], cartIds: [], venueId: null };
    };
    const centre = below(2) === 0 ? 'scheduler' : 'chief';
    const choices: readonly (readonly [string, () => AskedStep])[] = [
      [centre, () => ({ type: 'schedule', plan: plan() })],
      [centre, () => ({ type: 'schedule', plan: plan() })],
      [centre, () => ({ type: 'reschedule', plan: plan(), reason: '手术' })],
      [expert(), () => (below(2) === 0 ? { type: 'answer', answer: 'declined', reason: '外出' } : { type: 'answer', answer: 'accepted', reason: '' })],
      [centre, () => ({ type: 'substitute', personId: personId(expert()), byPersonId: personId(expert()), reason: '外出' })],
      [centre, () => ({ type: 'waiveRehearsal', reason: '昨日已联调' })],
      [centre, () => ({ type: 'noShow', reason: '断电' })],
      ['stranger', () => ({ type: 'approve', note: '' })],
      ['farscheduler', () => ({ type: 'cancel', reason: '不是我的' })],
    ];
    const [who, step] = choices[below(choices.length)] ?? ['doctor', () => ({ type: 'screen' as const })] as const;
    return [who, step()];
  }

  it('[SCH1] [WFL37] [ACC2] never books anybody twice, and shows each case to whom it concerns', { timeout: 240_000 }, async () => {
    const below = createDice(20261121);
    /** Who takes part in each session there ever was, by what the request says of it. */
    const members = new Map<string, { readonly caseId: string; readonly ids: ReadonlySet<string> }>();
    let taken = 0;
    let clashes = 0;
    for (let count = 0; count < STEPS; count += 1) {
      if (below(4) === 0) parts.clock.advance(below(3) * HOUR_MS * 0.25);
      const id = REQUESTS[below(REQUESTS.length)] ?? 'r0';
      const [who, step] = draw(below);
      const code = await world.step(who, id, step).then(() => 'taken', (error: unknown) => toAppError(error).code);
      expect(['taken', 'workflow.forbidden', 'workflow.notNow', 'workflow.incomplete', 'schedule.conflict', 'record.notFound']).toContain(code);
      expect(['stranger', 'farscheduler'].includes(who) && code === 'taken').toBe(false);
      if (code === 'schedule.conflict') clashes += 1;
      if (code !== 'taken') continue;
      taken += 1;
      const { appointment, caseId } = await requestOf(id);
      if (appointment !== null) members.set(appointment.consultId, { caseId, ids: new Set(participantsOf(appointment).map((one) => one.id)) });
      const rows = await engine.database.db.selectFrom('bookings').selectAll().execute();
      for (const [index, one] of rows.entries()) {
        for (const other of rows.slice(index + 1)) expect(one.resource_id === other.resource_id && one.starts_at_ms < other.ends_at_ms && other.starts_at_ms < one.ends_at_ms, 'booked twice').toBe(false);
      }
      for (const expert of EXPERTS) {
        const expected = [...new Set([...members.values()].filter(({ ids }) => ids.has(expert)).map((one) => one.caseId))].sort();
        const found = (await parts.caseFiles.list(world.hall.as(expert).party, [])).map((summary) => String(summary.id)).sort();
        expect(found, `${expert} after ${step.type} on ${id}`).toEqual(expected);
      }
    }
    expect(taken).toBeGreaterThan(40);
    expect(clashes).toBeGreaterThan(5);
    expect(await parts.audit.verifyChain()).toMatchObject({ type: 'whole' });
  });
});
