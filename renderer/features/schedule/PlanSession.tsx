import { CheckCircleOutlined, WarningOutlined } from '@ant-design/icons';
import { Button, Checkbox, Input, Select } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { SessionPlan } from '#shared/domain/consultation/steps';
import { cartIdSchema, personIdSchema, venueIdSchema } from '#shared/domain/ids';
import { hasPermission } from '#shared/domain/roles';
import type { Resource } from '#shared/domain/scheduling';
import type { RequestDetail } from '#shared/protocol/consultation';
import { clockTime, dayOf, fullName, pick } from '../../i18n/format.ts';
import { addCivilDays } from '../../state/schedule/hours.ts';
import { type PlanModel, panelOf, planOf, troublesAt } from '../../state/schedule/planModel.ts';
import type { ScheduleModels } from '../../state/schedule/scheduleModels.ts';
import { fromLocalInput, toLocalInput } from '../../ui/localTime.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { bySearch, hourMinute, resourceName, searchOf } from '../../ui/scheduleText.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { DayBoard } from './DayBoard.tsx';
import { PlanSeats } from './PlanSeats.tsx';
import { PlanTimes } from './PlanTimes.tsx';
import './plan.css';

export interface PlanSessionProps {
  readonly schedule: Pick<ScheduleModels, 'createPlan'>;
  readonly detail: RequestDetail;
  /** Takes the step; a refusal is thrown and drawn. `reason` is empty unless the request has an appointment that moves. */
  readonly onPlan: (plan: SessionPlan, reason: string) => Promise<void>;
  readonly onCancel: () => void;
}

/** Plans the session of a request: panel, cart, room and time, with everybody's day side by side. */
export default function PlanSession({ schedule, detail, onPlan, onCancel }: PlanSessionProps) {
  const [model, setModel] = useState<PlanModel | null>(null);
  const requestId = detail.request.id;
  // What is typed outlives news of the request: a plan is made anew only for another one.
  useEffect(() => {
    const made = schedule.createPlan(detail);
    setModel(made);
    return () => made.close();
  }, [schedule, requestId]);
  return model && <Planner model={model} detail={detail} onPlan={onPlan} onCancel={onCancel} />;
}

const DURATIONS = [15, 30, 45, 60, 90, 120];

