import { CASE_ITEM_KINDS, type CaseItemContent, type CaseItemKind } from '#shared/domain/caseFile';
import { type CaseOperation, fieldNames } from '#shared/protocol/cases';
import type { MessageKey } from '../i18n/zh-CN.ts';
import type { Translate } from './text.ts';

/** The name of a field as a person reads it; an unknown one (of a newer version) by its own name. */
export function fieldLabel(kind: CaseItemKind, field: string, t: Translate): string {
  return fieldNames(kind).includes(field) ? t(`field.${kind}.${field}` as MessageKey) : field; // the table of texts has one for each field of each kind
}

/** The kind an operation is about, as far as it says itself; the kind's name is the id of items of which there is one. */
export function kindOfOperation(operation: CaseOperation): CaseItemKind | null {
  if (operation.type === 'create') return operation.content.kind;
  if (operation.type === 'mergeText') return 'note';
  const kinds = Object.keys(CASE_ITEM_KINDS) as CaseItemKind[]; // the table's own keys
  return kinds.find((kind) => kind === operation.itemId) ?? null;
}

/** What a change does, in a few words. `kind`: where the case is known, its item's. */
export function changeTitle(operation: CaseOperation, kind: CaseItemKind | null, t: Translate): string {
  const known = kind ?? kindOfOperation(operation);
  const name = known ? t(`caseKind.${known}`) : t('caseKind.unknown');
  switch (operation.type) {
    case 'create': {
      const content = operation.content as CaseItemContent; // the schema pairs kind and body
      const title = content.kind === 'document' || content.kind === 'note' ? content.body.title : content.kind === 'consent' ? content.body.formTitle : '';
      if (title !== '') return t('change.createNamed', { kind: name, name: title });
      return t('change.create', { kind: name });
    }
    case 'setFields':
      return t('change.setFields', { kind: name, fields: Object.keys(operation.fields).map((field) => (known ? fieldLabel(known, field, t) : field)).join(t('common.listComma')) });
    case 'mergeText':
      return t('change.mergeText', { kind: name });
    case 'retract':
      return t('change.retract', { kind: name });
  }
}
