import { AlertFilled, PlusOutlined, ReloadOutlined } from '@ant-design/icons';
import { Button, Skeleton, Tooltip } from 'antd';
import { useCallback, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { type ConsultRequestId, organisationIdSchema } from '#shared/domain/ids';
import { clockTime } from '../../i18n/format.ts';
import type { CaseFilesModel } from '../../state/cases/caseFilesModel.ts';
import type { RequestListModel } from '../../state/requests/requestListModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { NewRequest } from './NewRequest.tsx';
import { isOpenStep, type RequestEnvironment, RequestEnvironmentContext } from './requestContext.ts';
import { RequestPane } from './RequestPane.tsx';
import { RequestTable } from './RequestTable.tsx';
import { StateFilters } from './StateFilters.tsx';
import { type BarStep, choose } from './StepBar.tsx';
import { useTriage } from './useTriage.ts';
import './requests.css';

export interface RequestsProps extends Omit<RequestEnvironment, 'serverNowMs'> {
  readonly list: RequestListModel;
  readonly files: CaseFilesModel;
  readonly requestId: ConsultRequestId | null;
  readonly isCart: boolean;
}

/** 会诊申请、会诊审批、会诊调度台、会诊邀请: the same list and detail, by what the reader is. */
export default function Requests({ list, files, requestId, isCart, ...given }: RequestsProps) {
  const { model, self, isOnline, onOpen } = given;
  const { t, language } = useText();
  const state = useStore(list.store);
  const open = useStore(model.store);
  const { wallMs } = useNow(60_000);
  const [asked, setAsked] = useState<BarStep | null>(null);
  const [beginning, setBeginning] = useState<'draft' | 'emergency' | null>(null);
  const [cursorId, setCursorId] = useState<ConsultRequestId | null>(requestId);
  const { view, rows, phase, filter, serverAheadMs, asOfMs } = state;
  const environment: RequestEnvironment = { ...given, serverNowMs: (ms) => ms + serverAheadMs };
  const title = self.role === 'approver' ? 'approver' : view;

  useEffect(() => {
    setAsked(null);
    if (requestId === null) model.close();
    else {
      model.open(requestId);
      setCursorId(requestId);
    }
  }, [model, requestId]);

  const cursor = rows.findIndex(({ id }) => id === cursorId);
  const show = useCallback(
    (id: ConsultRequestId) => {
      setCursorId(id);
      onOpen(id);
    },
    [onOpen],
  );
  const move = useCallback(
    (by: 1 | -1) => {
      const next = rows[cursor === -1 ? 0 : Math.max(0, Math.min(rows.length - 1, cursor + by))];
      if (!next) return;
      setCursorId(next.id);
      if (requestId !== null) onOpen(next.id);
    },
    [rows, cursor, requestId, onOpen],
  );
  const openCursor = useCallback(() => (cursorId === null ? undefined : onOpen(cursorId)), [cursorId, onOpen]);
  const step = useCallback(
    (wanted: BarStep) => {
      // Nothing is decided unseen: the first press shows the request.
      if (requestId === null || cursorId !== requestId) return openCursor();
      if (isOnline && open.detail?.request.id === requestId && open.taking === null && isOpenStep(open.detail, wanted)) choose(wanted, model.take, setAsked);
    },
    [requestId, cursorId, openCursor, isOnline, open.detail, open.taking, model],
  );
  useTriage(beginning === null && asked === null, { move, open: openCursor, step });

  const onBegun = (id: ConsultRequestId, send: { readonly centreId: string; readonly consentException: string } | null) => {
    setBeginning(null);
    show(id);
    if (send === null) return;
    void model.openAndTake(id, { type: 'send', centreId: organisationIdSchema.parse(send.centreId), consentException: send.consentException });
  };

  return (
    <RequestEnvironmentContext value={environment}>
      <div className="rq-page">
        <div className="hz-page-head">
          <h1>{t(`requests.title.${title}`)}</h1>
          {asOfMs !== null && <span className="hz-muted hz-small">{t('requests.asOf', { time: clockTime(asOfMs, wallMs, language) })}</span>}
          {view === 'centre' && !isCart && <span className="hz-muted hz-small">{t('requests.keys')}</span>}
          <Button icon={<ReloadOutlined />} onClick={list.refresh} disabled={!isOnline}>{t('common.refresh')}</Button>
          {self.role === 'requester' && (
            <>
              <Tooltip title={isOnline ? '' : t('requests.offlineReason')}>
                <Button icon={<PlusOutlined />} disabled={!isOnline} onClick={() => setBeginning('draft')} data-testid="new-draft">{t('requests.new')}</Button>
              </Tooltip>
              <Tooltip title={isOnline ? '' : t('requests.offlineReason')}>
                <Button className="rq-emergency" type="primary" danger icon={<AlertFilled />} disabled={!isOnline} onClick={() => setBeginning('emergency')} data-testid="new-emergency">{t('requests.emergency')}</Button>
              </Tooltip>
            </>
          )}
        </div>
        <StateFilters model={list} isApprover={self.role === 'approver'} />
        {state.error && state.error.category !== 'network' && phase !== 'failed' && <ErrorNotice error={state.error} action={<Button onClick={list.refresh}>{t('common.retry')}</Button>} />}
        <div className="rq-body" data-open={requestId !== null}>
          {phase === 'ready' && rows.length > 0 && <RequestTable rows={rows} cursor={cursor} openId={requestId} isCart={isCart} onOpen={show} onEnd={list.more} />}
          {phase === 'ready' && rows.length === 0 && (
            <div className="hz-empty" data-testid="requests-empty">
              <h2>{filter === 'open' || filter === 'toApprove' ? t(`requests.empty.${filter}`) : t('requests.empty.state', { state: t(`requestState.${filter}`) })}</h2>
              {view === 'centre' && <p>{t('requests.emptyDesk')}</p>}
            </div>
          )}
          {phase === 'loading' && <Loading />}
          {phase === 'failed' && (
            <div className="hz-empty">
              <h2>{t('requests.failed')}</h2>
              {state.error && <p>{t(`error.${state.error.code}`)}</p>}
              <Button type="primary" size="large" onClick={list.refresh}>{t('common.retry')}</Button>
            </div>
          )}
          {requestId !== null && <RequestPane asked={asked} onAsk={setAsked} />}
        </div>
        {state.isLoadingMore && <p className="hz-muted hz-small" role="status">{t('requests.loadingMore')}</p>}
        {beginning !== null && <NewRequest isEmergency={beginning === 'emergency'} files={files} onClose={() => setBeginning(null)} onBegun={onBegun} />}
      </div>
    </RequestEnvironmentContext>
  );
}

function Loading() {
  const { t } = useText();
  return (
    <div className="hz-card" aria-busy="true">
      <span className="hz-hidden" role="status">{t('common.loading')}</span>
      <Skeleton active title={false} paragraph={{ rows: 8 }} />
    </div>
  );
}
