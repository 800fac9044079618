import { FolderOpenOutlined, InboxOutlined, PauseOutlined, CaretRightOutlined, ReloadOutlined, SearchOutlined, StopOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useStore } from 'zustand';
import type { CaseId } from '#shared/domain/ids';
import { clockTime } from '../../i18n/format.ts';
import { changesAsText } from '../../services/cases/authors.ts';
import type { FhirExchange } from '../../services/cases/fhirExchange.ts';
import { type CaseFilesModel, matchesQuery } from '../../state/cases/caseFilesModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { OthersNotice } from '../../ui/parts/OthersNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { CaseRow } from './CaseRow.tsx';
import { ImportFhir } from './ImportFhir.tsx';
import { StorageBar } from './StorageBar.tsx';
import { StuckDrawer } from './StuckDrawer.tsx';
import { WindowedList } from './WindowedList.tsx';

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
  const { t, language } = useText();
  const state = useStore(files.store);
  const { wallMs } = useNow(30_000);
  const [isStuckOpen, setStuckOpen] = useState(false);
  const query = useDeferredValue(state.query);
  const rows = query.trim() === '' ? state.cases : state.cases.filter((row) => matchesQuery(row, query));
  const isFetching = state.cases.some((row) => row.progress !== null);

  return (
    <div className="hz-page cs-page">
      <div className="hz-page-head">
        <h1>{t('cases.title')}</h1>
        {state.asOfMs !== null && <span className="hz-muted hz-small">{t('worklist.asOf', { time: clockTime(state.asOfMs, wallMs, language) })}</span>}
        {(isFetching || state.isPaused) && (
          <Button icon={state.isPaused ? <CaretRightOutlined /> : <PauseOutlined />} onClick={() => files.setPaused(!state.isPaused)} data-testid="pause-fetching">
            {t(state.isPaused ? 'cases.resume' : 'cases.pause')}
          </Button>
        )}
        {exchange && <ImportFhir exchange={exchange} isOnline={state.isOnline} onImported={files.refresh} onOpen={onOpen} />}
        <Button icon={<ReloadOutlined />} onClick={files.refresh} disabled={!state.isOnline}>
          {t('common.refresh')}
        </Button>
      </div>
      {state.stuck.length > 0 && (
        <div className="hz-error" data-category="state" role="alert">
          <InboxOutlined />
          <div className="hz-grow">
            <strong>{t('cases.stuck', { count: state.stuck.length })}</strong>
            <span>{t('cases.stuckShort')}</span>
          </div>
          <Button onClick={() => setStuckOpen(true)} data-testid="open-stuck">
            {t('cases.look')}
          </Button>
        </div>
      )}
      <OthersNotice others={state.others} asText={changesAsText} />
      {state.memoryOnly !== null && (
        <div className="cs-memory" role="note" data-testid="cases-memory">
          <StopOutlined />
          <div className="hz-grow">
            <strong>{t('cases.memory')}</strong>
            <p>{t('cases.memoryText')}</p>
            <p className="hz-small">{t('cases.offReason', { reason: state.memoryOnly })}</p>
          </div>
        </div>
      )}
      {state.error && <ErrorNotice error={state.error} action={<Button onClick={files.dismissError}>{t('common.dismiss')}</Button>} />}
      <div className="cs-tools">
        <Input className="cs-filter" size="large" allowClear prefix={<SearchOutlined />} placeholder={t('cases.filter')} aria-label={t('cases.filter')} value={state.query} onChange={(event) => files.setQuery(event.target.value)} data-testid="cases-filter" />
        <span className="hz-muted hz-small" role="status" data-testid="cases-count" data-shown={rows.length}>
          {t('cases.count', { shown: rows.length, count: state.cases.length })}
        </span>
        {state.storage && <StorageBar storage={state.storage} />}
      </div>
      {state.unreadable > 0 && <p className="hz-muted">{t('cases.unreadable', { count: state.unreadable })}</p>}
      {rows.length > 0 ? (
        <WindowedList rows={rows} rowHeight={isCart ? CART_ROW_PX : ROW_PX} keyOf={({ summary }) => summary.id} label={t('cases.list')}>
          {(row) => <CaseRow row={row} nowMs={wallMs} isOnline={state.isOnline} isPaused={state.isPaused} files={files} onOpen={onOpen} />}
        </WindowedList>
      ) : (
        <div className="hz-empty" data-testid="cases-empty">
          <FolderOpenOutlined />
          <h2>{t(state.cases.length > 0 ? 'cases.emptyFilter' : 'cases.empty')}</h2>
          {state.cases.length > 0 ? <Button onClick={() => files.setQuery('')}>{t('worklist.showAll')}</Button> : <p>{t(state.isOnline ? 'cases.emptyText' : 'cases.emptyOffline')}</p>}
        </div>
      )}
      <span id="cases-not-here" className="hz-hidden">
        {t('cases.notHere')}
      </span>
      {isStuckOpen && <StuckDrawer files={files} onOpen={onOpen} onClose={() => setStuckOpen(false)} />}
    </div>
  );
}
