import { CheckCircleFilled, CloudDownloadOutlined, CloudOutlined, CloudUploadOutlined, DeleteOutlined, EllipsisOutlined, PieChartOutlined, PushpinFilled, PushpinOutlined } from '@ant-design/icons';
import { Button, Dropdown } from 'antd';
import { useStore } from 'zustand';
import type { CaseId } from '#shared/domain/ids';
import { byteSize, clockTime, pick } from '../../i18n/format.ts';
import type { CaseFilesModel, CaseRowView } from '../../state/cases/caseFilesModel.ts';
import { Chip, type Tone } from '../../ui/parts/Chip.tsx';
import { type Translate, useText } from '../../ui/text.ts';

const TONES: Readonly<Record<CaseRowView['offline'], Tone>> = { whole: 'good', items: 'caution', none: 'neutral' };
const ICONS = { whole: <CheckCircleFilled />, items: <PieChartOutlined />, none: <CloudOutlined /> } as const;

/** Whether a case opens without a network, by icon and word. */
function OfflineMark({ offline }: { readonly offline: CaseRowView['offline'] }) {
  const { t } = useText();
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
  readonly files: CaseFilesModel;
  readonly onOpen: (caseId: CaseId) => void;
}

/** One case: who, what is asked, when next, and how much of it is on this machine. */
export function CaseRow({ row, nowMs, isOnline, isPaused, files, onOpen }: CaseRowProps) {
  const { t, language } = useText();
  const { summary } = row;
  const name = summary.patientName;
  const leftBytes = Math.max(0, summary.attachmentBytes - row.hereBytes);
  const keepsCopies = useStore(files.store, (s) => s.memoryOnly === null);
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
          {keepsCopies && <OfflineMark offline={row.offline} />}
          {row.unsent > 0 && (
            <Chip tone="caution" icon={<CloudUploadOutlined />}>
              {t('cases.unsent', { count: row.unsent })}
            </Chip>
          )}
        </div>
        {row.progress ? (
          <FetchProgress row={row} progress={row.progress} isPaused={isPaused} />
        ) : (
          <span className="hz-muted hz-small">{t('worklist.asOf', { time: clockTime(row.asOfMs, nowMs, language) })}</span>
        )}
      </div>
      <div className="cs-act">
        {keepsCopies && row.offline !== 'whole' && !row.progress && (
          <Button icon={<CloudDownloadOutlined />} disabled={!isOnline} onClick={() => files.makeAvailable(summary.id)} title={isOnline ? '' : t('cases.needsNetwork')} aria-label={t('cases.makeAvailableNamed', { name, size: byteSize(leftBytes) })} data-testid={`make-available-${summary.id}`}>
            {leftBytes === 0 ? t('cases.makeAvailableItems') : t('cases.makeAvailable', { size: byteSize(leftBytes) })}
          </Button>
        )}
        {keepsCopies && <><Button type="text" icon={row.isPinned ? <PushpinFilled className="cs-pinned" /> : <PushpinOutlined />} aria-pressed={row.isPinned} aria-label={t(row.isPinned ? 'cases.unpinNamed' : 'cases.pinNamed', { name })} title={t(row.isPinned ? 'cases.unpin' : 'cases.pin')} onClick={() => files.setPinned(summary.id, !row.isPinned)} data-testid={`pin-${summary.id}`} />
        <Dropdown trigger={['click']} menu={{ items: [{ key: 'remove', icon: <DeleteOutlined />, label: t('cases.removeCopy', { size: byteSize(row.hereBytes) }), disabled: row.hereBytes === 0, onClick: () => files.removeCopy(summary.id) }] }}>
          <Button type="text" icon={<EllipsisOutlined />} aria-label={t('cases.moreNamed', { name })} />
        </Dropdown></>}
      </div>
    </div>
  );
}

function FetchProgress({ row, progress, isPaused }: { readonly row: CaseRowView; readonly progress: NonNullable<CaseRowView['progress']>; readonly isPaused: boolean }) {
  const { t } = useText();
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
