import { Checkbox, Input, Segmented } from 'antd';
import { useEffect, useLayoutEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { missingParts, type RequestForm } from '#shared/domain/consultation/form';
import { toAppError, type AppError } from '#shared/protocol/errors';
import type { RequestDetail } from '#shared/protocol/consultation';
import { caseFactsOf, formOf } from '../../services/cases/caseFacts.ts';
import { ofKind } from '../../services/cases/caseView.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import type { LiveForm } from './DraftSection.tsx';
import { PreferredTimes } from './PreferredTimes.tsx';
import { useRequests } from './requestContext.ts';
import { WantedExperts } from './WantedExperts.tsx';

const URGENCIES = ['routine', 'urgent', 'emergency'] as const;
const KINDS = ['consultation', 'mdt'] as const;

/** The request form, written into the case file field by field, so that it is kept without a network too. Opens the case and closes it. */
export function FormEditor({ detail, onLive }: { readonly detail: RequestDetail; readonly onLive: (live: LiveForm | null) => void }) {
  const { t } = useText();
  const { caseModel, isOnline } = useRequests();
  const { caseId } = detail.request;
  const { phase, caseId: openId, items, outbox, error, saveError, summary } = useStore(caseModel.store);
  useLayoutEffect(() => {
    caseModel.open(caseId);
    return () => {
      caseModel.close();
      onLive(null);
    };
  }, [caseModel, caseId, onLive]);

  const isOpen = phase === 'open' && openId === caseId;
  const kept = useMemo(() => formOf(items), [items]);
  /** What is typed and not kept yet. */
  const [typed, setTyped] = useState<Partial<RequestForm>>({});
  const form = useMemo(() => ({ ...kept, ...typed }), [kept, typed]);
  const [failure, setFailure] = useState<AppError | null>(null);
  const isUnsent = Object.keys(typed).length > 0 || outbox.some(({ state }) => state === 'waiting');
  // An urgent consultation that was sent stays one.
  const isFixed = detail.request.state !== 'draft';

  useEffect(() => {
    if (!isOpen) return onLive(null);
    const facts = caseFactsOf(items);
    onLive({ missing: missingParts({ ...facts, form }, false), isEmergency: form.urgency === 'emergency', hasConsent: facts.hasConsent, isUnsent });
  }, [isOpen, items, form, isUnsent, onLive]);

  if (phase === 'failed') return error && <ErrorNotice error={error} />;
  if (!isOpen) return <p role="status">{t('form.opening')}</p>;
  if (summary?.canWrite !== true) return <p className="hz-muted">{t('requests.offlineReason')}</p>;

  const keep = (change: Partial<RequestForm>) => {
    const item = ofKind(items, 'request')[0];
    const names = Object.keys(change) as (keyof RequestForm)[]; // a part of the form's own fields
    if (names.every((name) => JSON.stringify(change[name]) === JSON.stringify(kept[name]))) return forget(names);
    const work = item ? caseModel.setFields(item, change) : caseModel.add({ kind: 'request', body: { ward: '', bed: '', ...form, ...change } });
    work.then(
      () => {
        setFailure(null);
        forget(names);
      },
      (reason: unknown) => setFailure(toAppError(reason)),
    );
  };
  const forget = (names: readonly (keyof RequestForm)[]) => setTyped((now) => Object.fromEntries(Object.entries(now).filter(([name]) => !names.some((one) => one === name))));
  /** Choices are kept as they are made. */
  const choose = (change: Partial<RequestForm>) => {
    setTyped((now) => ({ ...now, ...change }));
    keep(change);
  };

  return (
    <div className="rq-fields">
      {(failure ?? saveError) && <ErrorNotice error={failure ?? saveError ?? toAppError(null)} />}
      {!isOnline && <p className="hz-muted hz-small">{t('form.kept')}</p>}
      <label className="rq-field">
        <span>{t('form.question')}</span>
        <Input.TextArea id="form-question" value={form.question} maxLength={2000} autoSize={{ minRows: 2, maxRows: 8 }} onChange={({ target }) => setTyped((now) => ({ ...now, question: target.value }))} onBlur={() => keep({ question: form.question })} data-testid="form-question" />
      </label>
      <label className="rq-field">
        <span>{t('form.diagnosis')}</span>
        <Input.TextArea id="form-diagnosis" value={form.diagnosis} maxLength={1000} autoSize={{ minRows: 1, maxRows: 6 }} onChange={({ target }) => setTyped((now) => ({ ...now, diagnosis: target.value }))} onBlur={() => keep({ diagnosis: form.diagnosis })} data-testid="form-diagnosis" />
      </label>
      <div className="rq-line">
        <div className="rq-field">
          <span>{t('form.urgency')}</span>
          <Segmented aria-label={t('form.urgency')} disabled={isFixed} value={form.urgency} onChange={(urgency) => choose({ urgency })} options={URGENCIES.map((value) => ({ value, label: t(`urgency.${value}`) }))} />
        </div>
        <div className="rq-field">
          <span>{t('form.kind')}</span>
          <Segmented aria-label={t('form.kind')} value={form.kind} onChange={(kind) => choose({ kind })} options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))} />
        </div>
      </div>
      <WantedExperts wanted={form.wanted} onChange={(wanted) => choose({ wanted })} />
      <PreferredTimes times={form.preferredTimes} onChange={(preferredTimes) => choose({ preferredTimes })} />
      <Checkbox checked={form.needsCart} onChange={({ target }) => choose({ needsCart: target.checked })} data-testid="form-cart">
        {t('form.cart')}
      </Checkbox>
    </div>
  );
}
