import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from 'react';
import type { Resource, Span } from '#shared/domain/scheduling';
import { overlaps, resourceKey, spanOf } from '../../state/schedule/clashes.ts';
import { addCivilDays } from '../../state/schedule/hours.ts';
import { type PlanState, planResources, troublesAt } from '../../state/schedule/planModel.ts';
import { hourMinute } from '../../ui/scheduleText.ts';
import { useText } from '../../ui/text.ts';

const HOUR_MS = 3600_000;
const STEP_MS = 900_000;
/** Pixels of an hour. */
const HOUR_PX = 40;

export interface DayBoardProps {
  readonly state: PlanState;
  readonly nowMs: number;
  readonly nameOf: (resource: Resource) => string;
  readonly onStart: (startsAtMs: number) => void;
}

/** One day of everybody and everything chosen, side by side: what is taken, and the chosen time across all of them. */
export function DayBoard({ state, nowMs, nameOf, onStart }: DayBoardProps) {
  const { t } = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const resources = planResources(state);
  const { dayMs } = state;
  const day: Span = { fromMs: dayMs, untilMs: addCivilDays(dayMs, 1) };
  const startMs = state.start === 'now' ? nowMs : state.start;
  const chosen = startMs === null ? null : spanOf({ startsAtMs: startMs, durationMinutes: state.durationMinutes });
  const shown = chosen !== null && overlaps(chosen, day) ? chosen : null;
  const shownFromMs = shown?.fromMs ?? null;
  // The hours that matter come into view: the chosen time, or the morning.
  useEffect(() => {
    const topMs = shownFromMs === null ? 7 * HOUR_MS : shownFromMs - dayMs - 1.5 * HOUR_MS;
    scroller.current?.scrollTo({ top: (topMs / HOUR_MS) * HOUR_PX });
  }, [shownFromMs, dayMs]);

  if (resources.length === 0) return <p className="hz-muted">{t('plan.dayEmpty')}</p>;
  const top = (ms: number) => ((Math.max(ms, day.fromMs) - day.fromMs) / HOUR_MS) * HOUR_PX;
  const box = (span: Span) => ({ top: top(span.fromMs), height: Math.max(4, top(Math.min(span.untilMs, day.untilMs)) - top(span.fromMs)) });
  const hours = Math.round((day.untilMs - day.fromMs) / HOUR_MS);
  const troubles = shownFromMs === null ? [] : troublesAt(state, shownFromMs);
  const inTrouble = new Map(troubles.map(({ resource, trouble }) => [resourceKey(resource), trouble]));
  const choose = (ms: number) => onStart(Math.min(day.untilMs - STEP_MS, Math.max(day.fromMs, ms)));
  const press = (event: PointerEvent<HTMLDivElement>) => {
    const y = event.clientY - event.currentTarget.getBoundingClientRect().top;
    choose(day.fromMs + Math.floor(((y / HOUR_PX) * HOUR_MS) / STEP_MS) * STEP_MS);
  };
  const key = (event: KeyboardEvent) => {
    const by = { ArrowDown: STEP_MS, ArrowUp: -STEP_MS, PageDown: HOUR_MS, PageUp: -HOUR_MS }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    choose(Math.round((shownFromMs ?? day.fromMs + 8 * HOUR_MS) / STEP_MS) * STEP_MS + by);
  };
  const spoken = shownFromMs === null ? t('plan.lacks.start') : [hourMinute(shownFromMs), ...troubles.map(({ resource, trouble }) => t(`plan.trouble.${trouble}`, { name: nameOf(resource) }))].join(t('common.listComma'));

  return (
    <div className="pl-board" data-testid="day-board">
      <div className="pl-board-scroll" ref={scroller}>
        <div className="pl-heads" style={{ gridTemplateColumns: `48px repeat(${resources.length}, minmax(88px, 1fr))` }}>
          <span />
          {resources.map((resource) => (
            <span key={resourceKey(resource)} className="pl-head hz-ellipsis" title={nameOf(resource)} data-trouble={inTrouble.get(resourceKey(resource))}>
              {nameOf(resource)}
            </span>
          ))}
        </div>
        <div
          className="pl-grid" style={{ gridTemplateColumns: `48px repeat(${resources.length}, minmax(88px, 1fr))`, height: hours * HOUR_PX }} role="slider" tabIndex={0} aria-label={t('sched.start')} aria-orientation="vertical"
          aria-valuemin={0} aria-valuemax={hours * 60} aria-valuenow={shownFromMs === null ? 0 : Math.round((shownFromMs - day.fromMs) / 60_000)} aria-valuetext={spoken} onPointerUp={press} onKeyDown={key} data-testid="day-grid"
        >
          <div className="pl-hours">
            {Array.from({ length: hours }, (_, hour) => (
              <span key={hour} style={{ top: hour * HOUR_PX }}>
                {hourMinute(day.fromMs + hour * HOUR_MS)}
              </span>
            ))}
          </div>
          {resources.map((resource) => {
            const id = resourceKey(resource);
            const one = state.days[id];
            const refused = state.refused.filter((taken) => resourceKey(taken) === id && overlaps(taken, day));
            const trouble = inTrouble.get(id);
            return (
              <div key={id} className="pl-column" aria-busy={one === undefined} data-unknown={one !== undefined && one.open === null}>
                {one?.open?.map((span) => <div key={span.fromMs} className="pl-open" style={box(span)} />)}
                {one?.absent.map((span) => (
                  <div key={span.fromMs} className="pl-absent" style={box(span)}>
                    {t('plan.legend.absent')}
                  </div>
                ))}
                {[...(one?.taken.filter((span) => overlaps(span, day)) ?? []), ...refused].map((span) => (
                  <div key={`${span.fromMs}-${span.untilMs}`} className="pl-taken" style={box(span)} data-clash={shown !== null && overlaps(span, shown)}>
                    {t('plan.legend.taken')} {hourMinute(span.fromMs)}–{hourMinute(span.untilMs)}
                  </div>
                ))}
                {shown && (
                  <div className="pl-chosen" style={box(shown)} data-trouble={trouble}>
                    {trouble ? t(`plan.legend.${trouble}`) : ''}
                  </div>
                )}
              </div>
            );
          })}
        </div>
      </div>
      <ul className="pl-legend hz-small">
        {(['taken', 'absent', 'outside', 'chosen'] as const).map((kind) => (
          <li key={kind}>
            <i data-kind={kind} /> {t(`plan.legend.${kind}`)}
          </li>
        ))}
      </ul>
    </div>
  );
}
