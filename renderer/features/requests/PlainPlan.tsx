import { Button, Checkbox, Input, InputNumber } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { ConsultRequest } from '#shared/domain/consultation/request';
import type { Expert } from '#shared/domain/scheduling';
import { coversSpecialty, gradesFrom } from '#shared/domain/specialties';
import { type PersonId, personIdSchema } from '#shared/domain/ids';
import { fullName } from '../../i18n/format.ts';
import type { ExpertsModel } from '../../state/requests/expertsModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useClock, useText } from '../../ui/text.ts';
import type { PlannerProps } from './requestContext.ts';

const two = (value: number) => String(value).padStart(2, '0');

/** The least loaded who answer for what is wanted; where nobody does and it cannot wait, the least loaded of all. */
export function suggestPanel(form: ConsultRequest['form'], experts: readonly Expert[]): PersonId[] {
  const chosen: string[] = [];
  for (const { specialty, leastGrade, count } of form.wanted) {
    const fitting = experts.filter(({ person, expertise }) => !chosen.includes(person.id) && expertise.grade !== null && gradesFrom(leastGrade).includes(expertise.grade) && expertise.specialties.some((code) => coversSpecialty(code, specialty)));
    chosen.push(...fitting.slice(0, count).map(({ person }) => person.id));
  }
  const [first] = experts;
  if (chosen.length === 0 && form.urgency === 'emergency' && first) chosen.push(first.person.id);
  return chosen.map((id) => personIdSchema.parse(id));
}

/** A time, a length and a panel, typed in; an emergency begins now. */
export default function PlainPlan({ request: detail, onPlan, onCancel, model }: PlannerProps & { readonly model: ExpertsModel }) {
  const { t, language } = useText();
  const clock = useClock();
  const { experts, error } = useStore(model.store);
  const { request } = detail;
  const [start] = useState(() => new Date(request.form.urgency === 'emergency' ? clock.wallMs() : (request.form.preferredTimes[0]?.fromMs ?? clock.wallMs() + 24 * 3_600_000)));
  const [date, setDate] = useState(`${start.getFullYear()}-${two(start.getMonth() + 1)}-${two(start.getDate())}`);
  const [time, setTime] = useState(`${two(start.getHours())}:${two(start.getMinutes())}`);
  const [minutes, setMinutes] = useState(request.appointment?.durationMinutes ?? 30);
  const [panel, setPanel] = useState<readonly PersonId[] | null>(request.appointment?.panel.filter(({ answer }) => answer !== 'declined').map(({ personId }) => personId) ?? null);
  const [isAsked, setAsked] = useState(false);
  useEffect(() => model.load(), [model]);
  const chosen = panel ?? (experts === null ? [] : suggestPanel(request.form, experts));
  const startsAtMs = Date.parse(`${date}T${time}`);
  const plan = () => {
    setAsked(true);
    const [host] = chosen;
    if (host === undefined || !Number.isFinite(startsAtMs)) return;
    onPlan({ startsAtMs, durationMinutes: minutes, hostPersonId: host, panelIds: [...chosen], attendeeIds: request.appointment?.attendeeIds ?? [request.requesterId], cartIds: request.appointment?.cartIds ?? [], venueId: request.appointment?.venueId ?? null });
  };
  return (
    <form className="rq-fields" data-testid="plain-plan" onSubmit={(event) => {
        event.preventDefault();
        plan();
      }}>
      {error && <ErrorNotice error={error} />}
      <div className="rq-line">
        <label className="rq-field rq-wide">
          <span>{t('plan.date')}</span>
          <Input type="date" value={date} onChange={({ target }) => setDate(target.value)} data-testid="plan-date" />
        </label>
        <label className="rq-field rq-wide">
          <span>{t('plan.time')}</span>
          <Input type="time" value={time} onChange={({ target }) => setTime(target.value)} data-testid="plan-time" />
        </label>
        <label className="rq-field rq-wide">
          <span>{t('plan.minutes')}</span>
          <InputNumber min={5} max={600} precision={0} value={minutes} onChange={(value) => setMinutes(value ?? 30)} />
        </label>
      </div>
      <fieldset className="rq-field" style={{ border: 0, margin: 0, padding: 0 }}>
        <legend className="hz-muted">{t('plan.panel')}</legend>
        <div className="rq-check" style={{ maxHeight: 280, overflow: 'auto' }}>
          {experts?.length === 0 && <p>{t('plan.none')}</p>}
          {experts?.map(({ person, load }) => {
            const id = personIdSchema.parse(person.id);
            return (
              <Checkbox key={id} checked={chosen.includes(id)} onChange={({ target }) => setPanel(target.checked ? [...chosen, id] : chosen.filter((one) => one !== id))} data-testid={`plan-expert-${id}`}>
                {fullName(person, language)} <span className="hz-muted hz-small">{t('plan.load', { count: load })}</span>
              </Checkbox>
            );
          })}
        </div>
      </fieldset>
      {isAsked && chosen.length === 0 && <p className="rq-problem" role="alert">{t('plan.needsPanel')}</p>}
      <div className="rq-form-end">
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
        <Button type="primary" htmlType="submit" disabled={experts === null} data-testid="plan-save">{t('plan.save')}</Button>
      </div>
    </form>
  );
}
