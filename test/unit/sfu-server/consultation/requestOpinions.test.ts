import { expect, it } from 'vitest';
import { consultRequestIdSchema, opinionIdSchema } from '#shared/domain/ids';
import { RequestOpinions } from '../../../../sfu-server/consultation/requestOpinions.ts';
import type { OpinionEvent } from '../../../../sfu-server/opinions/opinionDesk.ts';

const event = (type: OpinionEvent['type']) => ({ type, opinionId: opinionIdSchema.parse('opinion-1'), requestId: consultRequestIdSchema.parse('request-1'), isAddendum: false, version: 1, signerIds: [], reason: '' }) as unknown as OpinionEvent; // what is asked of it

it('[OPN12] tells of both steps of an opinion when the second is through before the first was told', async () => {
  const told: string[] = [];
  const workflow = new RequestOpinions({
    followOpinion: async (_id, _by, step) => async () => {
      told.push(step.type);
    },
  });
  const first = await workflow.onOpinion(event('submitted'), {} as never); // handed through only
  const second = await workflow.onOpinion(event('partlySigned'), {} as never); // likewise
  await Promise.all([second(), first()]);
  expect(told.sort()).toEqual(['signOpinion', 'submitOpinion']);
});
