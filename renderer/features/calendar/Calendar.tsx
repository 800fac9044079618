import { LeftOutlined, LinkOutlined, PlusOutlined, RightOutlined } from '@ant-design/icons';
import FullCalendar, { type CalendarRef, type EventDisplayInfo } from '@fullcalendar/react';
import interaction from '@fullcalendar/react/interaction';
import list from '@fullcalendar/react/list';
import zhLocale from '@fullcalendar/react/locales/zh-cn';
import classicTheme from '@fullcalendar/react/themes/classic';
import timeGrid from '@fullcalendar/react/timegrid';
import { Button, Segmented, Select } from 'antd';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import '@fullcalendar/react/skeleton.css';
import '@fullcalendar/react/themes/classic/theme.css';
import '@fullcalendar/react/themes/classic/palette.css';
import type { ConsultId, ConsultRequestId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { type Appointment, type Resource, resourceSchema } from '#shared/domain/scheduling';
import { fullName, pick } from '../../i18n/format.ts';
import type { CalendarLens, CalendarModel } from '../../state/schedule/calendarModel.ts';
import { resourceKey } from '../../state/schedule/clashes.ts';
import { ownTimeZone } from '../../state/schedule/hours.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { bySearch, hourMinute, resourceName, searchOf } from '../../ui/scheduleText.ts';
import { useClock, useText } from '../../ui/text.ts';
import { eventsOf, isToCome, partOf } from './calendarView.ts';
import { FeedDialog } from './FeedDialog.tsx';
import { MoveDialog } from './MoveDialog.tsx';
import { NewSession } from './NewSession.tsx';
import { SessionDrawer } from './SessionDrawer.tsx';
import './calendar.css';

export interface CalendarProps {
  readonly model: CalendarModel;
  readonly self: Party;
  readonly mayArrange: boolean;
  readonly isOnline: boolean;
  readonly serverUrl: string;
  readonly onRehearse: ((requestId: ConsultRequestId, consultId: ConsultId) => void) | null;
  /** Who was told of a session that nobody applied for; null: the reader may not know. */
  readonly deliveries: ((consultId: ConsultId) => ReactNode) | null;
  /** The session a link leads to; null: none. */
  readonly consultId: ConsultId | null;
  /** A session that was looked at is put away. */
  readonly onClosed: () => void;
}

const VIEWS = { day: 'timeGridDay', week: 'timeGridWeek', list: 'listWeek' } as const;
type View = keyof typeof VIEWS;
const PLUGINS = [timeGrid, list, interaction, classicTheme];
const HOUR_MS = 3600_000;

/** 日程: days, weeks and lists of a person, a cart, a room or a whole centre. What is dragged is asked about before it moves. */
export default function Calendar({ model, self, mayArrange, isOnline, serverUrl, onRehearse, deliveries, consultId, onClosed }: CalendarProps) {
  const { t, language } = useText();
  const clock = useClock();
  const state = useStore(model.store);
  const directory = useStore(model.directory.store);
  const calendar = useRef<CalendarRef>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View>('week');
  const [title, setTitle] = useState('');
  const [openId, setOpenId] = useState<string | null>(null);
  const [linked, setLinked] = useState<Appointment | null>(null);
  const [moving, setMoving] = useState<{ readonly appointment: Appointment; readonly toMs: number } | null>(null);
  const [isNewAt, setNewAt] = useState<number | null>(null);
  const [isFeed, setFeed] = useState(false);
  const { id: selfId, organisationId } = self;
  useEffect(() => model.open(mayArrange ? { type: 'tree', organisationId } : { type: 'resource', resource: { kind: 'person', id: selfId } }), [model, mayArrange, organisationId, selfId]);

  const parties = useMemo(() => [self, ...directory.parties, ...state.entries.flatMap(({ appointment }) => appointment?.panel.map(({ person }) => person) ?? [])], [self, directory.parties, state.entries]);
  const nameOf = useMemo(() => (resource: Resource) => resourceName(resource, { parties, venues: directory.venues }, language, t), [parties, directory.venues, language, t]);
  const events = useMemo(
    () => eventsOf(state.entries, state.taken, { busy: t('cal.busy'), takenBy: (taken) => t('sched.takenAt', { name: nameOf(taken), from: hourMinute(taken.fromMs), until: hourMinute(taken.untilMs) }) }, (appointment) => mayArrange && isOnline && isToCome(appointment)),
    [state.entries, state.taken, t, nameOf, mayArrange, isOnline],
  );
  // The library's scroller cannot be reached by the keyboard where no session is in it: a time without any could not be looked at. Where
  // there is one, it scrolls by that; a stop of its own would be a foreign element in the library's table.
  useEffect(() => {
    for (const element of frame.current?.querySelectorAll('div') ?? []) {
      // No role of its own: the rows inside belong to the table around it.
      if (!/auto|scroll/.test(getComputedStyle(element).overflowY)) continue;
      if (element.querySelector('[tabindex="0"], a[href], button') === null) element.tabIndex = 0;
      else element.removeAttribute('tabindex');
    }
  }, [view, title, events]);
  const open = state.entries.find(({ appointment }) => appointment?.consultId === openId)?.appointment ?? (linked?.consultId === openId ? linked : null);
  const api = () => calendar.current?.getApi();
  // Where a notice leads: to its day, and to the session itself, which may be called off and stand in no calendar any more.
  useEffect(() => {
    if (consultId === null) return;
    let isWanted = true;
    void model.find(consultId).then((found) => {
      if (!isWanted || found === null) return;
      calendar.current?.getApi().gotoDate(found.startsAtMs);
      setLinked(found);
      setOpenId(consultId);
    });
    return () => {
      isWanted = false;
    };
  }, [model, consultId]);
  const close = () => {
    setOpenId(null);
    if (consultId !== null) onClosed();
  };
  const show = (next: View) => {
    setView(next);
    api()?.changeView(VIEWS[next]);
  };
  const nextHourMs = () => Math.ceil(clock.wallMs() / HOUR_MS) * HOUR_MS;
  const isDialogOpen = openId !== null || moving !== null || isNewAt !== null || isFeed;
  // Keys of the whole screen, while nothing is typed anywhere and no dialog is open.
  useEffect(() => {
    if (isDialogOpen) return;
    const act = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || (event.target instanceof Element && event.target.closest('input, textarea, select, [role="combobox"], [role="radiogroup"]'))) return;
      const actions: Readonly<Record<string, (() => void) | undefined>> = { t: () => api()?.today(), ArrowLeft: () => api()?.prev(), ArrowRight: () => api()?.next(), d: () => show('day'), w: () => show('week'), l: () => show('list'), ...(mayArrange ? { n: () => setNewAt(nextHourMs()) } : {}) };
      const action = actions[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', act);
    return () => document.removeEventListener('keydown', act);
  });

  return (
    <div className="hz-page cal">
      <div className="hz-page-head">
        <h1>{t('cal.title')}</h1>
        {mayArrange && <LensSelect model={model} self={self} lens={state.lens} />}
        <Button icon={<LinkOutlined />} onClick={() => setFeed(true)} disabled={!isOnline} data-testid="open-feed">
          {t('cal.feed')}
        </Button>
        {mayArrange && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setNewAt(nextHourMs())} disabled={!isOnline} data-testid="new-session">
            {t('cal.new')}
          </Button>
        )}
      </div>
      <div className="hz-row-wrap">
        <Button icon={<LeftOutlined />} onClick={() => api()?.prev()} aria-label={t('sched.previous')} />
        <Button onClick={() => api()?.today()}>{t('sched.today')}</Button>
        <Button icon={<RightOutlined />} onClick={() => api()?.next()} aria-label={t('sched.next')} />
        <h2 className="cal-span hz-grow" aria-live="polite">
          {title}
        </h2>
        <span className="hz-muted hz-small">{t('sched.zone', { zone: ownTimeZone() })}</span>
        <Segmented value={view} onChange={show} options={(['day', 'week', 'list'] as const).map((value) => ({ value, label: t(`cal.view.${value}`) }))} />
      </div>
      {state.error && !moving && !isNewAt && !open && <ErrorNotice error={state.error} action={<Button onClick={model.clearError}>{t('common.dismiss')}</Button>} />}
      <div className="cal-frame" ref={frame} aria-busy={state.isLoading}>
        <FullCalendar
          ref={calendar} plugins={PLUGINS} initialView={VIEWS.week} headerToolbar={false} locale={language === 'en' ? 'en-gb' : zhLocale} firstDay={1} height="100%" nowIndicator allDaySlot={false} scrollTime="07:30:00" slotDuration="00:30:00" snapDuration="00:15:00"
          slotHeaderFormat={{ hour: '2-digit', minute: '2-digit', hour12: false }} eventTimeFormat={{ hour: '2-digit', minute: '2-digit', hour12: false }} noEventsContent={t('cal.empty')} events={events} eventContent={drawEvent} eventClass={({ event }) => `cal-event-box cal-is-${partOf(event).type}`} eventInteractive eventDurationEditable={false}
          selectable={mayArrange && isOnline} select={({ start, view: at }) => { at.calendar.unselect(); setNewAt(start.getTime()); }}
          datesSet={({ start, end, view: shown }) => {
            setTitle(shown.title);
            model.setRange({ fromMs: start.getTime(), untilMs: end.getTime() });
          }}
          eventClick={({ event }) => {
            const part = partOf(event);
            if (part.type === 'session') setOpenId(part.appointment.consultId);
          }}
          eventDrop={({ event, revert }) => {
            const part = partOf(event);
            const toMs = event.start?.getTime();
            // It stays where it was until somebody has said yes.
            revert();
            model.clearError();
            if (part.type === 'session' && toMs !== undefined) setMoving({ appointment: part.appointment, toMs });
          }}
        />
      </div>
      <p className="hz-small hz-muted">{t('cal.keys')}</p>
      {open && !moving && <SessionDrawer key={open.consultId} model={model} appointment={open} selfId={selfId} mayArrange={mayArrange} nameOf={nameOf} onRehearse={onRehearse} deliveries={deliveries} onMove={() => { model.clearError(); setMoving({ appointment: open, toMs: open.startsAtMs }); }} onClose={() => { model.clearError(); close(); }} />}
      {moving && <MoveDialog model={model} appointment={moving.appointment} toMs={moving.toMs} nameOf={nameOf} onClose={() => setMoving(null)} />}
      {isNewAt !== null && <NewSession model={model} startMs={isNewAt} organisationId={organisationId} hostId={selfId} onClose={() => { model.clearError(); setNewAt(null); }} />}
      {isFeed && <FeedDialog model={model} serverUrl={serverUrl} onClose={() => { model.clearError(); setFeed(false); }} />}
    </div>
  );
}

