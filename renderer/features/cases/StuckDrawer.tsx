import { DeleteOutlined, ExclamationCircleOutlined, SwapOutlined } from '@ant-design/icons';
import { Button, Drawer } from 'antd';
import { useState } from 'react';
import { useStore } from 'zustand';
import type { CaseId } from '#shared/domain/ids';
import { clockTime, fullName } from '../../i18n/format.ts';
import type { CaseFilesModel, CaseFilesState } from '../../state/cases/caseFilesModel.ts';
import { changeTitle } from '../../ui/caseText.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { ExportButton } from '../../ui/parts/ExportButton.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';

type Stuck = CaseFilesState['stuck'][number];

/** What the server did not take: nothing leaves this list but by a person's hand [OFF5]. */
export function StuckDrawer({ files, onOpen, onClose }: { readonly files: CaseFilesModel; readonly onOpen: (caseId: CaseId) => void; readonly onClose: () => void }) {
  const { t, language } = useText();
  const stuck = useStore(files.store, (s) => s.stuck);
  const cases = useStore(files.store, (s) => s.cases);
  const [asked, setAsked] = useState<Stuck | null>(null);
  const { wallMs } = useNow(60_000);
  const nameOf = (entry: Stuck) => cases.find(({ summary }) => summary.id === entry.change.caseId)?.summary.patientName ?? t('cases.caseGone');
  return (
    <Drawer open onClose={onClose} size={560} title={t('cases.stuckTitle', { count: stuck.length })} extra={<ExportButton make={() => files.exportChanges(stuck)} fileName="huizhen-undelivered.zip" isDisabled={stuck.length === 0} testId="export-stuck" />}>
      <p className="hz-muted">{t('cases.stuckHelp')}</p>
      {stuck.length === 0 && <p role="status">{t('cases.stuckNone')}</p>}
      <ul className="cs-stuck" data-testid="stuck-list">
        {stuck.map((entry) => (
          <li key={entry.change.id} className="cs-stuck-entry">
            <div className="hz-row-wrap">
              <strong>{changeTitle(entry.change.operation, null, t)}</strong>
              <Chip tone={entry.state === 'conflict' ? 'caution' : 'bad'} icon={entry.state === 'conflict' ? <SwapOutlined /> : <ExclamationCircleOutlined />}>
                {t(entry.state === 'conflict' ? 'place.conflict' : 'place.refused')}
              </Chip>
            </div>
            <p className="hz-muted hz-small">{t('cases.stuckWhere', { name: nameOf(entry), time: clockTime(entry.change.madeAtMs, wallMs, language) })}</p>
            <p>{reason(entry)}</p>
            <div className="hz-row-wrap">
              <Button onClick={() => onOpen(entry.change.caseId)}>{t(entry.state === 'conflict' ? 'cases.decide' : 'cases.openCase')}</Button>
              <Button danger icon={<DeleteOutlined />} onClick={() => setAsked(entry)} aria-label={t('cases.throwAwayNamed', { change: changeTitle(entry.change.operation, null, t) })} data-testid={`throw-away-${entry.change.id}`}>
                {t('cases.throwAway')}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {asked && (
        <ConfirmDialog
          isOpen
          isDangerous
          title={t('cases.throwAwayTitle', { change: changeTitle(asked.change.operation, null, t) })}
          text={t('cases.throwAwayText', { name: nameOf(asked) })}
          confirmLabel={t('cases.throwAway')}
          confirmTestId="throw-away-confirm"
          onConfirm={() => {
            files.throwAway(asked);
            setAsked(null);
          }}
          onCancel={() => setAsked(null)}
        />
      )}
    </Drawer>
  );

  function reason({ receipt }: Stuck): string {
    if (receipt?.status === 'refused') return t(`error.${receipt.code}`);
    if (receipt?.status !== 'conflict') return t('common.unknown');
    const [first] = receipt.conflicts;
    return first ? t('cases.conflictBy', { name: fullName(first.by, language), time: clockTime(first.atMs, wallMs, language) }) : t('place.conflict');
  }
}