function Planner({ model, detail, onPlan, onCancel }: { readonly model: PlanModel } & Omit<PlanSessionProps, 'schedule'>) {
  const { t, language } = useText();
  const state = useStore(model.store);
  const directory = useStore(model.directory.store);
  const { wallMs } = useNow(15_000);
  const { form, appointment } = detail.request;
  const parties = useMemo(() => {
    const all = [...detail.parties, ...directory.parties, ...Object.values(state.experts).flatMap((experts) => experts?.map(({ person }) => person) ?? [])];
    return [...new Map(all.map((one) => [String(one.id), one])).values()];
  }, [detail, directory.parties, state.experts]);
  const nameOf = (resource: Resource) => resourceName(resource, { parties, venues: directory.venues }, language, t);
  const personOf = (id: string) => parties.find((one) => one.id === id);
  const plan = planOf(state, wallMs);
  const startMs = state.start === 'now' ? wallMs : state.start;
  const troubles = startMs === null ? [] : troublesAt(state, startMs);
  const isTaken = troubles.some(({ trouble }) => trouble === 'taken');
  const isEmergency = form.urgency === 'emergency';
  const needsReason = appointment !== null && state.reason.trim() === '';
  const hosts = [...panelOf(state.seats), ...state.attendeeIds].filter((id) => { const party = personOf(id); return party !== undefined && hasPermission(party.role, 'room.host'); });
  const book = () => void model.book(onPlan);
  const lacks = 'lacks' in plan ? t(isEmergency && plan.lacks === 'panel' ? 'plan.noDuty' : `plan.lacks.${plan.lacks}`) : needsReason ? t('sched.reasonNeeded') : null;
  const bookLabel = state.start === 'now' ? t('plan.bookNow') : startMs === null ? t('plan.book') : t(appointment === null ? 'plan.bookAt' : 'plan.move', { time: clockTime(startMs, wallMs, language) });

  return (
    <div className="pl" data-testid="planner">
      {isEmergency && <p className="pl-emergency hz-small">{t('plan.nowHelp')}</p>}
      <div className="pl-columns">
        <div className="pl-form">
          <PlanSeats model={model} state={state} />
          <div className="pl-fields">
            <label className="pl-wide">
              {t('plan.attendees')}
              <Select mode="multiple" value={state.attendeeIds.map(String)} maxCount={20} showSearch={{ filterOption: bySearch }} onChange={(ids) => model.change({ attendeeIds: ids.map((id) => personIdSchema.parse(id)) })}
                options={parties.filter(({ kind }) => kind === 'person').map((one) => ({ value: String(one.id), label: fullName(one, language), search: searchOf(one) }))} data-testid="plan-attendees" />
            </label>
            <label>
              {t('sched.carts')}
              <Select mode="multiple" value={state.cartIds.map(String)} maxCount={5} showSearch={{ filterOption: bySearch }} onChange={(ids) => model.change({ cartIds: ids.map((id) => cartIdSchema.parse(id)) })}
                options={directory.parties.filter(({ kind }) => kind === 'cart').map((one) => ({ value: String(one.id), label: fullName(one, language), search: searchOf(one) }))} data-testid="plan-carts" />
              {form.needsCart && state.cartIds.length === 0 && <span className="hz-small pl-hint"><WarningOutlined /> {t('plan.cartWanted')}</span>}
            </label>
            <label>
              {t('sched.room')}
              <Select value={String(state.venueId ?? '')} onChange={(id) => model.change({ venueId: id === '' ? null : venueIdSchema.parse(id) })}
                options={[{ value: '', label: t('sched.noRoom') }, ...directory.venues.filter(({ isRetired }) => !isRetired).map(({ id, name }) => ({ value: String(id), label: pick(name, language) }))]} />
            </label>
            <label>
              {t('sched.host')}
              <Select value={String(state.hostPersonId ?? '')} onChange={(id) => model.change({ hostPersonId: id === '' ? null : personIdSchema.parse(id) })}
                options={[{ value: '', label: t('plan.firstOfPanel') }, ...hosts.map((id) => ({ value: String(id), label: nameOf({ kind: 'person', id }) }))]} />
            </label>
            <label>
              {t('sched.duration')}
              <Select value={state.durationMinutes} onChange={(durationMinutes) => model.change({ durationMinutes })} options={DURATIONS.map((value) => ({ value, label: t('sched.minutes', { count: value }) }))} />
            </label>
            {appointment !== null && (
              <label className="pl-wide">
                {t('sched.reason')}
                <Input value={state.reason} maxLength={300} onChange={({ target }) => model.change({ reason: target.value })} data-testid="plan-reason" />
              </label>
            )}
          </div>
          <Checkbox checked={state.mayBeOutsideHours} onChange={({ target }) => model.change({ mayBeOutsideHours: target.checked })}>
            {t('plan.outsideHours')}
          </Checkbox>
          {form.preferredTimes.length > 0 && <p className="hz-small hz-muted">{t('plan.preferred', { times: form.preferredTimes.map(({ fromMs, toMs }) => `${clockTime(fromMs, wallMs, language)}–${hourMinute(toMs)}`).join(t('common.listComma')) })}</p>}
          <PlanTimes model={model} state={state} nowMs={wallMs} nameOf={nameOf} />
        </div>
        <div className="pl-day">
          <div className="hz-row-wrap">
            <h2 className="hz-grow">{t('plan.day')} · {dayOf(state.dayMs, wallMs, language)}</h2>
            <Button onClick={() => model.showDay(addCivilDays(state.dayMs, -1))}>{t('plan.dayBefore')}</Button>
            <Button onClick={() => model.showDay(addCivilDays(state.dayMs, 1))}>{t('plan.dayAfter')}</Button>
            {isEmergency && (
              <Button aria-pressed={state.start === 'now'} type={state.start === 'now' ? 'primary' : 'default'} onClick={() => model.change({ start: 'now' })} data-testid="plan-now">
                {t('plan.now')}
              </Button>
            )}
            <label className="hz-row">
              {t('sched.start')}
              <Input type="datetime-local" style={{ width: 'calc(var(--text-size) * 14.5)' }} value={startMs === null ? '' : toLocalInput(startMs)} onChange={({ target }) => model.change({ start: fromLocalInput(target.value) })} data-testid="plan-start" />
            </label>
          </div>
          <p className="hz-small hz-muted">{t('plan.dayHelp')}</p>
          <DayBoard state={state} nowMs={wallMs} nameOf={nameOf} onStart={(start) => model.change({ start })} />
        </div>
      </div>
      <footer className="pl-foot">
        {state.error && (state.error.code === 'schedule.conflict' ? <ErrorNotice error={state.error} title={t('plan.refused')} text={`${state.refused.map((taken) => t('sched.takenAt', { name: nameOf(taken), from: hourMinute(taken.fromMs), until: hourMinute(taken.untilMs) })).join(t('common.listComma'))} ${t('plan.refusedText')}`} /> : <ErrorNotice error={state.error} />)}
        {directory.error && <ErrorNotice error={directory.error} action={<Button onClick={() => void model.directory.load()}>{t('common.retry')}</Button>} />}
        <div className="pl-foot-main">
          <ul className="pl-troubles hz-grow" aria-live="polite" data-testid="plan-troubles">
            {lacks !== null && <li data-kind="lacks">{lacks}</li>}
            {lacks === null && troubles.length === 0 && <li data-kind="free"><CheckCircleOutlined /> {t('plan.free')}</li>}
            {troubles.map(({ resource, trouble }) => (
              <li key={nameOf(resource)} data-kind={trouble}>
                <WarningOutlined /> {t(`plan.trouble.${trouble}`, { name: nameOf(resource) })}
                {trouble === 'taken' && state.attendeeIds.some((id) => id === resource.id) && (
                  <Button size="small" onClick={() => model.change({ attendeeIds: state.attendeeIds.filter((id) => id !== resource.id) })} data-testid="plan-leave-out">
                    {t('plan.leaveOut', { name: nameOf(resource) })}
                  </Button>
                )}
              </li>
            ))}
          </ul>
          <Button size="large" onClick={onCancel}>
            {t('common.cancel')}
          </Button>
          <Button size="large" type="primary" disabled={lacks !== null || isTaken} loading={state.isBooking} onClick={book} data-testid="plan-book">
            {bookLabel}
          </Button>
        </div>
      </footer>
    </div>
  );
}