/** One event: time, what, who leads, and its state in words; a cancelled one is struck out. */
function drawEvent({ event, timeText }: EventDisplayInfo) {
  const part = partOf(event);
  return <EventBody part={part} title={event.title} timeText={timeText} />;
}

function EventBody({ part, title, timeText }: { readonly part: ReturnType<typeof partOf>; readonly title: string; readonly timeText: string }) {
  const { t, language } = useText();
  if (part.type !== 'session') return <div className="cal-event" data-part={part.type}><span>{title}</span></div>;
  const { appointment } = part;
  const isCancelled = appointment.state === 'cancelled';
  const host = appointment.panel.find(({ person }) => person.id === appointment.hostPersonId);
  const pending = appointment.panel.filter(({ answer }) => answer === 'pending').length;
  const declined = appointment.panel.filter(({ answer }) => answer === 'declined').length;
  const text = title || t(`kind.${appointment.kind}`);
  return (
    <div className="cal-event" data-part="session" data-state={appointment.state} data-testid={`event-${appointment.consultId}`}>
      <span className="cal-event-time">{timeText}</span> <strong>{isCancelled ? <s>{text}</s> : text}</strong>
      {isCancelled ? <em> {t('cal.cancelledMark')}</em> : <span> {host ? pick(host.person.name, language) : ''}</span>}
      {!isCancelled && declined > 0 && <em> · {t('sched.answer.declined')} {declined}</em>}
      {!isCancelled && pending > 0 && <span> · {t('sched.answer.pending')} {pending}</span>}
    </div>
  );
}

