import { CloseOutlined, FolderOpenOutlined } from '@ant-design/icons';
import { Button, Skeleton } from 'antd';
import { useStore } from 'zustand';
import type { ConsultRequest } from '#shared/domain/consultation/request';
import type { Party } from '#shared/domain/people';
import type { RequestDetail } from '#shared/protocol/consultation';
import { clockTime, fullName, pick } from '../../i18n/format.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { AfterSections } from './AfterSection.tsx';
import { AppointmentSection, OwnAnswer } from './AppointmentSection.tsx';
import { DraftSection } from './DraftSection.tsx';
import { DueTimer } from './DueTimer.tsx';
import { FormFacts } from './FormFacts.tsx';
import { HistorySection } from './HistorySection.tsx';
import { MaterialSection } from './MaterialSection.tsx';
import { OpinionPart } from './OpinionPart.tsx';
import { RequestStateChip, UrgencyChip } from './RequestChips.tsx';
import { isOpenStep, partyOf, useRequests } from './requestContext.ts';
import { factsOfPatient } from './RequestTable.tsx';
import { ScreeningSection } from './ScreeningSection.tsx';
import { Section } from './Section.tsx';
import { type BarStep, StepBar } from './StepBar.tsx';
import { StepErrorNotice } from './StepErrorNotice.tsx';

export interface RequestPaneProps {
  readonly asked: BarStep | null;
  readonly onAsk: (step: BarStep | null) => void;
}

/** Everything about the open request, and what the reader can do with it now. */
export function RequestPane({ asked, onAsk }: RequestPaneProps) {
  const { t, language } = useText();
  const { model, isOnline, onOpen } = useRequests();
  const { phase, detail, asOfMs, error } = useStore(model.store);
  const { wallMs } = useNow(60_000);
  return (
    <section className="rq-pane" aria-label={t('request.detail')} data-testid="request-pane" aria-busy={phase === 'loading'}>
      {phase === 'failed' && (
        <div className="hz-empty">
          <h2>{t('request.failed')}</h2>
          {error && <ErrorNotice error={error} />}
          <div className="hz-row">
            <Button onClick={() => onOpen(null)}>{t('request.close')}</Button>
            <Button type="primary" disabled={!isOnline} onClick={model.refresh}>{t('common.retry')}</Button>
          </div>
        </div>
      )}
      {phase === 'loading' && <div className="rq-pane-head"><Skeleton active paragraph={{ rows: 6 }} /></div>}
      {detail && phase === 'ready' && (
        <>
          {(!isOnline || error) && asOfMs !== null && <div className="hz-banner" role="status">{t('requests.old', { time: clockTime(asOfMs, wallMs, language) })}</div>}
          <PaneContent key={detail.request.id} detail={detail} asked={asked} onAsk={onAsk} />
        </>
      )}
    </section>
  );
}

