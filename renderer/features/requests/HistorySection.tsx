import type { RequestHistory } from '#shared/protocol/consultation';
import { clockTime, fullName } from '../../i18n/format.ts';
import type { MessageKey } from '../../i18n/zh-CN.ts';
import { useText } from '../../ui/text.ts';
import { Section } from './Section.tsx';

/** Every step with who took it, when, and what was said; the newest first. */
export function HistorySection({ history, nowMs }: { readonly history: readonly RequestHistory[]; readonly nowMs: number }) {
  const { t, language } = useText();
  if (history.length === 0) return null;
  return (
    <Section title={t('request.section.history')} testId="request-history">
      <ol className="rq-history">
        {[...history].reverse().map((step) => (
          <li key={step.version}>
            <strong>{t(`step.${step.step}` as MessageKey)}</strong>{' '}
            <span className="hz-muted hz-small">
              {clockTime(step.atMs, nowMs, language)}
              {step.from !== step.to && ` · ${t('history.change', { from: t(`requestState.${step.from}`), to: t(`requestState.${step.to}`) })}`}
            </span>
            <div className="hz-small">{fullName(step.by, language)}</div>
            {step.note !== '' && <p className="rq-note">{step.note}</p>}
          </li>
        ))}
      </ol>
    </Section>
  );
}
