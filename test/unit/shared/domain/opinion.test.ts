import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { personIdSchema } from '../../../../shared/domain/ids.ts';
import { EMPTY_OPINION, judgeStep, missingParts, nextSigner, type OpinionContent, type OpinionStanding, type OpinionStep, statusAfter } from '../../../../shared/domain/opinion.ts';

const [A, B, C] = ['p-a', 'p-b', 'p-c'].map((id) => personIdSchema.parse(id)) as [ReturnType<typeof personIdSchema.parse>, ReturnType<typeof personIdSchema.parse>, ReturnType<typeof personIdSchema.parse>];
const STRANGER = personIdSchema.parse('p-x');
const CONTENT: OpinionContent = { ...EMPTY_OPINION, diagnosis: '扩张型心肌病', recommendations: '随访', signerIds: [B, A] };
const standing = (change: Partial<OpinionStanding> = {}): OpinionStanding => ({ status: 'draft', version: 2, panelIds: [A, B, C], content: CONTENT, submittedById: null, signedIds: [], ...change });
const awaiting = (change: Partial<OpinionStanding> = {}) => standing({ status: 'awaitingSignatures', submittedById: C, ...change });

describe('steps of an opinion', () => {
  it('[OPN1] are for members of the panel', () => {
    const steps: OpinionStep[] = [{ type: 'save' }, { type: 'submit', version: 2 }, { type: 'sign', version: 2 }, { type: 'return', version: 2, reason: 'x' }, { type: 'addendum' }];
    for (const step of steps) for (const status of ['draft', 'awaitingSignatures', 'returned', 'signed'] as const) expect(judgeStep(standing({ status }), step, STRANGER)).toMatchObject({ rule: 'OPN1' });
    expect(judgeStep(standing(), { type: 'save' }, C)).toBeNull();
  });

  it('[OPN2] concern the version that the person saw', () => {
    for (const version of [1, 3]) {
      expect(judgeStep(standing(), { type: 'submit', version }, A)).toMatchObject({ rule: 'OPN2' });
      expect(judgeStep(awaiting(), { type: 'sign', version }, B)).toMatchObject({ rule: 'OPN2' });
      expect(judgeStep(awaiting(), { type: 'return', version, reason: 'x' }, B)).toMatchObject({ rule: 'OPN2' });
    }
    expect(judgeStep(standing({ version: 0 }), { type: 'submit', version: 0 }, A)).toMatchObject({ rule: 'OPN2' });
  });

  it('[OPN3] a submission says what it lacks', () => {
    const cases: readonly (readonly [Partial<OpinionContent>, string])[] = [
      [{ diagnosis: ' \n' }, 'diagnosis'],
      [{ recommendations: '' }, 'recommendations'],
      [{ signerIds: [] }, 'signers'],
      [{ signerIds: [A, STRANGER] }, 'signerNotOnPanel'],
      [{ disagreements: [{ personIds: [STRANGER], text: '不同意' }] }, 'dissenterNotOnPanel'],
      [{ disagreements: [{ personIds: [C], text: '不同意' }] }, 'dissenterDoesNotSign'],
      [{ disagreements: [{ personIds: [A], text: ' ' }] }, 'disagreementText'],
    ];
    expect(missingParts(CONTENT, [A, B, C])).toEqual([]);
    for (const [change, part] of cases) {
      const content = { ...CONTENT, ...change };
      expect(missingParts(content, [A, B, C])).toEqual([part]);
      expect(judgeStep(standing({ content }), { type: 'submit', version: 2 }, A)).toMatchObject({ rule: 'OPN3', missing: [part] });
    }
  });

  it('[OPN4] are signed in the order of the document, once each', () => {
    const sign = { type: 'sign', version: 2 } as const;
    expect(nextSigner(awaiting())).toBe(B);
    expect(judgeStep(awaiting(), sign, A)).toMatchObject({ rule: 'OPN4' });
    expect(judgeStep(awaiting(), sign, C)).toMatchObject({ rule: 'OPN4' });
    expect(judgeStep(awaiting(), sign, B)).toBeNull();
    expect(statusAfter(awaiting(), sign)).toBe('awaitingSignatures');
    expect(judgeStep(awaiting({ signedIds: [B] }), sign, B)).toMatchObject({ rule: 'OPN4' });
    expect(judgeStep(awaiting({ signedIds: [B] }), sign, A)).toBeNull();
    expect(statusAfter(awaiting({ signedIds: [B] }), sign)).toBe('signed');
    expect(judgeStep(standing(), sign, B)).toMatchObject({ rule: 'OPN4' });
  });

  it('[OPN5] go back by a signer or by whoever submitted it, with a reason', () => {
    const back = { type: 'return', version: 2, reason: '剂量有误' } as const;
    for (const who of [A, B, C]) expect(judgeStep(awaiting({ signedIds: [B] }), back, who)).toBeNull();
    expect(judgeStep(awaiting({ submittedById: A }), back, C)).toMatchObject({ rule: 'OPN5', reason: 'notASigner' });
    expect(judgeStep(awaiting(), { ...back, reason: '  ' }, B)).toMatchObject({ rule: 'OPN5', reason: 'noReason' });
    expect(judgeStep(standing(), back, B)).toMatchObject({ rule: 'OPN5' });
    expect(statusAfter(awaiting(), back)).toBe('returned');
  });

  it('[OPN6] change nothing while signatures are awaited, and what was sent back is changed before it is submitted again', () => {
    expect(judgeStep(awaiting(), { type: 'save' }, A)).toMatchObject({ rule: 'OPN6' });
    expect(judgeStep(standing({ status: 'returned' }), { type: 'submit', version: 2 }, A)).toMatchObject({ rule: 'OPN6' });
    expect(judgeStep(standing({ status: 'returned' }), { type: 'save' }, A)).toBeNull();
    expect(statusAfter(standing({ status: 'returned' }), { type: 'save' })).toBe('draft');
  });

  it('[OPN8][OPN9] end with the last signature; what follows is an addendum, and of a signed one only', () => {
    const steps: OpinionStep[] = [{ type: 'save' }, { type: 'submit', version: 2 }, { type: 'sign', version: 2 }, { type: 'return', version: 2, reason: 'x' }];
    for (const step of steps) for (const who of [A, B, C]) expect(judgeStep(standing({ status: 'signed', signedIds: [B, A] }), step, who)).toMatchObject({ rule: 'OPN8' });
    expect(judgeStep(standing({ status: 'signed' }), { type: 'addendum' }, C)).toBeNull();
    for (const status of ['draft', 'awaitingSignatures', 'returned'] as const) expect(judgeStep(standing({ status }), { type: 'addendum' }, C)).toMatchObject({ rule: 'OPN9' });
  });

  it('[OPN4][OPN5][OPN6][OPN8] whatever is tried: signed means that all signed this version in order, and nothing changed since it was submitted', () => {
    const stepArbitrary = fc.record({ type: fc.constantFrom('save', 'submit', 'sign', 'return'), who: fc.constantFrom(A, B, C, STRANGER), version: fc.integer({ min: 0, max: 4 }), text: fc.constantFrom('', '甲', '乙') });
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 60 }), (tries) => {
        let now = standing({ version: 0 });
        let submitted: OpinionContent | null = null;
        for (const { type, who, version, text } of tries) {
          const step: OpinionStep = type === 'save' ? { type } : type === 'return' ? { type, version, reason: text } : { type: type as 'submit' | 'sign', version };
          if (judgeStep(now, step, who) !== null) continue;
          expect(now.status).not.toBe('signed');
          const status = statusAfter(now, step as Exclude<OpinionStep, { type: 'addendum' }>);
          if (step.type === 'save') now = { ...now, status, version: now.version + 1, content: { ...CONTENT, diagnosis: text }, submittedById: null, signedIds: [] };
          else if (step.type === 'submit') { submitted = now.content; now = { ...now, status, submittedById: who }; }
          else if (step.type === 'sign') now = { ...now, status, signedIds: [...now.signedIds, who] };
          else now = { ...now, status, signedIds: [] };
          if (now.status === 'signed') { expect(now.signedIds).toEqual([B, A]); expect(now.content).toBe(submitted); }
          else expect(now.signedIds.length).toBeLessThan(2);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
