import { DeleteOutlined, LeftOutlined, PlusOutlined, RightOutlined } from '@ant-design/icons';
import { Button, Input, Modal, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { type OrganisationId, personIdSchema } from '#shared/domain/ids';
import { type Duty, dutySchema } from '#shared/domain/scheduling';
import { type SpecialtyCode, specialtySchema } from '#shared/domain/specialties';
import { dayOf, fullName, pick, shortName } from '../../i18n/format.ts';
import { overlaps } from '../../state/schedule/clashes.ts';
import { addCivilDays, mondayOf } from '../../state/schedule/hours.ts';
import type { RosterModel } from '../../state/schedule/rosterModel.ts';
import { fromLocalInput, toLocalInput } from '../../ui/localTime.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { bySearch, hourMinute, searchOf, specialtyName, specialtyOptions, WEEKDAYS } from '../../ui/scheduleText.ts';
import { useClock, useText } from '../../ui/text.ts';

interface Row {
  readonly role: Duty['role'];
  readonly specialty: SpecialtyCode | null;
}
const HOUR_MS = 3600_000;

/** Rows of the week: schedulers, experts of any specialty, and each specialty that has somebody. */
export function dutyRows(duties: readonly Duty[]): readonly Row[] {
  const specialties = [...new Set(duties.flatMap(({ role, specialty }) => (role === 'expert' && specialty !== null ? [specialty] : [])))].sort();
  return [{ role: 'scheduler', specialty: null }, { role: 'expert', specialty: null }, ...specialties.map((specialty): Row => ({ role: 'expert', specialty }))];
}

/** Who is on duty for a centre, as a week: rows by duty and specialty, columns by day. */
export function Duties({ model, organisationId, mayArrange }: { readonly model: RosterModel; readonly organisationId: OrganisationId; readonly mayArrange: boolean }) {
  const { t, language } = useText();
  const clock = useClock();
  const duties = useStore(model.store, (s) => s.duties);
  const organisations = useStore(model.directory.store, (s) => s.organisations);
  const [centreId, setCentre] = useState(organisationId);
  const [mondayMs, setMonday] = useState(() => mondayOf(clock.wallMs()));
  const [adding, setAdding] = useState<(Row & { readonly dayMs: number }) | null>(null);
  useEffect(() => {
    void model.directory.load();
    model.showDuties(centreId, { fromMs: mondayMs, untilMs: addCivilDays(mondayMs, 7) });
  }, [model, centreId, mondayMs]);
  const days = WEEKDAYS.map((weekday) => ({ weekday, fromMs: addCivilDays(mondayMs, weekday - 1), untilMs: addCivilDays(mondayMs, weekday) }));
  const nameOf = ({ role, specialty }: Row) => (specialty === null ? t(`roster.role.${role}`) : specialtyName(specialty, language));
  const nowMs = clock.wallMs();
  return (
    <div className="hz-column">
      <div className="hz-row-wrap">
        <Button icon={<LeftOutlined />} aria-label={t('sched.previous')} onClick={() => setMonday(addCivilDays(mondayMs, -7))} />
        <Button onClick={() => setMonday(mondayOf(clock.wallMs()))}>{t('sched.today')}</Button>
        <Button icon={<RightOutlined />} aria-label={t('sched.next')} onClick={() => setMonday(addCivilDays(mondayMs, 7))} />
        <strong className="hz-grow">{dayOf(mondayMs, nowMs, language)} – {dayOf(addCivilDays(mondayMs, 6), nowMs, language)}</strong>
        {mayArrange && <Select aria-label={t('cal.centres')} value={centreId} onChange={setCentre} style={{ minWidth: 220 }} options={organisations.map(({ id, name }) => ({ value: id, label: pick(name, language) }))} />}
        {mayArrange && <Button type="primary" icon={<PlusOutlined />} onClick={() => { model.clearError(); setAdding({ role: 'expert', specialty: null, dayMs: addCivilDays(mondayOf(nowMs), 0) }); }} data-testid="add-duty">{t('roster.addDuty')}</Button>}
      </div>
      <div className="ro-scroll">
        <table className="ro-duties" aria-busy={duties === null}>
          <thead>
            <tr>
              <th scope="col">{t('roster.dutyRole')}</th>
              {days.map(({ weekday, fromMs }) => <th key={weekday} scope="col" data-today={nowMs >= fromMs && nowMs < addCivilDays(fromMs, 1)}>{t(`sched.weekday.${weekday}`)} <span className="hz-small hz-muted">{dayOf(fromMs, nowMs, language)}</span></th>)}
            </tr>
          </thead>
          <tbody>
            {dutyRows(duties ?? []).map((row) => (
              <tr key={`${row.role}${row.specialty}`}>
                <th scope="row">{nameOf(row)}</th>
                {days.map((day) => (
                  <td key={day.weekday}>
                    {(duties ?? []).filter((duty) => duty.role === row.role && duty.specialty === row.specialty && overlaps(duty, day)).map((duty) => {
                      const from = duty.fromMs < day.fromMs ? '00:00' : hourMinute(duty.fromMs);
                      const until = duty.untilMs >= day.untilMs ? '24:00' : hourMinute(duty.untilMs);
                      return (
                        <div key={duty.id} className="ro-duty">
                          <span className="hz-grow"><strong>{shortName(duty.person, language)}</strong><span className="hz-small"> {from}–{until}</span></span>
                          {mayArrange && <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={t('roster.removeDuty', { name: shortName(duty.person, language), time: `${dayOf(duty.fromMs, nowMs, language)} ${hourMinute(duty.fromMs)}` })} onClick={() => model.removeDuty(duty.id)} />}
                        </div>
                      );
                    })}
                    {mayArrange && <Button size="small" type="text" icon={<PlusOutlined />} aria-label={t('roster.addDutyOn', { day: t(`sched.weekday.${day.weekday}`), row: nameOf(row) })} onClick={() => { model.clearError(); setAdding({ ...row, dayMs: day.fromMs }); }} />}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {duties?.length === 0 && <p className="hz-muted">{t('roster.noDuties')}</p>}
      {adding && <DutyDialog key={`${adding.dayMs}${adding.role}`} model={model} organisationId={centreId} first={adding} onClose={() => setAdding(null)} />}
    </div>
  );
}

function DutyDialog({ model, organisationId, first, onClose }: { readonly model: RosterModel; readonly organisationId: OrganisationId; readonly first: Row & { readonly dayMs: number }; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { isWorking, error } = useStore(model.store);
  const { parties } = useStore(model.directory.store);
  const [row, setRow] = useState<Row>(first);
  const [personId, setPerson] = useState<string | null>(null);
  const [from, setFrom] = useState(toLocalInput(first.dayMs + 8 * HOUR_MS));
  const [until, setUntil] = useState(toLocalInput(addCivilDays(first.dayMs, 1) + 8 * HOUR_MS));
  const fromMs = fromLocalInput(from);
  const untilMs = fromLocalInput(until);
  const add = () => {
    if (personId === null || fromMs === null || untilMs === null) return;
    void model.addDuty({ ...row, organisationId, personId: personIdSchema.parse(personId), fromMs, untilMs }).then((isDone) => (isDone ? onClose() : undefined));
  };
  return (
    <Modal open title={t('roster.addDuty')} onCancel={onClose} okText={t('roster.add')} onOk={add} confirmLoading={isWorking} okButtonProps={{ disabled: personId === null || fromMs === null || untilMs === null || untilMs <= fromMs }}>
      <div className="hz-column">
        {error && <ErrorNotice error={error} />}
        <label className="ro-field">{t('roster.dutyRole')}<Select value={row.role} onChange={(role) => { setRow({ role, specialty: role === 'expert' ? row.specialty : null }); setPerson(null); }} options={dutySchema.shape.role.options.map((value) => ({ value, label: t(`roster.role.${value}`) }))} /></label>
        {row.role === 'expert' && <label className="ro-field">{t('cal.specialty')}<Select value={String(row.specialty ?? '')} showSearch={{ filterOption: bySearch }} onChange={(code) => setRow({ ...row, specialty: code === '' ? null : specialtySchema.parse(code) })} options={[{ value: '', label: t('sched.anySpecialty'), search: '' }, ...specialtyOptions(language)]} /></label>}
        <label className="ro-field">{t('roster.person')}<Select value={personId} onChange={setPerson} showSearch={{ filterOption: bySearch }} options={parties.filter(({ role }) => role === row.role).map((one) => ({ value: String(one.id), label: fullName(one, language), search: searchOf(one) }))} data-testid="duty-person" /></label>
        <div className="hz-row-wrap">
          <label className="ro-field">{t('roster.from')}<Input type="datetime-local" value={from} onChange={({ target }) => setFrom(target.value)} /></label>
          <label className="ro-field">{t('roster.until')}<Input type="datetime-local" value={until} onChange={({ target }) => setUntil(target.value)} /></label>
        </div>
      </div>
    </Modal>
  );
}
