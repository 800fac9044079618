import { Segmented } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { OrganisationId } from '#shared/domain/ids';
import { fullName, shortName } from '../../i18n/format.ts';
import type { RosterModel } from '../../state/schedule/rosterModel.ts';
import { useClock, useText } from '../../ui/text.ts';

const DAY_MS = 86_400_000;
/** Days behind and ahead of now. */
const SPANS = { past28: [28, 0], past90: [90, 0], next28: [0, 28] } as const;
type SpanName = keyof typeof SPANS;

/** Who was asked how often, as bars, with the average as a line through them: most first. */
export function Workload({ model, organisationId }: { readonly model: RosterModel; readonly organisationId: OrganisationId }) {
  const { t, language } = useText();
  const clock = useClock();
  const rows = useStore(model.store, (s) => s.workload);
  const [span, setSpan] = useState<SpanName>('past28');
  useEffect(() => {
    const [behind, ahead] = SPANS[span];
    const nowMs = clock.wallMs();
    model.showWorkload(organisationId, { fromMs: nowMs - behind * DAY_MS, untilMs: nowMs + ahead * DAY_MS });
  }, [model, clock, organisationId, span]);
  const sorted = [...(rows ?? [])].sort((a, b) => b.sessions - a.sessions || b.minutes - a.minutes);
  const most = Math.max(1, ...sorted.map(({ sessions }) => sessions));
  const average = sorted.length === 0 ? 0 : sorted.reduce((sum, { sessions }) => sum + sessions, 0) / sorted.length;
  return (
    <div className="hz-column">
      <div className="hz-row-wrap">
        <Segmented aria-label={t('roster.span')} value={span} onChange={setSpan} options={(['past28', 'past90', 'next28'] as const).map((value) => ({ value, label: t(`roster.${value}`) }))} />
        {sorted.length > 0 && <span className="hz-muted">{t('roster.average', { count: average.toFixed(1) })}</span>}
      </div>
      {rows === null && <p role="status">{t('common.loading')}</p>}
      {rows?.length === 0 && <p className="hz-empty">{t('roster.noWorkload')}</p>}
      <ul className="ro-bars" aria-label={t('roster.workloadChart')} data-testid="workload">
        {sorted.map(({ person, sessions, minutes, declined }) => (
          <li key={person.id} title={fullName(person, language)} aria-label={t('roster.workloadRow', { name: fullName(person, language), count: sessions, minutes, declined })}>
            <span className="hz-ellipsis" aria-hidden="true">{shortName(person, language)}</span>
            <span className="ro-bar" aria-hidden="true">
              <i style={{ width: `${(100 * sessions) / most}%` }} />
              <b style={{ left: `${(100 * average) / most}%` }} />
            </span>
            <span aria-hidden="true">
              {t('roster.sessions', { count: sessions })} <span className="hz-muted">{t('sched.minutes', { count: minutes })}{declined > 0 ? ` · ${t('roster.declinedCount', { count: declined })}` : ''}</span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
