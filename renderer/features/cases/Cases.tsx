import { FolderOpenOutlined, InboxOutlined, PauseOutlined, CaretRightOutlined, ReloadOutlined, SafetyOutlined, SearchOutlined, StopOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { CaseId } from '#shared/domain/ids';
import { clockTime } from '../../i18n/format.ts';
import type { FhirExchange } from '../../services/cases/fhirExchange.ts';
import { type CaseFilesModel, filterCases } from '../../state/cases/caseFilesModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { OthersNotice } from '../../ui/parts/OthersNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { CaseRow } from './CaseRow.tsx';
import { ImportFhir } from './ImportFhir.tsx';
import { StorageBar } from './StorageBar.tsx';
import { StuckDrawer } from './StuckDrawer.tsx';
import { WindowedList } from '../../ui/parts/WindowedList.tsx';

export interface CasesProps {
  readonly files: CaseFilesModel;
  /** Larger rows. */
  readonly isCart: boolean;
  readonly onOpen: (caseId: CaseId) => void;
  /** Taking in files of other systems; null: this account may not. */
  readonly exchange: FhirExchange | null;
}

const ROW_PX = 92;
const CART_ROW_PX = 176;

/** 病例: all case files the person may read, and what of them is on this machine. */
export default function Cases({ files, isCart, onOpen, exchange }: CasesProps) {
  const { wallMs } = useNow(30_000);
  return (
    <div className="hz-page cs-page">
      <Head files={files} nowMs={wallMs} exchange={exchange} onOpen={onOpen} />
      <Told files={files} nowMs={wallMs} onOpen={onOpen} />
      <List files={files} nowMs={wallMs} isCart={isCart} onOpen={onOpen} />
    </div>
  );
}

interface PartProps {
  readonly files: CaseFilesModel;
  readonly onOpen: CasesProps['onOpen'];
}

function Head({ files, nowMs, exchange, onOpen }: PartProps & { readonly nowMs: number; readonly exchange: FhirExchange | null }) {
  const { t, language } = useText();
  const asOfMs = useStore(files.store, (s) => s.asOfMs);
  const isOnline = useStore(files.store, (s) => s.isOnline);
  const isPaused = useStore(files.store, (s) => s.isPaused);
  const isFetching = useStore(files.store, (s) => s.cases.some((row) => row.progress !== null));
  return (
    <div className="hz-page-head">
      <h1>{t('cases.title')}</h1>
      {asOfMs !== null && <span className="hz-muted hz-small">{t('worklist.asOf', { time: clockTime(asOfMs, nowMs, language) })}</span>}
      {(isFetching || isPaused) && (
        <Button icon={isPaused ? <CaretRightOutlined /> : <PauseOutlined />} onClick={() => files.setPaused(!isPaused)} data-testid="pause-fetching">
          {t(isPaused ? 'cases.resume' : 'cases.pause')}
        </Button>
      )}
      {exchange && <ImportFhir exchange={exchange} isOnline={isOnline} onImported={files.refresh} onOpen={onOpen} />}
      <Button icon={<ReloadOutlined />} onClick={files.refresh} disabled={!isOnline}>
        {t('common.refresh')}
      </Button>
    </div>
  );
}

/** What a person has to know or decide before the list. */
function Told({ files, nowMs, onOpen }: PartProps & { readonly nowMs: number }) {
  const { t, language } = useText();
  const stuckCount = useStore(files.store, (s) => s.stuck.length);
  const memoryOnly = useStore(files.store, (s) => s.memoryOnly);
  const others = useStore(files.store, (s) => s.others);
  const recovery = useStore(files.store, (s) => s.recovery);
  const error = useStore(files.store, (s) => s.error);
  const [isStuckOpen, setStuckOpen] = useState(false);
  return (
    <>
      {stuckCount > 0 && (
        <div className="hz-error" data-category="state" role="alert">
          <InboxOutlined />
          <div className="hz-grow">
            <strong>{t('cases.stuck', { count: stuckCount })}</strong>
            <span>{t('cases.stuckShort')}</span>
          </div>
          <Button onClick={() => setStuckOpen(true)} data-testid="open-stuck">
            {t('cases.look')}
          </Button>
        </div>
      )}
      {recovery && (
        <div className="hz-error" data-category="state" role="alert" data-testid="cases-recovered">
          <SafetyOutlined />
          <div className="hz-grow">
            <strong>{t('cases.recovered', { time: clockTime(recovery.atMs, nowMs, language) })}</strong>
            <span>{t(recovery.unsent > 0 ? 'cases.recoveredUnsent' : 'cases.recoveredNothing', { count: recovery.unsent })}</span>
          </div>
          <Button onClick={files.dismissRecovery}>{t('common.dismiss')}</Button>
        </div>
      )}
      <OthersNotice others={others} make={files.exportChanges} />
      {memoryOnly !== null && (
        <div className="cs-memory" role="note" data-testid="cases-memory">
          <StopOutlined />
          <div className="hz-grow">
            <strong>{t('cases.memory')}</strong>
            <p>{t('cases.memoryText')}</p>
            <p className="hz-small">{t('cases.offReason', { reason: memoryOnly })}</p>
          </div>
        </div>
      )}
      {error && <ErrorNotice error={error} action={<Button onClick={files.dismissError}>{t('common.dismiss')}</Button>} />}
      {isStuckOpen && <StuckDrawer files={files} onOpen={onOpen} onClose={() => setStuckOpen(false)} />}
    </>
  );
}

/** Apart from the rest of the page: it alone is drawn anew at each key in the filter. */
function List({ files, nowMs, isCart, onOpen }: PartProps & { readonly nowMs: number; readonly isCart: boolean }) {
  const text = useText();
  const { t } = text;
  const cases = useStore(files.store, (s) => s.cases);
  const query = useStore(files.store, (s) => s.query);
  const isOnline = useStore(files.store, (s) => s.isOnline);
  const isPaused = useStore(files.store, (s) => s.isPaused);
  const storage = useStore(files.store, (s) => s.storage);
  const unreadable = useStore(files.store, (s) => s.unreadable);
  const keepsCopies = useStore(files.store, (s) => s.memoryOnly === null);
  const rows = useMemo(() => filterCases(cases, query), [cases, query]);
  return (
    <>
      <div className="cs-tools">
        <Input className="cs-filter" size="large" allowClear prefix={<SearchOutlined />} placeholder={t('cases.filter')} aria-label={t('cases.filter')} value={query} onChange={(event) => files.setQuery(event.target.value)} data-testid="cases-filter" />
        <span className="hz-muted hz-small" role="status" data-testid="cases-count" data-shown={rows.length}>
          {t('cases.count', { shown: rows.length, count: cases.length })}
        </span>
        {storage && <StorageBar storage={storage} />}
      </div>
      {unreadable > 0 && <p className="hz-muted">{t('cases.unreadable', { count: unreadable })}</p>}
      {rows.length > 0 ? (
        <WindowedList rows={rows} rowHeight={isCart ? CART_ROW_PX : ROW_PX} keyOf={({ summary }) => summary.id} label={t('cases.list')}>
          {(row) => <CaseRow row={row} nowMs={nowMs} isOnline={isOnline} isPaused={isPaused} keepsCopies={keepsCopies} text={text} files={files} onOpen={onOpen} />}
        </WindowedList>
      ) : (
        <div className="hz-empty" data-testid="cases-empty">
          <FolderOpenOutlined />
          <h2>{t(cases.length > 0 ? 'cases.emptyFilter' : 'cases.empty')}</h2>
          {cases.length > 0 ? <Button onClick={() => files.setQuery('')}>{t('worklist.showAll')}</Button> : <p>{t(isOnline ? 'cases.emptyText' : 'cases.emptyOffline')}</p>}
        </div>
      )}
      <span id="cases-not-here" className="hz-hidden">
        {t('cases.notHere')}
      </span>
    </>
  );
}
