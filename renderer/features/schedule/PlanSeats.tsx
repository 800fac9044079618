import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import { personIdSchema } from '#shared/domain/ids';
import { specialtySchema, titleGradeSchema } from '#shared/domain/specialties';
import { fullName } from '../../i18n/format.ts';
import { expertsKey, orderExperts, type PlanModel, type PlanState } from '../../state/schedule/planModel.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { bySearch, searchOf, specialtyOptions } from '../../ui/scheduleText.ts';
import { useText } from '../../ui/text.ts';

const ANYBODY = '';

/** Who sits on the panel. How often each was asked stands beside the name, so that the same one is not always asked. */
export function PlanSeats({ model, state }: { readonly model: PlanModel; readonly state: PlanState }) {
  const { t, language } = useText();
  const specialties = [{ value: ANYBODY, label: t('sched.anySpecialty'), search: '' }, ...specialtyOptions(language)];
  return (
    <div className="pl-seats">
      <h2>{t('plan.panel')}</h2>
      {state.seats.map((seat, index) => {
        const experts = state.experts[expertsKey(seat)];
        const elsewhere = new Set<string>(state.seats.flatMap(({ personId }, at) => (at === index || personId === null ? [] : [personId])));
        const most = Math.max(1, ...(experts ?? []).map(({ load }) => load));
        const options = orderExperts(experts ?? [], state.onDutyIds).map(({ person, load }) => ({ value: String(person.id), label: fullName(person, language), search: searchOf(person), load, isOnDuty: state.onDutyIds.some((id) => id === person.id), disabled: elsewhere.has(person.id) }));
        // Somebody seated by the request's earlier time may be on no list of this specialty.
        const known = model.directory.store.getState().parties.find(({ id }) => id === seat.personId);
        const missing = known && !options.some(({ value }) => value === known.id) ? [{ value: String(known.id), label: fullName(known, language), search: searchOf(known), load: null, isOnDuty: false, disabled: false }] : [];
        const open = { value: ANYBODY, label: t(seat.specialty === null ? 'plan.choosePerson' : 'plan.anybody'), search: '', load: null, isOnDuty: false, disabled: false };
        return (
          <div key={index} className="pl-seat">
            <Select
              value={seat.specialty ?? ANYBODY} options={specialties} showSearch={{ filterOption: bySearch }} aria-label={t('plan.specialtyOf', { number: index + 1 })} data-testid={`seat-${index}-specialty`}
              onChange={(specialty) => model.setSeat(index, { specialty: specialty === ANYBODY ? null : specialtySchema.parse(specialty) })}
            />
            <Select value={seat.leastGrade} options={titleGradeSchema.options.map((value) => ({ value, label: t(`sched.grade.${value}`) }))} aria-label={t('plan.gradeOf', { number: index + 1 })} onChange={(leastGrade) => model.setSeat(index, { leastGrade })} />
            <Select
              className="pl-person" value={seat.personId === null ? ANYBODY : String(seat.personId)} options={[open, ...missing, ...options]} showSearch={{ filterOption: bySearch }} loading={experts === undefined} aria-label={t('plan.seat', { number: index + 1 })} data-testid={`seat-${index}-person`} popupMatchSelectWidth={420}
              onChange={(personId) => model.setSeat(index, { personId: personId === ANYBODY ? null : personIdSchema.parse(personId) })}
              optionRender={({ data }) => (
                <span className="pl-expert">
                  <span className="hz-grow hz-ellipsis">{data.label}</span>
                  {data.isOnDuty && <Chip tone="good">{t('plan.onDuty')}</Chip>}
                  {data.load !== null && (
                    <span className="pl-load hz-small" title={t('plan.load', { count: data.load })}>
                      <i style={{ width: `${(100 * data.load) / most}%` }} />
                      <span>{t('plan.load', { count: data.load })}</span>
                    </span>
                  )}
                </span>
              )}
            />
            <Button icon={<DeleteOutlined />} disabled={state.seats.length === 1} onClick={() => model.removeSeat(index)} aria-label={t('plan.removeSeat', { number: index + 1 })} />
          </div>
        );
      })}
      <Button icon={<PlusOutlined />} onClick={model.addSeat} disabled={state.seats.length >= 20} data-testid="add-seat">
        {t('plan.addSeat')}
      </Button>
    </div>
  );
}
