import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { PersonId } from '#shared/domain/ids';
import { absenceKindSchema, DEFAULT_WEEK, type ScheduleProfile, type Week } from '#shared/domain/scheduling';
import { clockTime, shortName } from '../../i18n/format.ts';
import type { RosterModel } from '../../state/schedule/rosterModel.ts';
import { fromLocalInput } from '../../ui/localTime.ts';
import { minuteOf, minuteText, WEEKDAYS } from '../../ui/scheduleText.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { areHoursSound, nextHours, timeZones } from './hoursDraft.ts';

/** Working hours by weekday and absences of one person: one's own, or somebody's of the scheduler's tree. */
export function Hours({ model, personId }: { readonly model: RosterModel; readonly personId: PersonId }) {
  const { t } = useText();
  const profile = useStore(model.store, (s) => s.profile);
  useEffect(() => model.showPerson(personId), [model, personId]);
  if (profile === null || profile.person.id !== personId) return <p role="status">{t('common.loading')}</p>;
  return (
    <div className="ro-hours">
      <WeekCard key={JSON.stringify(profile.week)} model={model} profile={profile} personId={personId} />
      <AbsenceCard model={model} profile={profile} personId={personId} />
    </div>
  );
}

function WeekCard({ model, profile, personId }: { readonly model: RosterModel; readonly profile: ScheduleProfile; readonly personId: PersonId }) {
  const { t, language } = useText();
  const isWorking = useStore(model.store, (s) => s.isWorking);
  const [week, setWeek] = useState<Week>(profile.week ?? DEFAULT_WEEK);
  const isSound = areHoursSound(week.hours);
  const isChanged = JSON.stringify(week) !== JSON.stringify(profile.week ?? DEFAULT_WEEK);
  const setHours = (hours: Week['hours']) => setWeek({ ...week, hours });
  return (
    <section className="hz-card hz-column" data-testid="hours">
      <h2>{t('roster.hoursOf', { name: shortName(profile.person, language) })}</h2>
      {profile.week === null && <p className="hz-muted">{t('roster.defaultHours')}</p>}
      <label className="ro-field">
        {t('roster.zone')}
        <Select value={week.timeZone} showSearch options={timeZones().map((value) => ({ value, label: value.replaceAll('_', ' ') }))} onChange={(timeZone) => setWeek({ ...week, timeZone })} />
      </label>
      <ul className="ro-week">
        {WEEKDAYS.map((weekday) => {
          const day = t(`sched.weekday.${weekday}`);
          const own = week.hours.map((hours, index) => ({ hours, index })).filter(({ hours }) => hours.weekday === weekday);
          return (
            <li key={weekday}>
              <strong>{day}</strong>
              <div className="ro-stretches">
                {own.length === 0 && <span className="hz-muted">{t('roster.dayOff')}</span>}
                {own.map(({ hours, index }) => {
                  const set = (change: Partial<typeof hours>) => setHours(week.hours.map((one, at) => (at === index ? { ...one, ...change } : one)));
                  return (
                    <span key={index} className="hz-row">
                      <Input type="time" aria-label={t('roster.fromOn', { day })} value={minuteText(hours.fromMinute)} onChange={({ target }) => set({ fromMinute: minuteOf(target.value) ?? hours.fromMinute })} />–
                      {/* Midnight at the end of a day is 00:00 in a field of type time. */}
                      <Input type="time" aria-label={t('roster.untilOn', { day })} value={minuteText(hours.untilMinute % 1440)} onChange={({ target }) => set({ untilMinute: minuteOf(target.value) || 1440 })} />
                      <Button icon={<DeleteOutlined />} aria-label={t('roster.removeHoursOn', { day })} onClick={() => setHours(week.hours.filter((_, at) => at !== index))} />
                    </span>
                  );
                })}
              </div>
              <Button icon={<PlusOutlined />} aria-label={t('roster.addHoursOn', { day })} disabled={week.hours.length >= 28} onClick={() => setHours([...week.hours, nextHours(week.hours, weekday)])} />
            </li>
          );
        })}
      </ul>
      {!isSound && <p role="alert" className="ro-bad">{t('roster.badHours')}</p>}
      <div className="hz-row-wrap">
        <Button type="primary" loading={isWorking} disabled={!isSound || !isChanged} onClick={() => void model.setWeek(personId, week)} data-testid="save-hours">
          {t('roster.saveHours')}
        </Button>
        {profile.week !== null && <Button onClick={() => void model.setWeek(personId, null)}>{t('roster.resetHours')}</Button>}
      </div>
    </section>
  );
}

function AbsenceCard({ model, profile, personId }: { readonly model: RosterModel; readonly profile: ScheduleProfile; readonly personId: PersonId }) {
  const { t, language } = useText();
  const { wallMs } = useNow(60_000);
  const [kind, setKind] = useState<(typeof absenceKindSchema.options)[number]>('leave');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const fromMs = fromLocalInput(from);
  const untilMs = fromLocalInput(until);
  const add = () => {
    if (fromMs === null || untilMs === null) return;
    void model.addAbsence(personId, { kind, fromMs, untilMs }).then((isDone) => {
      if (!isDone) return;
      setFrom('');
      setUntil('');
    });
  };
  const time = (ms: number) => clockTime(ms, wallMs, language);
  return (
    <section className="hz-card hz-column" data-testid="absences">
      <h2>{t('roster.absences')}</h2>
      <ul className="ro-list">
        {profile.absences.length === 0 && <li className="hz-muted">{t('roster.noAbsences')}</li>}
        {profile.absences.map((absence) => (
          <li key={absence.id}>
            <span className="hz-grow">
              <strong>{t(`roster.absence.${absence.kind}`)}</strong> {time(absence.fromMs)} – {time(absence.untilMs)}
            </span>
            <Button icon={<DeleteOutlined />} aria-label={t('roster.removeAbsence', { time: time(absence.fromMs) })} onClick={() => model.removeAbsence(personId, absence.id)} />
          </li>
        ))}
      </ul>
      <div className="hz-row-wrap ro-add">
        <Select aria-label={t('roster.absences')} value={kind} onChange={setKind} style={{ width: 110 }} options={absenceKindSchema.options.map((value) => ({ value, label: t(`roster.absence.${value}`) }))} />
        <label>{t('roster.from')} <Input type="datetime-local" value={from} onChange={({ target }) => setFrom(target.value)} data-testid="absence-from" /></label>
        <label>{t('roster.until')} <Input type="datetime-local" value={until} onChange={({ target }) => setUntil(target.value)} data-testid="absence-until" /></label>
        <Button type="primary" disabled={fromMs === null || untilMs === null || untilMs <= fromMs} onClick={add} data-testid="add-absence">
          {t('roster.addAbsence')}
        </Button>
      </div>
    </section>
  );
}
