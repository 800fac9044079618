import { expect, it } from 'vitest';
import { caseChangeIdSchema, caseItemIdSchema } from '#shared/domain/ids';
import type { CaseOperation } from '#shared/protocol/cases';
import { required } from '#shared/lib/assert';
import { conflictSides, fieldsToSend } from '../../../../renderer/services/cases/conflictSides.ts';
import type { ViewedItem } from '../../../../renderer/services/cases/caseView.ts';
import { CASE_ID } from '../../../helpers/cases/syntheticCase.ts';
import { PARTIES } from '../../../helpers/staticConsultModel.ts';

const id = caseChangeIdSchema.parse('change-1');

/** A change that met what the requester wrote in the fields named. */
function conflictOf(operation: CaseOperation, theirs: Readonly<Record<string, unknown>>): NonNullable<ViewedItem['conflict']> {
  const receipt = { status: 'conflict' as const, changeId: id, revision: 9, conflicts: Object.entries(theirs).map(([field, value]) => ({ field, value, revision: 8, by: PARTIES.requester, atMs: 5 })) };
  return { receipt, entry: { order: 1, change: { id, caseId: CASE_ID, madeAtMs: 1, operation }, author: PARTIES.expert, state: 'conflict', attempts: 1, stateAtMs: 2, receipt, revision: null, needs: [] } };
}

const set = conflictOf({ type: 'setFields', itemId: caseItemIdSchema.parse('history'), baseRevision: 3, fields: { allergies: '头孢', medication: '', pastHistory: '高血压' } }, { allergies: '碘', medication: '阿司匹林' });
const begun = conflictOf({ type: 'create', itemId: caseItemIdSchema.parse('history'), content: { kind: 'history', body: { presentIllness: '', pastHistory: '', medication: '', allergies: '头孢' } }, text: null }, { presentIllness: '咳嗽三天', allergies: '碘' });

it('[OFF5] asks for each contested field, with both values', () => {
  const { fields, others } = conflictSides(set);
  expect(fields.map(({ field, mine, theirs, by }) => [field, mine, theirs, by.id])).toEqual([['allergies', '头孢', '碘', PARTIES.requester.id], ['medication', '', '阿司匹林', PARTIES.requester.id]]);
  expect(others).toEqual(['pastHistory']);
});

it('[OFF5] sends what was kept and what nobody contested, whatever was decided', () => {
  expect(fieldsToSend(set, ['allergies'])).toEqual({ allergies: '头孢', pastHistory: '高血压' });
  expect(fieldsToSend(set, ['medication'])).toEqual({ medication: '', pastHistory: '高血压' });
  expect(fieldsToSend(set, [])).toEqual({ pastHistory: '高血压' });
});

it('[OFF5] an entry that two began at once keeps one’s own words, and empties none of the other’s', () => {
  expect(required(conflictSides(begun).fields[0], 'a contested field').field).toBe('allergies');
  expect(conflictSides(begun).fields).toHaveLength(1);
  expect(fieldsToSend(begun, ['allergies'])).toEqual({ allergies: '头孢' });
  expect(fieldsToSend(begun, [])).toBeNull();
});