function PaneContent({ detail, asked, onAsk }: RequestPaneProps & { readonly detail: RequestDetail }) {
  const { t, language } = useText();
  const { model, onOpen, onOpenCase, serverNowMs, slots, self } = useRequests();
  const stepError = useStore(model.store, (s) => s.stepError);
  const { wallMs } = useNow(1000);
  const { request, summary, history } = detail;
  const requester = partyOf(detail, request.requesterId);
  const isDrafting = isOpenStep(detail, 'send') || isOpenStep(detail, 'supply');
  return (
    <>
      <header className="rq-pane-head">
        <div className="hz-row">
          <h2 className="hz-grow">
            {summary.patientMasked} <span className="hz-muted hz-small">{factsOfPatient(summary, t)}</span>
          </h2>
          {self.role !== 'approver' && (
            <Button icon={<FolderOpenOutlined />} onClick={() => onOpenCase(request.caseId)} data-testid="request-case">
              {t('request.openCase')}
            </Button>
          )}
          <Button type="text" icon={<CloseOutlined />} aria-label={t('request.close')} onClick={() => onOpen(null)} data-testid="request-close" />
        </div>
        <div className="hz-row-wrap" data-testid="request-state" data-state={request.state}>
          <UrgencyChip urgency={isDrafting ? summary.urgency : request.form.urgency} />
          <RequestStateChip state={request.state} />
          {summary.due !== null && <DueTimer due={summary.due} nowMs={serverNowMs(wallMs)} />}
        </div>
        <span className="hz-muted hz-small">
          {pick(summary.organisationName, language)}
          {requester && ` · ${t('request.sentBy')}${language === 'en' ? ': ' : '：'}${fullName(requester, language)}`}
        </span>
      </header>
      <StepBar detail={detail} asked={asked} onAsk={onAsk} />
      <div className="rq-pane-body" tabIndex={0}>
        {stepError && asked === null && <div className="rq-section"><StepErrorNotice error={stepError} detail={detail} onClose={model.clearStepError} /></div>}
        {request.endReason !== null && (
          <Section title={t('request.section.end')}>
            <p className="rq-note">{request.endReason}</p>
          </Section>
        )}
        <OwnAnswer detail={detail} />
        {request.screening !== null && request.state === 'screening' && <ScreeningSection detail={detail} screening={request.screening} />}
        {isDrafting ? (
          <DraftSection detail={detail} />
        ) : (
          <>
            {request.materialAsked !== null && <MaterialSection detail={detail} asked={request.materialAsked} isUnsent={false} />}
            <Section title={t('request.section.form')} testId="request-form">
              <FormFacts form={request.form} />
            </Section>
          </>
        )}
        <Approval request={request} detail={detail} wallMs={wallMs} />
        {request.appointment !== null && <AppointmentSection detail={detail} appointment={request.appointment} />}
        {request.appointment !== null && slots.rehearsal(detail)}
        <OpinionPart detail={detail}>{request.session === null ? null : slots.opinion(detail)}</OpinionPart>
        <AfterSections detail={detail} />
        {mayReadDeliveries(request, self) && (
          <Section title={t('request.section.deliveries')} testId="request-deliveries">
            {slots.deliveries(request.id)}
          </Section>
        )}
        <HistorySection history={history} nowMs={wallMs} />
      </div>
    </>
  );
}

/** [NTC10] The desk, and who applied. */
function mayReadDeliveries({ requesterId, state }: ConsultRequest, { id, role }: Party): boolean {
  return state !== 'draft' && state !== 'awaitingApproval' && (role === 'scheduler' || id === requesterId);
}

function Approval({ request, detail, wallMs }: { readonly request: ConsultRequest; readonly detail: RequestDetail; readonly wallMs: number }) {
  const { t, language } = useText();
  const { approval, consentException } = request;
  if (request.state === 'draft') return null;
  const nameOf = (id: string) => {
    const party = partyOf(detail, id);
    return party === null ? id : fullName(party, language);
  };
  const said = approval.status === 'given' || approval.status === 'refusedAfterwards' ? { name: nameOf(approval.by.id), time: clockTime(approval.by.atMs, wallMs, language) } : null;
  return (
    <Section title={t('request.section.approval')} testId="approval">
      {said === null && (approval.status === 'needed' || approval.status === 'owed') && <p>{t(`approval.${approval.status}`)}</p>}
      {said !== null && approval.status === 'given' && <p>{t(approval.wasAfterwards ? 'approval.givenAfterwards' : 'approval.given', said)}</p>}
      {said !== null && approval.status === 'refusedAfterwards' && <p>{t('approval.refusedAfterwards', { ...said, reason: approval.reason })}</p>}
      {consentException !== null && <p className="rq-note">{t('exception.line', { reason: consentException.reason, name: nameOf(consentException.by.id), time: clockTime(consentException.by.atMs, wallMs, language) })}</p>}
    </Section>
  );
}
