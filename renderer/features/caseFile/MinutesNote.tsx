import { Button } from 'antd';
import { useLayoutEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import type { CaseId, CaseItemId } from '#shared/domain/ids';
import { ofKind } from '../../services/cases/caseView.ts';
import type { CaseModel } from '../../state/cases/caseModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { FileContext, type FileContextValue } from './fileContext.ts';
import NoteEditor from './NoteEditor.tsx';
import { useWork } from './useWork.ts';
import './caseFile.css';

export interface MinutesNoteProps {
  readonly model: CaseModel;
  readonly caseId: CaseId;
  readonly itemId: CaseItemId;
  /** Of the note when it is begun. */
  readonly title: string;
  readonly isOnline: boolean;
  readonly mayWrite: boolean;
  readonly throwAway: FileContextValue['throwAway'];
}

/** [INS5] One note of the case, known by its id, without the rest of the file around it. */
export default function MinutesNote({ model, caseId, itemId, title, isOnline, mayWrite, throwAway }: MinutesNoteProps) {
  const { t } = useText();
  const phase = useStore(model.store, (s) => (s.caseId === caseId ? s.phase : 'opening'));
  const items = useStore(model.store, (s) => s.items);
  const canWrite = useStore(model.store, (s) => s.summary?.canWrite === true) && mayWrite;
  const { isWorking, error, run } = useWork();
  useLayoutEffect(() => {
    model.open(caseId);
    return () => model.close();
  }, [model, caseId]);
  const context = useMemo<FileContextValue>(() => ({ model, isOnline, isCompact: true, canWrite, throwAway, exportFhir: null, opinions: null, imaging: null, replay: null }), [model, isOnline, canWrite, throwAway]);
  const note = ofKind(items, 'note').find(({ id }) => id === itemId);
  if (phase !== 'open') return <p role="status">{t(phase === 'failed' ? 'case.failed' : 'common.loading')}</p>;
  return (
    <FileContext value={context}>
      {note ? (
        <NoteEditor key={note.id} item={note} />
      ) : canWrite ? (
        <Button type="primary" loading={isWorking} onClick={() => void run(() => model.addNote(itemId, title))} data-testid="begin-minutes">
          {t('minutes.begin')}
        </Button>
      ) : (
        <p className="hz-muted">{t('minutes.none')}</p>
      )}
      {error && <ErrorNotice error={error} />}
    </FileContext>
  );
}
