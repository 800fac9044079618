import { Button, Skeleton } from 'antd';
import { useLayoutEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { CaseItemKind } from '#shared/domain/caseFile';
import type { CaseId } from '#shared/domain/ids';
import type { CaseModel } from '../../state/cases/caseModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { FileContext, type FileContextValue } from './fileContext.ts';
import { FileHeader } from './FileHeader.tsx';
import { FileSections } from './FileSections.tsx';
import { PrintFile } from './PrintFile.tsx';
import { type SectionName, sectionOf } from './sections.ts';
import './caseFile.css';

export interface CaseFileProps {
  readonly model: CaseModel;
  readonly caseId: CaseId;
  readonly isOnline: boolean;
  /** In a side panel. */
  readonly isCompact: boolean;
  /** The account may write in case files at all; the case itself says the rest. */
  readonly mayWrite: boolean;
  readonly throwAway: FileContextValue['throwAway'];
  readonly exportFhir: FileContextValue['exportFhir'];
  readonly opinions: FileContextValue['opinions'];
  readonly imaging: FileContextValue['imaging'];
  readonly replay: FileContextValue['replay'];
  readonly onBack: (() => void) | null;
  /** Opens where this kind is written; left out: at the overview. */
  readonly startAt?: CaseItemKind | undefined;
}

/** A patient's file: everything of it that is here, and where each own change to it is. */
export default function CaseFile({ model, caseId, isOnline, isCompact, mayWrite, throwAway, exportFhir, opinions, imaging, replay, onBack, startAt }: CaseFileProps) {
  const { t } = useText();
  const phase = useStore(model.store, (s) => s.phase);
  const openId = useStore(model.store, (s) => s.caseId);
  const error = useStore(model.store, (s) => s.error);
  const canWrite = useStore(model.store, (s) => s.summary?.canWrite === true) && mayWrite;
  const [printCount, setPrintCount] = useState(0);
  const [section, setSection] = useState<SectionName>(startAt === undefined ? 'overview' : sectionOf(startAt));
  // Before the first paint: what is left of the last file is not shown for a moment.
  useLayoutEffect(() => {
    model.open(caseId);
    return () => model.close();
  }, [model, caseId]);
  const context = useMemo<FileContextValue>(() => ({ model, isOnline, isCompact, canWrite, throwAway, exportFhir, opinions, imaging, replay }), [model, isOnline, isCompact, canWrite, throwAway, exportFhir, opinions, imaging, replay]);

  if (phase === 'failed') {
    return (
      <div className="hz-empty" data-testid="case-failed">
        <h1>{t('case.failed')}</h1>
        {error && <ErrorNotice error={error} {...(error.code === 'network.offline' ? { text: t('case.notHere') } : {})} />}
        <div className="hz-row-wrap">
          {onBack && <Button onClick={onBack}>{t('case.back')}</Button>}
          <Button type="primary" onClick={() => model.open(caseId)}>
            {t('common.retry')}
          </Button>
        </div>
      </div>
    );
  }
  if (phase !== 'open' || openId !== caseId) return <Opening />;
  return (
    <FileContext value={context}>
      <div className="cf-file" data-compact={isCompact} data-testid="case-file">
        <FileHeader onBack={onBack} onPrint={() => setPrintCount((count) => count + 1)} onChanges={() => setSection('changes')} />
        <FileSections current={section} onGo={setSection} />
      </div>
      <PrintFile askedCount={printCount} />
    </FileContext>
  );
}

function Opening() {
  const { t } = useText();
  return (
    <div className="cf-file" aria-busy="true">
      <h1 className="hz-hidden">
        <span role="status">{t('case.opening')}</span>
      </h1>
      <div className="cf-header">
        <Skeleton active title={false} paragraph={{ rows: 2, width: [240, 480] }} />
      </div>
      <div className="hz-card">
        <Skeleton active title={false} paragraph={{ rows: 6 }} />
      </div>
    </div>
  );
}
