import { CheckCircleFilled, CloudDownloadOutlined, CloudOutlined, CloudUploadOutlined, DeleteOutlined, EllipsisOutlined, PieChartOutlined, PushpinFilled, PushpinOutlined } from '@ant-design/icons';
import { Dropdown } from 'antd';
import { memo, useState } from 'react';
import type { CaseId } from '#shared/domain/ids';
import { byteSize, clockTime, pick } from '../../i18n/format.ts';
import type { CaseFilesModel, CaseRowView } from '../../state/cases/caseFilesModel.ts';
import { Chip, type Tone } from '../../ui/parts/Chip.tsx';
import type { Text, Translate } from '../../ui/text.ts';

const TONES: Readonly<Record<CaseRowView['offline'], Tone>> = { whole: 'good', items: 'caution', none: 'neutral' };
const ICONS = { whole: <CheckCircleFilled />, items: <PieChartOutlined />, none: <CloudOutlined /> } as const;

/** Whether a case opens without a network, by icon and word. */
function OfflineMark({ offline, t }: { readonly offline: CaseRowView['offline']; readonly t: Translate }) {
  return (
    <Chip tone={TONES[offline]} icon={ICONS[offline]} title={t(`cases.offlineHelp.${offline}`)}>
      {t(`cases.offline.${offline}`)}
    </Chip>
  );
}

/** «女 · 63 岁», leaving out what is not known. */
function facts(summary: CaseRowView['summary'], t: Translate): string {
  const known = summary.patientSex === 'unknown' ? [] : [t(`sex.${summary.patientSex}`)];
  if (summary.patientAge !== null) known.push(t('patient.age', { count: summary.patientAge }));
  return known.join(' · ');
}

export interface CaseRowProps {
  readonly row: CaseRowView;
  readonly nowMs: number;
  readonly isOnline: boolean;
  readonly isPaused: boolean;
  readonly keepsCopies: boolean;
  /** As `useText` gives it; a hook in each of many rows would be felt. */
  readonly text: Text;
  readonly files: CaseFilesModel;
  readonly onOpen: (caseId: CaseId) => void;
}

/**
 * One case: who, what is asked, when next, and how much of it is on this machine. Its buttons are the page's own and it is drawn
 * anew only when something of it changes: a key in the filter replaces all rows in sight at once.
 */
