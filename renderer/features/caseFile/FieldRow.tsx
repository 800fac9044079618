import { EditOutlined } from '@ant-design/icons';
import { Button, Input, Select } from 'antd';
import { useState } from 'react';
import type { CaseItemContent } from '#shared/domain/caseFile';
import type { MessageKey } from '../../i18n/zh-CN.ts';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import { fieldLabel } from '../../ui/caseText.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { type Translate, useText } from '../../ui/text.ts';
import { useFile } from './fileContext.ts';
import { PlaceChip } from './PlaceChip.tsx';
import { emptyContent, type FieldInput, type FieldKind, fits, toValue } from './recordFields.ts';
import { useWork } from './useWork.ts';

export interface FieldRowProps {
  readonly kind: FieldKind;
  /** Null where the entry has not been begun. */
  readonly item: ViewedItem | null;
  readonly field: { readonly name: string; readonly input: FieldInput; readonly max: number };
}

/** A field's value as text; for choices the word a person reads. */
export function fieldText(field: string, value: unknown, t: Translate): string {
  if (value === null || value === undefined) return '';
  if (field === 'sex') return t(`sex.${String(value)}` as MessageKey); // one of the schema's words
  if (field === 'urgency') return t(`urgency.${String(value)}` as MessageKey); // likewise
  return String(value);
}

/** One field: its value, where it is, and writing in its place. What was typed stays until it is kept or put aside. */
export function FieldRow({ kind, item, field }: FieldRowProps) {
  const { t } = useText();
  const { model, canWrite } = useFile();
  const { name, input, max } = field;
  const body: Readonly<Record<string, unknown>> = item?.content.body ?? emptyContent(kind).body;
  const value = body[name];
  /** Null while only shown; `revision` is what the writer saw when they began. */
  const [draft, setDraft] = useState<{ readonly text: string; readonly revision: number } | null>(null);
  const { isWorking, error, run } = useWork();
  const label = fieldLabel(kind, name, t);
  const isPending = item?.pendingFields.includes(name) ?? false;
  const shown = fieldText(name, value, t);

  const save = async (text: string, revision: number) => {
    const next = toValue(input, name, text);
    if (next === (value ?? null)) return setDraft(null);
    const empty = emptyContent(kind);
    const isKept = await run(() => (item ? model.setFields({ id: item.id, revision }, { [name]: next }) : model.add({ ...empty, body: { ...empty.body, [name]: next } } as CaseItemContent))); // the kind's own field with a value of its input
    if (isKept) setDraft(null);
  };

  if (draft === null) {
    return (
      <div className="cf-record-field" data-testid={`field-${kind}-${name}`}>
        <dt>{label}</dt>
        <dd>
          <span className={shown === '' ? 'hz-muted' : 'cf-text'}>{shown === '' ? t('record.empty') : shown}</span>
          {isPending && item && <PlaceChip place={item.place === 'conflict' || item.place === 'refused' ? 'onlyHere' : item.place} />}
          {canWrite && item?.mayChange !== false && (item === null || item.retraction === null) && (
            <Button type="text" icon={<EditOutlined />} onClick={() => setDraft({ text: value === null || value === undefined ? '' : String(value), revision: item?.revision ?? 0 })} aria-label={t('record.editNamed', { name: label })} title={t('record.edit')} data-testid={`edit-${kind}-${name}`} />
          )}
        </dd>
      </div>
    );
  }
  const setText = (text: string) => setDraft({ ...draft, text });
  const isFit = fits(input, draft.text, max);
  return (
    <div className="cf-record-field" data-editing>
      <dt>
        <label htmlFor={`case-${item?.id ?? kind}-${name}`}>{label}</label>
      </dt>
      <dd className="hz-column">
        <FieldBox id={`case-${item?.id ?? kind}-${name}`} input={input} max={max} text={draft.text} isWrong={!isFit} onText={setText} />
        {!isFit && <p className="cf-problem" role="alert">{input === 'number' ? t('record.notANumber', { max }) : t('record.tooLong', { count: max })}</p>}
        {error && <ErrorNotice error={error} />}
        <div className="hz-row">
          <Button type="primary" loading={isWorking} disabled={!isFit} onClick={() => void save(draft.text, draft.revision)} data-testid={`save-${kind}-${name}`}>
            {t('common.save')}
          </Button>
          <Button onClick={() => setDraft(null)}>{t('common.cancel')}</Button>
        </div>
      </dd>
    </div>
  );
}

const SEXES = ['female', 'male', 'other', 'unknown'] as const;
const URGENCIES = ['routine', 'urgent', 'emergency'] as const;

function FieldBox({ id, input, max, text, isWrong, onText }: { readonly id: string; readonly input: FieldInput; readonly max: number; readonly text: string; readonly isWrong: boolean; readonly onText: (text: string) => void }) {
  const { t } = useText();
  const status = isWrong ? 'error' : '';
  switch (input) {
    case 'prose':
      return <Input.TextArea id={id} value={text} autoFocus autoSize={{ minRows: 3, maxRows: 16 }} status={status} maxLength={max} onChange={(event) => onText(event.target.value)} />;
    case 'sex':
      return <Select id={id} value={text} onChange={onText} options={SEXES.map((value) => ({ value, label: t(`sex.${value}`) }))} />;
    case 'urgency':
      return <Select id={id} value={text} onChange={onText} options={URGENCIES.map((value) => ({ value, label: t(`urgency.${value}`) }))} />;
    case 'date':
      return <Input id={id} type="date" value={text} autoFocus onChange={(event) => onText(event.target.value)} />;
    case 'number':
      return <Input id={id} inputMode="numeric" value={text} autoFocus status={status} onChange={(event) => onText(event.target.value)} />;
    case 'line':
      return <Input id={id} value={text} autoFocus status={status} maxLength={max} onChange={(event) => onText(event.target.value)} />;
  }
}
