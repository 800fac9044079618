import { Checkbox } from 'antd';
import { SCREENING_POINTS, type Screening } from '#shared/domain/consultation/request';
import type { RequestDetail } from '#shared/protocol/consultation';
import { useText } from '../../ui/text.ts';
import { isOpenStep } from './requestContext.ts';
import { Section } from './Section.tsx';
import { useTake } from './useTake.ts';

/** [WFL14] What a screener confirms before accepting; each tick is kept at once, so that another scheduler can go on. */
export function ScreeningSection({ detail, screening }: { readonly detail: RequestDetail; readonly screening: Screening }) {
  const { t } = useText();
  const { take, isOff } = useTake();
  const canCheck = isOpenStep(detail, 'check');
  const done = SCREENING_POINTS.filter((point) => screening[point]).length;
  return (
    <Section title={t('request.section.screening')} testId="screening">
      <div className="rq-check">
        {SCREENING_POINTS.map((point) => (
          <Checkbox key={point} checked={screening[point]} disabled={!canCheck || isOff} onChange={({ target }) => void take({ type: 'check', screening: { ...screening, [point]: target.checked } })} data-testid={`check-${point}`}>
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
