import { describe, expect, it } from 'vitest';
import { DESK_STATES } from '#shared/domain/consultation/states';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { RequestSummary } from '#shared/protocol/consultation';
import { countOf, createRequestListModel, PAGE_ROWS } from '../../../../../renderer/state/requests/requestListModel.ts';
import { FakeSignaling, settle } from '../../../../helpers/fakeSignaling.ts';
import { manySummaries } from '../../../../helpers/requests/staticRequests.ts';

const NOW = 1_800_000_000_000;

/** A server with so many requests, in the order it gives them. */
function hall(rows: readonly RequestSummary[], serverAheadMs = 0) {
  const signaling = new FakeSignaling();
  const clock = new ManualClock(NOW);
  const held = { rows };
  signaling.answer('request.list', ({ states, after, limit }) => {
    const matching = held.rows.filter(({ state }) => states.includes(state));
    const from = after === null ? 0 : matching.findIndex(({ id }) => id === after.id) + 1;
    const page = matching.slice(from, from + limit);
    const last = page.at(-1);
    const rank = { emergency: 0, urgent: 1, routine: 2 } as const;
    return {
      requests: page, next: last && from + limit < matching.length ? { urgencyRank: rank[last.urgency], sinceMs: last.stateSinceMs, id: last.id } : null,
      counts: DESK_STATES.map((state) => ({ state, count: held.rows.filter((row) => row.state === state).length })), serverTimeMs: clock.wallMs() + serverAheadMs,
    };
  });
  const list = createRequestListModel({ signaling, clock });
  return { signaling, clock, held, list };
}

describe('requestListModel', () => {
  it('[WFL36] asks each role for its own view: centre, invitations, hospital', async () => {
    for (const [role, view, first] of [['scheduler', 'centre', 'submitted'], ['expert', 'invited', 'draft'], ['requester', 'hospital', 'draft'], ['bedside', 'hospital', 'draft']] as const) {
      const { list, signaling } = hall([]);
      list.start(role);
      await settle();
      expect(signaling.paramsOf('request.list').map((asked) => [asked.view, asked.states[0], asked.limit])).toEqual([[view, first, PAGE_ROWS]]);
    }
  });

  it('opens ten thousand by one page, goes on at the end, and keeps its length when something changes', async () => {
    const { list, signaling, clock } = hall(manySummaries(10_000, NOW));
    list.start('scheduler');
    await settle();
    expect(list.store.getState().rows).toHaveLength(PAGE_ROWS);
    list.more();
    list.more();
    await settle();
    expect(list.store.getState().rows).toHaveLength(2 * PAGE_ROWS);
    const before = list.store.getState().rows.map(({ id }) => id);
    expect(new Set(before).size).toBe(2 * PAGE_ROWS);
    for (let change = 0; change < 30; change += 1) signaling.say('request.changed', { requestId: manySummaries(1, NOW)[0]?.id ?? before[0] ?? ('' as never), version: 2, state: 'screening' });
    clock.advance(1000);
    await settle();
    expect(list.store.getState().rows.map(({ id }) => id)).toEqual(before);
    expect(signaling.paramsOf('request.list')).toHaveLength(4); // one, the next, and both again for thirty changes
    list.stop();
    expect(signaling.listenerCount).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('shows a request that went on between two pages once', async () => {
    const { list, held } = hall(manySummaries(300, NOW));
    list.start('scheduler');
    await settle();
    const [first, ...others] = held.rows;
    if (!first) throw new Error('rows');
    held.rows = [...others, first];
    list.more();
    await settle();
    const ids = list.store.getState().rows.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => id === first.id)).toHaveLength(1);
  });

  it('counts states as the server does, and filters by one of them', async () => {
    const { list, signaling } = hall(manySummaries(60, NOW));
    list.start('scheduler');
    await settle();
    expect(countOf(list.store.getState(), 'open')).toBe(60);
    list.setFilter('accepted');
    expect(list.store.getState()).toMatchObject({ phase: 'loading', rows: [] });
    await settle();
    const state = list.store.getState();
    expect(state.rows.every((row) => row.state === 'accepted')).toBe(true);
    expect(countOf(state, 'accepted')).toBe(state.rows.length);
    expect(signaling.paramsOf('request.list').at(-1)?.states).toEqual(['accepted']);
  });

  it('[WFL5] gives an approver what waits for approval, and emergencies whose approval is owed before it', async () => {
    const rows = manySummaries(8, NOW).map((row, index): RequestSummary => (index >= 6 ? { ...row, state: 'awaitingApproval' } : row));
    const { list } = hall(rows);
    list.start('approver');
    await settle();
    expect(list.store.getState().rows.map(({ id }) => String(id))).toEqual(['request-0', 'request-1', 'request-6', 'request-7']);
    expect(countOf(list.store.getState(), 'toApprove')).toBe(4);
  });

  it('keeps what was known, with its time, when the network goes; and knows the server\'s clock', async () => {
    const { list, signaling, clock } = hall(manySummaries(3, NOW), 90_000);
    list.start('scheduler');
    await settle();
    expect(list.store.getState().serverAheadMs).toBe(90_000);
    signaling.answer('request.list', () => Promise.reject(new AppError('network.offline', 'away')));
    clock.advance(60_000);
    list.refresh();
    await settle();
    expect(list.store.getState()).toMatchObject({ phase: 'ready', asOfMs: NOW, error: { code: 'network.offline' } });
    expect(list.store.getState().rows).toHaveLength(3);
    list.stop();
    expect(list.store.getState().rows).toHaveLength(0);
  });
});
