import { ArrowLeftOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { lazy, Suspense, useState } from 'react';
import type { CaseItemId } from '#shared/domain/ids';
import { clockTime, fullName } from '../../i18n/format.ts';
import { ofKind } from '../../services/cases/caseView.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useCase, useFile } from './fileContext.ts';
import { PlaceChip } from './PlaceChip.tsx';
import { RetractButton, RetractionLine } from './RetractButton.tsx';
import { Nothing, Section } from './Section.tsx';
import { useWork } from './useWork.ts';

const NoteEditor = lazy(() => import('./NoteEditor.tsx'));

/** Notes of several authors; one is open at a time. */
export function NotesSection() {
  const { t, language } = useText();
  const { canWrite } = useFile();
  const items = useCase((s) => s.items);
  const notes = ofKind(items, 'note');
  const [openId, setOpenId] = useState<CaseItemId | null>(null);
  const [isAdding, setAdding] = useState(false);
  const { wallMs } = useNow(60_000);
  const open = notes.find(({ id }) => id === openId);

  if (open) {
    return (
      <Section title={open.content.body.title} action={<Button icon={<ArrowLeftOutlined />} onClick={() => setOpenId(null)} data-testid="close-note">{t('notes.all')}</Button>}>
        <Suspense fallback={<p role="status">{t('common.loading')}</p>}>
          <NoteEditor key={open.id} item={open} />
        </Suspense>
      </Section>
    );
  }
  return (
    <Section
      title={t('section.notes')}
      action={
        canWrite && !isAdding ? (
          <Button type="primary" size="large" icon={<PlusOutlined />} onClick={() => setAdding(true)} data-testid="add-note">
            {t('notes.add')}
          </Button>
        ) : null
      }
    >
      {isAdding && (
        <NewNote
          onClose={() => setAdding(false)}
          onMade={(id) => {
            setAdding(false);
            setOpenId(id);
          }}
        />
      )}
      {notes.length === 0 && !isAdding && <Nothing text={t('notes.none')} />}
      <ul className="cf-notes">
        {notes.map((item) => (
          <li key={item.id} className="cf-entry" data-retracted={item.retraction !== null}>
            <div className="cf-entry-head">
              <button type="button" className="cf-event-open" onClick={() => setOpenId(item.id)} data-testid={`note-${item.id}`}>
                <strong>{item.content.body.title}</strong>
              </button>
              <PlaceChip place={item.place} />
              <span className="hz-grow" />
              <RetractButton item={item} name={item.content.body.title} />
            </div>
            <p className="cf-note-preview">{item.text === null || item.text === '' ? t('notes.noText') : item.text}</p>
            <p className="hz-muted hz-small">{t('notes.by', { name: fullName(item.author, language), time: clockTime(item.changedAtMs, wallMs, language) })}</p>
            <RetractionLine item={item} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function NewNote({ onMade, onClose }: { readonly onMade: (id: CaseItemId) => void; readonly onClose: () => void }) {
  const { t } = useText();
  const { model } = useFile();
  const [title, setTitle] = useState('');
  const { isWorking, error, run } = useWork();
  const make = () => run(async () => onMade(await model.add({ kind: 'note', body: { title: title.trim() } })));
  return (
    <form
      className="cf-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (title.trim() !== '') void make();
      }}
    >
      <label className="cf-field">
        <span>{t('notes.title')}</span>
        <Input size="large" value={title} onChange={(event) => setTitle(event.target.value)} maxLength={200} autoFocus data-testid="note-title" />
      </label>
      {error && <ErrorNotice error={error} />}
      <div className="cf-form-end">
        <Button size="large" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button type="primary" size="large" htmlType="submit" disabled={title.trim() === ''} loading={isWorking} data-testid="make-note">
          {t('notes.make')}
        </Button>
      </div>
    </form>
  );
}
