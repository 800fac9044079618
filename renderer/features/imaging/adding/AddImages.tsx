import { Drawer, Tabs } from 'antd';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { CaseId } from '#shared/domain/ids';
import type { StudySummary } from '../../../services/imaging/series.ts';
import type { ImportModel } from '../../../state/imaging/importModel.ts';
import type { PacsModel } from '../../../state/imaging/pacsModel.ts';
import { useText } from '../../../ui/text.ts';
import { ImportFiles } from './ImportFiles.tsx';
import { PacsArchive } from './PacsArchive.tsx';
import './adding.css';

export interface AddImagesProps {
  readonly caseId: CaseId;
  readonly isOpen: boolean;
  readonly isOnline: boolean;
  readonly importing: ImportModel;
  /** Null: the account may not use the archive. */
  readonly pacs: PacsModel | null;
  /** Of the case; what can be sent back to the archive. */
  readonly studies: readonly StudySummary[];
  readonly onClose: () => void;
}

/** Where images come from: files of a folder or a medium, and the hospital's archive. What is under way goes on when this is closed. */
export default function AddImages({ caseId, isOpen, isOnline, importing, pacs, studies, onClose }: AddImagesProps) {
  const { t } = useText();
  const phase = useStore(importing.store, (s) => s.phase);
  // Also when one into another case has ended and was read.
  useEffect(() => importing.open(caseId), [importing, caseId, phase]);
  const files = <ImportFiles model={importing} caseId={caseId} isOnline={isOnline} onClose={onClose} />;
  return (
    <Drawer open={isOpen} onClose={onClose} title={t('add.title')} size="min(920px, 100vw)" destroyOnHidden data-testid="add-images">
      {pacs === null ? files : (
        <Tabs items={[{ key: 'files', label: t('add.files'), children: files }, { key: 'pacs', label: <span data-testid="add-pacs">{t('add.pacs')}</span>, children: <PacsArchive model={pacs} caseId={caseId} isOnline={isOnline} studies={studies} /> }]} />
      )}
    </Drawer>
  );
}