export const CaseRow = memo(function CaseRow({ row, nowMs, isOnline, isPaused, keepsCopies, text, files, onOpen }: CaseRowProps) {
  const { t, language } = text;
  const { summary } = row;
  const name = summary.patientName;
  const leftBytes = Math.max(0, row.wholeBytes - row.hereBytes);
  const canOpen = row.offline !== 'none' || isOnline;
  return (
    <div className="cs-row" data-testid={`case-row-${summary.id}`} data-offline={keepsCopies ? row.offline : 'none'}>
      <div className="cs-who">
        <button type="button" className="cs-open" onClick={() => onOpen(summary.id)} aria-disabled={!canOpen} aria-describedby={canOpen ? undefined : 'cases-not-here'} data-testid={`open-case-${summary.id}`}>
          {name}
        </button>
        <span className="hz-muted">{facts(summary, t)}</span>
      </div>
      <div className="cs-what">
        <p className="cs-question" title={summary.question}>{summary.question}</p>
        <p className="hz-muted hz-small hz-ellipsis">{pick(summary.organisationName, language)}</p>
      </div>
      <div className="cs-when">
        <span className="hz-muted hz-small">{t('cases.next')}</span>
        <span>{summary.nextConsultAtMs === null ? t('common.none') : clockTime(summary.nextConsultAtMs, nowMs, language)}</span>
      </div>
      <div className="cs-here">
        <div className="hz-row-wrap">
          {keepsCopies && <OfflineMark offline={row.offline} t={t} />}
          {row.unsent > 0 && (
            <Chip tone="caution" icon={<CloudUploadOutlined />}>
              {t('cases.unsent', { count: row.unsent })}
            </Chip>
          )}
        </div>
        {row.progress ? (
          <FetchProgress row={row} progress={row.progress} isPaused={isPaused} t={t} />
        ) : (
          <span className="hz-muted hz-small">{t('worklist.asOf', { time: clockTime(row.asOfMs, nowMs, language) })}</span>
        )}
      </div>
      <div className="cs-act">
        {keepsCopies && row.offline !== 'whole' && !row.progress && (
          <button type="button" className="cs-button" disabled={!isOnline} onClick={() => files.makeAvailable(summary.id)} title={isOnline ? '' : t('cases.needsNetwork')} aria-label={t('cases.makeAvailableNamed', { name, size: byteSize(leftBytes) })} data-testid={`make-available-${summary.id}`}>
            <CloudDownloadOutlined />
            <span>{leftBytes === 0 ? t('cases.makeAvailableItems') : t('cases.makeAvailable', { size: byteSize(leftBytes) })}</span>
          </button>
        )}
        {keepsCopies && (
          <>
            <button type="button" className="cs-button cs-button-bare" aria-pressed={row.isPinned} aria-label={t(row.isPinned ? 'cases.unpinNamed' : 'cases.pinNamed', { name })} title={t(row.isPinned ? 'cases.unpin' : 'cases.pin')} onClick={() => files.setPinned(summary.id, !row.isPinned)} data-testid={`pin-${summary.id}`}>
              {row.isPinned ? <PushpinFilled className="cs-pinned" /> : <PushpinOutlined />}
            </button>
            <RowMenu label={t('cases.moreNamed', { name })} removeText={t('cases.removeCopy', { size: byteSize(row.hereBytes) })} canRemove={row.hereBytes > 0} onRemove={() => files.removeCopy(summary.id)} />
          </>
        )}
      </div>
    </div>
  );
});

interface RowMenuProps {
  readonly label: string;
  readonly removeText: string;
  readonly canRemove: boolean;
  readonly onRemove: () => void;
}

/** What is done seldom. The menu is made when it is first asked for; its button then takes the focus over from the one before. */
function RowMenu({ label, removeText, canRemove, onRemove }: RowMenuProps) {
  const [state, setState] = useState<'unmade' | 'open' | 'closed'>('unmade');
  const common = { type: 'button', className: 'cs-button cs-button-bare', 'aria-label': label, 'aria-haspopup': 'menu', children: <EllipsisOutlined /> } as const;
  if (state === 'unmade') return <button {...common} aria-expanded={false} onClick={() => setState('open')} />;
  return (
    <Dropdown open={state === 'open'} onOpenChange={(isOpen) => setState(isOpen ? 'open' : 'closed')} trigger={['click']} menu={{ items: [{ key: 'remove', icon: <DeleteOutlined />, label: removeText, disabled: !canRemove, onClick: onRemove }] }}>
      <button {...common} ref={focusOnce} aria-expanded={state === 'open'} />
    </Dropdown>
  );
}

const focusOnce = (button: HTMLButtonElement | null) => button?.focus();

function FetchProgress({ row, progress, isPaused, t }: { readonly row: CaseRowView; readonly progress: NonNullable<CaseRowView['progress']>; readonly isPaused: boolean; readonly t: Translate }) {
  const text = progress.step === 'items' ? t('cases.fetchingItems') : t(isPaused ? 'cases.fetchPaused' : 'cases.fetching', { done: byteSize(progress.doneBytes), total: byteSize(progress.totalBytes) });
  const share = progress.totalBytes === 0 ? 0 : Math.min(1, progress.doneBytes / progress.totalBytes);
  return (
    <div className="cs-progress">
      <div className="hz-level" role="progressbar" aria-label={t('cases.fetchOf', { name: row.summary.patientName })} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} aria-valuetext={text}>
        <span style={{ transform: `scaleX(${share})` }} />
      </div>
      <span className="hz-small">{text}</span>
    </div>
  );
}
