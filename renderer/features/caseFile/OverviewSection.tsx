import { Button } from 'antd';
import { clockTime, pick } from '../../i18n/format.ts';
import { ofKind } from '../../services/cases/caseView.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useCase, useFile } from './fileContext.ts';
import { FlagMark } from './FlagMark.tsx';
import { groupLabs } from './labView.ts';
import { Nothing, Section } from './Section.tsx';
import type { SectionName } from './sections.ts';
import { Timeline } from './Timeline.tsx';
import { VITALS, vitalFlag } from './vitalsView.ts';

export interface OverviewProps {
  readonly query: string;
  readonly onGo: (section: SectionName) => void;
  readonly onClearQuery: () => void;
}

/** The question, what is out of range, and all that happened. While something is looked for, only what was found. */
export function OverviewSection({ query, onGo, onClearQuery }: OverviewProps) {
  const { isCompact } = useFile();
  const isFinding = query.trim() !== '';
  return (
    <div className={isCompact || isFinding ? 'cf-overview cf-overview-one' : 'cf-overview'}>
      {!isFinding && (
        <div className="hz-column">
          <Question />
          <LatestVitals onMore={() => onGo('vitals')} />
          <OutOfRange onMore={() => onGo('labs')} />
        </div>
      )}
      <Timeline query={query} onGo={onGo} onClearQuery={onClearQuery} />
    </div>
  );
}

function Question() {
  const { t } = useText();
  const summary = useCase((s) => s.summary);
  const items = useCase((s) => s.items);
  const request = ofKind(items, 'request')[0]?.content.body;
  return (
    <Section title={t('overview.question')}>
      <p className="cf-question">{request?.question ?? summary?.question ?? ''}</p>
      {request && request.diagnosis !== '' && (
        <p>
          <span className="hz-muted">{t('field.request.diagnosis')}</span> {request.diagnosis}
        </p>
      )}
    </Section>
  );
}

function LatestVitals({ onMore }: { readonly onMore: () => void }) {
  const { t, language } = useText();
  const items = useCase((s) => s.items);
  const age = useCase((s) => s.summary?.patientAge ?? null);
  const { wallMs } = useNow(60_000);
  const latest = ofKind(items, 'vitals').find(({ retraction }) => retraction === null)?.content.body;
  return (
    <Section title={t('overview.vitals')} action={<Button type="link" onClick={onMore}>{t('overview.more')}</Button>}>
      {latest ? (
        <>
          <dl className="cf-tiles">
            {VITALS.map((vital) => {
              const value = latest[vital.name];
              return (
                <div key={vital.name} className="cf-tile">
                  <dt>{t(`field.vitals.${vital.name}`)}</dt>
                  <dd>
                    <strong>{value === null ? '–' : value.toFixed(vital.decimals)}</strong> <span className="hz-muted hz-small">{vital.unit}</span> <FlagMark flag={vitalFlag(vital, value, age)} />
                  </dd>
                </div>
              );
            })}
          </dl>
          <p className="hz-muted hz-small">{t('vitals.at', { time: clockTime(latest.measuredAtMs, wallMs, language) })}</p>
        </>
      ) : (
        <Nothing text={t('vitals.none')} />
      )}
    </Section>
  );
}

function OutOfRange({ onMore }: { readonly onMore: () => void }) {
  const { t, language } = useText();
  const items = useCase((s) => s.items);
  const flagged = groupLabs(ofKind(items, 'lab')).filter(({ flag }) => flag !== null);
  return (
    <Section title={t('overview.labs')} action={<Button type="link" onClick={onMore}>{t('overview.more')}</Button>}>
      {flagged.length === 0 && <Nothing text={t('overview.labsNone')} />}
      <ul className="cf-flagged">
        {flagged.slice(0, 8).map(({ key, latest, flag }) =>
          latest === null ? null : (
            <li key={key}>
              <span className="hz-grow hz-ellipsis">{pick(latest.content.body.name, language)}</span>
              <strong>
                {latest.content.body.value} <span className="hz-small hz-muted">{latest.content.body.unit}</span>
              </strong>
              <FlagMark flag={flag} />
            </li>
          ),
        )}
      </ul>
    </Section>
  );
}
