import { ArrowLeftOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { OpinionId } from '#shared/domain/ids';
import type { MissingPart } from '#shared/domain/opinion';
import type { NavigationModel } from '../../state/navigationModel.ts';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { ConflictDialog, ReturnDialog, SignDialog } from './Dialogs.tsx';
import { OpinionContext, type OpinionContextValue } from './opinionContext.ts';
import { Sheet } from './Sheet.tsx';
import { Side } from './Side.tsx';
import './opinion.css';

export interface OpinionScreenProps extends OpinionContextValue {
  readonly opinionId: OpinionId;
  readonly isOnline: boolean;
  /** The way back leads to the request, not to the case. */
  readonly isOfRequest: boolean;
  readonly guard: NavigationModel['guard'];
  readonly onOpen: (opinionId: OpinionId) => void;
  readonly onBack: () => void;
}

/** A consultation opinion: the sheet in the middle, its versions and what can be done at the side. */
export default function OpinionScreen({ opinionId, isOnline, isOfRequest, guard, onOpen, onBack, model, self, subject, caseDoor, images }: OpinionScreenProps) {
  const { t } = useText();
  const { phase, opinion, draft, shown, canWrite, isDirty, missing, error } = useStore(model.store);
  const [dialog, setDialog] = useState<'sign' | 'return' | null>(null);
  const [leaving, setLeaving] = useState<{ readonly proceed: () => void } | null>(null);
  useEffect(() => {
    model.open(opinionId);
    return () => model.close();
  }, [model, opinionId]);
  useEffect(() => (isDirty ? guard((proceed) => setLeaving({ proceed })) : undefined), [isDirty, guard]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (model.store.getState().isDirty && model.store.getState().canWrite) void model.save();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [model]);
  const context = useMemo<OpinionContextValue>(() => ({ model, self, subject, caseDoor, images }), [model, self, subject, caseDoor, images]);
  const beginAddendum = async () => {
    const id = await model.beginAddendum();
    if (id !== null) onOpen(id);
  };
  const ask = (kind: 'sign' | 'return') => () => {
    model.clearError();
    setDialog(kind);
  };
  const closeDialog = () => {
    model.clearError();
    setDialog(null);
  };

  if (phase === 'failed' || opinion === null) {
    return (
      <div className="hz-empty" data-testid="opinion-loading">
        <h1>{t(phase === 'failed' ? 'opinionDoc.failed' : 'common.loading')}</h1>
        {phase === 'failed' && error && <ErrorNotice error={error} action={<Button onClick={model.refresh}>{t('common.retry')}</Button>} />}
        <Button onClick={onBack}>{t(isOfRequest ? 'opinionDoc.backToRequest' : 'opinionDoc.back')}</Button>
      </div>
    );
  }
  const isEditable = canWrite && shown === null;
  return (
    <OpinionContext value={context}>
      <div className="op-screen" data-testid="opinion-screen">
        <div className="op-main">
          <div className="hz-row-wrap op-bar">
            <Button icon={<ArrowLeftOutlined />} onClick={onBack} data-testid="opinion-back">
              {t(isOfRequest ? 'opinionDoc.backToRequest' : 'opinionDoc.back')}
            </Button>
            {shown && (
              <div className="hz-banner hz-grow" data-tone="quiet" role="status">
                <span className="hz-grow">{t('opinionDoc.looking', { number: shown.number })}</span>
                <Button onClick={() => model.show(null)}>{t('opinionDoc.backToNewest')}</Button>
              </div>
            )}
          </div>
          <Sheet
            opinion={opinion}
            content={shown?.content ?? (isEditable || isDirty ? draft : opinion.content)}
            versionNumber={shown?.number ?? opinion.version}
            onEdit={isEditable ? model.edit : null}
            lacks={(part: MissingPart) => isEditable && isDirty && missing.includes(part)}
          />
        </div>
        <Side isOnline={isOnline} onSign={ask('sign')} onReturn={ask('return')} onAddendum={() => void beginAddendum()} />
      </div>
      {dialog === 'sign' && <SignDialog onClose={closeDialog} />}
      {dialog === 'return' && <ReturnDialog onClose={closeDialog} />}
      <ConflictDialog />
      <ConfirmDialog
        isOpen={leaving !== null}
        title={t('opinionDoc.leaveTitle')}
        text={t('opinionDoc.leaveText')}
        confirmLabel={t('opinionDoc.leave')}
        cancelLabel={t('opinionDoc.stay')}
        confirmTestId="leave-unsaved"
        onConfirm={() => {
          const proceed = leaving?.proceed;
          setLeaving(null);
          proceed?.();
        }}
        onCancel={() => setLeaving(null)}
      />
    </OpinionContext>
  );
}
