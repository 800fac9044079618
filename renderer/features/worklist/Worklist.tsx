import { CalendarOutlined, ReloadOutlined } from '@ant-design/icons';
import { Button, Skeleton } from 'antd';
import { useStore } from 'zustand';
import type { ConsultSummary } from '#shared/domain/consult';
import type { ConsultId } from '#shared/domain/ids';
import { clockTime, pick } from '../../i18n/format.ts';
import { matchesFilter, type WorklistFilter, type WorklistModel } from '../../state/worklistModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { WorklistRow } from './WorklistRow.tsx';
import './worklist.css';

const FILTERS: readonly WorklistFilter[] = ['all', 'inSession', 'upcoming', 'ended'];

export interface WorklistProps {
  readonly model: WorklistModel;
  readonly isOnline: boolean;
  readonly canJoin: boolean;
  readonly onJoin: (consultId: ConsultId) => void;
  readonly onCheck: (consultId: ConsultId | null) => void;
}

/** 今日会诊: the day by time, and one large Join where joining makes sense. */
export function Worklist({ model, isOnline, canJoin, onJoin, onCheck }: WorklistProps) {
  const state = useStore(model.store);
  const { t, language } = useText();
  const { wallMs } = useNow(15_000);
  const rows = state.consults.filter((row) => matchesFilter(row, state.filter));

  return (
    <div className="hz-page">
      <div className="hz-page-head">
        <h1>{t('worklist.title')}</h1>
        {state.asOfMs !== null && <span className="hz-muted hz-small">{t('worklist.asOf', { time: clockTime(state.asOfMs, wallMs, language) })}</span>}
        <Button icon={<ReloadOutlined />} onClick={model.refresh} disabled={!isOnline}>
          {t('common.refresh')}
        </Button>
        <Button onClick={() => onCheck(null)}>{t('nav.deviceCheck')}</Button>
      </div>
      <div className="wl-filters" role="group" aria-label={t('worklist.filters')}>
        {FILTERS.map((filter) => (
          <button key={filter} type="button" onClick={() => model.setFilter(filter)} aria-pressed={state.filter === filter} data-testid={`filter-${filter}`}>
            {t(`worklist.filter.${filter}`)} {state.phase === 'ready' ? state.consults.filter((row) => matchesFilter(row, filter)).length : ''}
          </button>
        ))}
      </div>
      {state.error && state.error.category !== 'network' && <ErrorNotice error={state.error} action={<Button onClick={model.refresh}>{t('common.retry')}</Button>} />}
      {state.phase === 'loading' && <LoadingRows />}
      {state.phase === 'failed' && (
        <div className="hz-empty">
          <h2>{t('worklist.failed')}</h2>
          {state.error && <p>{t(`error.${state.error.code}`)}</p>}
          <Button type="primary" size="large" onClick={model.refresh}>
            {t('common.retry')}
          </Button>
        </div>
      )}
      {state.phase === 'ready' && rows.length > 0 && (
        <ul className="wl-list" aria-label={t('worklist.list')}>
          {rows.map((row) => (
            <WorklistRow key={row.id} row={row} nowMs={wallMs} isOnline={isOnline} canJoin={canJoin} onJoin={onJoin} onCheck={onCheck} />
          ))}
        </ul>
      )}
      {state.phase === 'ready' && rows.length === 0 && (
        <Empty isFiltered={state.consults.length > 0} next={state.next} nowMs={wallMs} onShowAll={() => model.setFilter('all')} />
      )}
    </div>
  );
}

function LoadingRows() {
  const { t } = useText();
  return (
    <div className="wl-list" aria-busy="true">
      <span className="hz-hidden" role="status">
        {t('common.loading')}
      </span>
      {[0, 1, 2].map((index) => (
        <div key={index} className="wl-row">
          <Skeleton.Node active style={{ width: 72, height: 32 }} />
          <Skeleton active title={false} paragraph={{ rows: 2, width: [180, 420] }} />
        </div>
      ))}
    </div>
  );
}

function Empty(props: { readonly isFiltered: boolean; readonly next: ConsultSummary | null; readonly nowMs: number; readonly onShowAll: () => void }) {
  const { t, language } = useText();
  return (
    <div className="hz-empty" data-testid="worklist-empty">
      <CalendarOutlined />
      <h2>{t(props.isFiltered ? 'worklist.emptyFilter' : 'worklist.empty')}</h2>
      {props.isFiltered ? (
        <Button onClick={props.onShowAll}>{t('worklist.showAll')}</Button>
      ) : (
        <p>
          {props.next
            ? t('worklist.emptyNext', { time: clockTime(props.next.startsAtMs, props.nowMs, language), organisation: pick(props.next.organisationName, language), question: props.next.question })
            : t('worklist.emptyNoNext')}
        </p>
      )}
    </div>
  );
}
