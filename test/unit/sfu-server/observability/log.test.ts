import { describe, expect, it } from 'vitest';
import { AppError } from '#shared/protocol/errors';
import { createLog } from '../../../../sfu-server/observability/log.ts';
import { createMetrics } from '../../../../sfu-server/observability/metrics.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void, level: 'info' | 'debug' = 'info') {
  const lines: string[] = [];
  write(createLog(level, { write: (line: string) => void lines.push(line) }));
  return lines;
}

describe('the log', () => {
  it('[LOG1] hides secrets and what is personal, at any depth and in children', () => {
    const [line = ''] = logged((log) => log.child({ connectionId: 'c1' }).info({ token: 'tok-123', consult: { patientName: '陈小明', question: 'why' }, peers: 3 }, 'joined'));
    expect(line).not.toMatch(/tok-123|陈小明|why/);
    expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: 'joined', connectionId: 'c1', peers: 3, token: '[redacted 7]' });
  });

  it('[LOG1] writes errors with code, cause and stack', () => {
    const [line = ''] = logged((log) => log.error({ err: new AppError('storage.full', 'no room', { cause: new Error('ENOSPC') }) }, 'failed'));
    expect(JSON.parse(line)).toMatchObject({ err: { type: 'AppError', appError: 'storage.full', message: 'no room', cause: { message: 'ENOSPC' } } });
  });

  it('keeps to its level', () => {
    expect(logged((log) => log.debug('detail'))).toEqual([]);
    expect(logged((log) => log.debug('detail'), 'debug')).toHaveLength(1);
  });
});

describe('metrics', () => {
  it('are one registry that can be read', async () => {
    const metrics = createMetrics(false);
    metrics.rooms.set(2);
    metrics.requests.inc({ request: 'room.leave', outcome: 'ok' });
    const text = await metrics.registry.metrics();
    expect(text).toContain('huizhen_rooms 2');
    expect(text).toContain('huizhen_requests_total{request="room.leave",outcome="ok"} 1');
  });
});