/** Whose calendar: the own one, a centre's, a person's, a cart's or a room's. */
function LensSelect({ model, self, lens }: { readonly model: CalendarModel; readonly self: Party; readonly lens: CalendarLens | null }) {
  const { t, language } = useText();
  const { parties, venues, organisations } = useStore(model.directory.store);
  const of = (kind: Resource['kind'], id: string, label: string, search: string) => ({ value: `${kind}:${id}`, label, search });
  const options: { label: string; search?: string; options: { value: string; label: string; search: string }[] }[] = [
    { label: t('cal.centres'), options: organisations.map(({ id, name }) => ({ value: `tree:${id}`, label: pick(name, language), search: `${name.zh} ${name.en}`.toLowerCase() })) },
    { label: t('cal.people'), options: [of('person', self.id, t('cal.mine'), searchOf(self)), ...parties.filter(({ kind, id }) => kind === 'person' && id !== self.id).map((one) => of('person', one.id, fullName(one, language), searchOf(one)))] },
    { label: t('cal.cartGroup'), options: parties.filter(({ kind }) => kind === 'cart').map((one) => of('cart', one.id, fullName(one, language), searchOf(one))) },
    { label: t('cal.rooms'), options: venues.map(({ id, name }) => of('venue', id, pick(name, language), `${name.zh} ${name.en}`.toLowerCase())) },
  ];
  const look = (value: string) => {
    const id = value.slice(value.indexOf(':') + 1);
    const organisation = organisations.find((one) => `tree:${one.id}` === value);
    if (organisation) model.look({ type: 'tree', organisationId: organisation.id });
    else model.look({ type: 'resource', resource: resourceSchema.parse({ kind: value.slice(0, value.indexOf(':')), id }) });
  };
  return (
    <Select
      aria-label={t('cal.of')} style={{ width: 320 }} showSearch={{ filterOption: (input, option) => typeof option?.search === 'string' && bySearch(input, { search: option.search }) }} options={options} onChange={look} data-testid="lens"
      value={lens === null ? null : lens.type === 'tree' ? `tree:${lens.organisationId}` : resourceKey(lens.resource)}
    />
  );
}
