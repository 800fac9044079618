import { Button } from 'antd';
import { useMemo, useState } from 'react';
import type { CaseItemKind } from '#shared/domain/caseFile';
import { clockTime, dayOf, fullName } from '../../i18n/format.ts';
import { eventTimeMs, type ViewedItem } from '../../services/cases/caseView.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useCase } from './fileContext.ts';
import { Highlight } from './Highlight.tsx';
import { itemSummary } from './itemText.ts';
import { kindIcon } from './kindLook.tsx';
import { PlaceChip } from './PlaceChip.tsx';
import { Nothing, Section } from './Section.tsx';
import { type SectionName, sectionOf } from './sections.ts';
import { excerpt, kindsOf, timeline } from './timelineView.ts';

const FIRST = 60;
const EXCERPT = 180;

/** Everything in the file by the day it happened; by kind, and by what is looked for. */
export function Timeline({ query, onGo, onClearQuery }: { readonly query: string; readonly onGo: (section: SectionName) => void; readonly onClearQuery: () => void }) {
  const { t, language } = useText();
  const items = useCase((s) => s.items);
  const [kinds, setKinds] = useState<readonly CaseItemKind[]>([]);
  const [isAll, setAll] = useState(false);
  const { wallMs } = useNow(60_000);
  const days = useMemo(() => timeline(items, kinds, query), [items, kinds, query]);
  const counts = useMemo(() => kindsOf(items), [items]);
  const total = days.reduce((sum, { events }) => sum + events.length, 0);
  const isFinding = query.trim() !== '';
  let left = isAll ? Number.POSITIVE_INFINITY : FIRST;

  const toggle = (kind: CaseItemKind) => setKinds((old) => (old.includes(kind) ? old.filter((one) => one !== kind) : [...old, kind]));
  return (
    <Section title={isFinding ? t('timeline.found', { count: total }) : t('timeline.title')} action={isFinding ? <Button onClick={onClearQuery}>{t('timeline.clear')}</Button> : null}>
      <div className="cf-filters" role="group" aria-label={t('timeline.filter')}>
        <button type="button" aria-pressed={kinds.length === 0} onClick={() => setKinds([])}>
          {t('worklist.filter.all')}
        </button>
        {counts.map(({ kind, count }) => (
          <button key={kind} type="button" aria-pressed={kinds.includes(kind)} onClick={() => toggle(kind)} data-testid={`timeline-${kind}`}>
            {t(`caseKind.${kind}`)} {count}
          </button>
        ))}
      </div>
      {total === 0 && <Nothing text={t(isFinding ? 'timeline.notFound' : 'timeline.none')} />}
      <div className="cf-timeline" data-testid="timeline">
        {days.map(({ dayMs, events }) => {
          const shown = events.slice(0, Math.max(0, left));
          left -= shown.length;
          if (shown.length === 0) return null;
          return (
            <section key={dayMs}>
              <h3>{dayOf(dayMs, wallMs, language)}</h3>
              <ul>
                {shown.map((item) => (
                  <Event key={item.id} item={item} query={query} onGo={onGo} />
                ))}
              </ul>
            </section>
          );
        })}
      </div>
      {!isAll && total > FIRST && (
        <Button block onClick={() => setAll(true)}>
          {t('timeline.all', { count: total })}
        </Button>
      )}
    </Section>
  );
}

function Event({ item, query, onGo }: { readonly item: ViewedItem; readonly query: string; readonly onGo: (section: SectionName) => void }) {
  const { t, language } = useText();
  const atMs = eventTimeMs(item);
  const { content, retraction } = item;
  return (
    <li className="cf-event" data-retracted={retraction !== null}>
      <span className="cf-event-time">{clockTime(atMs, atMs, language)}</span>
      <span className="cf-event-icon" aria-hidden>
        {kindIcon(content)}
      </span>
      <div className="cf-event-what">
        <button type="button" className="cf-event-open" onClick={() => onGo(sectionOf(content.kind))}>
          <strong>{t(`caseKind.${content.kind}`)}</strong>
        </button>
        <p className="cf-event-text">
          <Highlight text={excerpt(itemSummary(item, t, language), query, EXCERPT)} query={query} />
        </p>
        <span className="hz-row-wrap hz-small hz-muted">
          {fullName(item.author, language)}
          <PlaceChip place={item.place} />
          {retraction && <span>{t('retract.short', { reason: retraction.reason })}</span>}
        </span>
      </div>
    </li>
  );
}
