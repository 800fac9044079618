import { test } from '@playwright/test';
import { Impairment } from '../impairment/impairment.ts';
import { ServerProcess } from '../serverProcess.ts';
import { CaseMachine } from './caseMachine.ts';

/** A server on this side of a line whose plug can be pulled, and two machines: a nurse's beyond it, and a physician's. */
export interface CaseLine {
  readonly line: Impairment;
  readonly server: ServerProcess;
  readonly nurse: CaseMachine;
  readonly physician: CaseMachine;
}

/** Opens it before the tests of a spec and closes it after them, also when only some of it could be opened. @param physician on which side of the line */
export function withCaseLine(physicianPlace: 'near' | 'far', take: (opened: CaseLine) => void | Promise<void>): void {
  const closing: (() => Promise<unknown>)[] = [];
  test.beforeAll(async () => {
    const line = await Impairment.open();
    closing.unshift(() => line.close());
    const server = await ServerProcess.start({}, line.near);
    closing.unshift(() => server.stop());
    const [nurse, physician] = await Promise.all([CaseMachine.start(server, { place: line.far }), CaseMachine.start(server, { place: line[physicianPlace] })]);
    closing.unshift(() => Promise.all([nurse.close(), physician.close()]));
    await take({ line, server, nurse, physician });
  });
  test.afterAll(async () => {
    for (const close of closing) await close();
  });
}
