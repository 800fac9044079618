import { KeyOutlined, MinusOutlined, StopFilled } from '@ant-design/icons';
import { memo, type ReactNode, useEffect, useRef } from 'react';
import { stopwatch } from '../../../i18n/format.ts';
import { indexAt, type ReplayEvent, type Timeline } from '../../../state/control/replay/timeline.ts';
import { useText } from '../../../ui/text.ts';
import { eventText } from './eventText.ts';

const ICONS: Readonly<Record<ReplayEvent['tone'], ReactNode>> = { stop: <StopFilled />, grant: <KeyOutlined />, note: <MinusOutlined /> };
/** More are not listed one by one: a record with as many refusals as that is read by the ruler. */
const MAX_LISTED = 2000;

/** What happened, each to be jumped to; the newest before the shown moment is marked and in sight. */
export function EventList({ timeline, atMs, onJump }: { readonly timeline: Timeline; readonly atMs: number; readonly onJump: (atMs: number) => void }) {
  const { t } = useText();
  const list = useRef<HTMLOListElement>(null);
  const events = timeline.events.slice(0, MAX_LISTED);
  const present = indexAt(events, atMs);
  useEffect(() => {
    const row = list.current?.children[Math.max(0, present)];
    if (row instanceof HTMLElement) row.scrollIntoView({ block: 'nearest' });
  }, [present]);
  return (
    <section className="rp-events" aria-label={t('replay.events')}>
      <h2>{t('replay.events')} <span className="hz-muted hz-small">{timeline.events.length}</span></h2>
      <ol ref={list}>
        {events.map((event, index) => <Row key={event.entry.sequence} event={event} timeline={timeline} isPresent={index === present} onJump={onJump} />)}
      </ol>
    </section>
  );
}

const Row = memo(function Row({ event, timeline, isPresent, onJump }: { readonly event: ReplayEvent; readonly timeline: Timeline; readonly isPresent: boolean; readonly onJump: (atMs: number) => void }) {
  const { t } = useText();
  return (
    <li>
      <button type="button" data-tone={event.tone} aria-current={isPresent} onClick={() => onJump(event.atMs)}>
        <time>{stopwatch(event.atMs)}</time>
        {ICONS[event.tone]}
        <span>{eventText(event, timeline.names, t)}</span>
      </button>
    </li>
  );
});
