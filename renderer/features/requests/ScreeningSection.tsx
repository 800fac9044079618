import { Checkbox } from 'antd';
import { useEffect, useState } from 'react';
import { SCREENING_POINTS, type Screening } from '#shared/domain/consultation/request';
import type { RequestDetail } from '#shared/protocol/consultation';
import { useText } from '../../ui/text.ts';
import { isOpenStep, useRequests } from './requestContext.ts';
import { Section } from './Section.tsx';
import { useTake } from './useTake.ts';

/**
 * [WFL14] What a screener confirms before accepting; each tick is kept at once, so that another scheduler can go on. It is shown as it is
 * made, and the next need not wait for the last to be kept: what was ticked meanwhile follows.
 */
export function ScreeningSection({ detail, screening }: { readonly detail: RequestDetail; readonly screening: Screening }) {
  const { t } = useText();
  const { model, isOnline } = useRequests();
  const { take, taking } = useTake();
  const [ticked, setTicked] = useState<Screening | null>(null);
  const canCheck = isOpenStep(detail, 'check');
  const shown = ticked ?? screening;
  const done = SCREENING_POINTS.filter((point) => shown[point]).length;
  useEffect(() => {
    // Asked of the model: another step may have begun since this was drawn, and its end comes here again.
    if (ticked === null || model.store.getState().taking !== null) return;
    if (SCREENING_POINTS.every((point) => ticked[point] === screening[point])) setTicked(null);
    // A refusal shows the list as it is.
    else void take({ type: 'check', screening: ticked }).then((isTaken) => (isTaken ? undefined : setTicked(null)));
  }, [ticked, taking, screening, take, model]);
  return (
    <Section title={t('request.section.screening')} testId="screening">
      <div className="rq-check" aria-busy={ticked !== null} data-testid="screening-list">
        {SCREENING_POINTS.map((point) => (
          <Checkbox key={point} checked={shown[point]} disabled={!canCheck || !isOnline} onChange={({ target }) => setTicked({ ...shown, [point]: target.checked })} data-testid={`check-${point}`}>
            {t(`screening.${point}`)}
          </Checkbox>
        ))}
      </div>
      <p className="hz-muted hz-small">
        {t('screening.progress', { done, all: SCREENING_POINTS.length })}
        {canCheck && done < SCREENING_POINTS.length && ` · ${t('screening.accepts')}`}
      </p>
    </Section>
  );
}
