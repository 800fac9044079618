import { Button, Checkbox, Form, Input, InputNumber, Modal, Select } from 'antd';
import { useStore } from 'zustand';
import { consultKindSchema } from '#shared/domain/consult';
import { cartIdSchema, organisationIdSchema, personIdSchema, venueIdSchema } from '#shared/domain/ids';
import { type CivilDate, civilDateSchema, datesOf, MAX_OCCURRENCES, type Recurrence, weekdayOf } from '#shared/domain/recurrence';
import { hasPermission } from '#shared/domain/roles';
import { type SpecialtyCode, specialtySchema } from '#shared/domain/specialties';
import type { RequestParams } from '#shared/protocol/requests';
import { fullName, pick } from '../../i18n/format.ts';
import type { CalendarModel } from '../../state/schedule/calendarModel.ts';
import { ownTimeZone } from '../../state/schedule/hours.ts';
import { fromLocalInput, toLocalInput } from '../../ui/localTime.ts';
import type { MessageKey } from '../../i18n/zh-CN.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { bySearch, minuteOf, searchOf, specialtyOptions } from '../../ui/scheduleText.ts';
import { useText } from '../../ui/text.ts';

interface Values {
  readonly title: string;
  readonly kind: RequestParams<'schedule.book'>['kind'];
  readonly specialty: SpecialtyCode | '';
  readonly organisationId: string;
  readonly hostPersonId: string;
  readonly personIds: readonly string[];
  readonly cartIds: readonly string[];
  readonly venueId: string;
  readonly start: string;
  readonly durationMinutes: number;
  readonly hasWaitingRoom: boolean;
  readonly repeat: 'once' | 'weekly' | 'fortnightly' | 'monthly';
  readonly count: number;
  readonly exceptions: readonly CivilDate[];
}

/** The rule that a start and a choice mean: the start's weekday, and of a month its place there (a fifth counts as the last). */
export function ruleOf(repeat: Exclude<Values['repeat'], 'once'>, firstDate: CivilDate, count: number, exceptions: readonly CivilDate[]): Recurrence {
  const weekday = weekdayOf(firstDate);
  const nth = ([1, 2, 3, 4, -1] as const)[Math.ceil(Number(firstDate.slice(8)) / 7) - 1] ?? -1;
  return { pattern: repeat === 'monthly' ? { type: 'monthly', nth, weekday } : { type: repeat, weekday }, firstDate, end: { type: 'count', count }, exceptions: [...exceptions] };
}

/** A session that nobody applied for, such as the weekly MDT: once or as a series with days left out. */
export function NewSession({ model, startMs, organisationId, hostId, onClose }: { readonly model: CalendarModel; readonly startMs: number; readonly organisationId: string; readonly hostId: string; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { isWorking, error } = useStore(model.store);
  const { parties, venues, organisations } = useStore(model.directory.store);
  const [form] = Form.useForm<Values>();
  const repeat = Form.useWatch('repeat', form);
  const start = Form.useWatch('start', form);
  const count = Form.useWatch('count', form);
  const exceptions = Form.useWatch('exceptions', form) ?? [];
  const needed = [{ required: true, message: t('cal.needed') }];
  const firstDate = civilDateSchema.safeParse(start?.slice(0, 10));
  const rule = repeat === undefined || repeat === 'once' || !firstDate.success || !count ? null : ruleOf(repeat, firstDate.data, count, exceptions);
  const people = parties.filter(({ kind }) => kind === 'person').map((one) => ({ value: String(one.id), label: fullName(one, language), search: searchOf(one), mayHost: hasPermission(one.role, 'room.host') }));
  const carts = parties.filter(({ kind }) => kind === 'cart').map((one) => ({ value: String(one.id), label: fullName(one, language), search: searchOf(one) }));
  const patternText = rule?.pattern.type === 'monthly' ? (rule.pattern.nth === -1 ? t('cal.repeatMonthlyLast', { weekday: t(`sched.weekday.${rule.pattern.weekday}` as MessageKey) }) : t('cal.repeatMonthlyNth', { nth: rule.pattern.nth, weekday: t(`sched.weekday.${rule.pattern.weekday}` as MessageKey) })) : null; // there is a text for each weekday

  const book = (values: Values) => {
    const startsAtMs = fromLocalInput(values.start);
    const minuteOfDay = minuteOf(values.start.slice(11));
    if (startsAtMs === null || minuteOfDay === null) return;
    const when: RequestParams<'schedule.book'>['when'] = rule === null ? { type: 'once', startsAtMs } : { type: 'series', recurrence: rule, minuteOfDay };
    void model
      .book({
        kind: values.kind, title: values.title, specialty: values.specialty === '' ? null : specialtySchema.parse(values.specialty), organisationId: organisationIdSchema.parse(values.organisationId), hostPersonId: personIdSchema.parse(values.hostPersonId),
        personIds: values.personIds.map((id) => personIdSchema.parse(id)), cartIds: values.cartIds.map((id) => cartIdSchema.parse(id)), venueId: values.venueId === '' ? null : venueIdSchema.parse(values.venueId),
        hasWaitingRoom: values.hasWaitingRoom, durationMinutes: values.durationMinutes, timeZone: ownTimeZone(), when,
      })
      .then((isDone) => (isDone ? onClose() : undefined));
  };

  return (
    <Modal open centered width={720} title={t('cal.newTitle')} onCancel={onClose} footer={<div className="hz-row-wrap" style={{ justifyContent: 'flex-end' }}><Button size="large" onClick={onClose}>{t('common.cancel')}</Button><Button size="large" type="primary" loading={isWorking} onClick={form.submit} data-testid="new-book">{t('cal.book')}</Button></div>}>
      <Form<Values>
        form={form} layout="vertical" onFinish={book} className="cal-new"
        initialValues={{ title: '', kind: 'mdt', specialty: '', organisationId, hostPersonId: people.some(({ value, mayHost }) => value === hostId && mayHost) ? hostId : undefined, personIds: [], cartIds: [], venueId: '', start: toLocalInput(startMs), durationMinutes: 60, hasWaitingRoom: false, repeat: 'once', count: 12, exceptions: [] }}
      >
        <Form.Item className="cal-wide" name="title" label={t('cal.name')} extra={t('cal.nameHelp')} rules={needed}><Input maxLength={200} data-testid="new-title" /></Form.Item>
        <Form.Item name="kind" label={t('cal.kind')}><Select options={consultKindSchema.options.map((value) => ({ value, label: t(`kind.${value}`) }))} /></Form.Item>
        <Form.Item name="specialty" label={t('cal.specialty')}><Select showSearch={{ filterOption: bySearch }} options={[{ value: '', label: t('cal.noSpecialty'), search: '' }, ...specialtyOptions(language)]} /></Form.Item>
        <Form.Item name="organisationId" label={t('cal.organisation')} rules={needed}><Select options={organisations.map(({ id, name }) => ({ value: String(id), label: pick(name, language) }))} /></Form.Item>
        <Form.Item name="hostPersonId" label={t('sched.host')} rules={needed}><Select showSearch={{ filterOption: bySearch }} options={people.filter(({ mayHost }) => mayHost)} data-testid="new-host" /></Form.Item>
        <Form.Item className="cal-wide" name="personIds" label={t('cal.who')}><Select mode="multiple" maxCount={50} showSearch={{ filterOption: bySearch }} options={people} data-testid="new-people" /></Form.Item>
        <Form.Item name="cartIds" label={t('sched.carts')}><Select mode="multiple" maxCount={10} showSearch={{ filterOption: bySearch }} options={carts} /></Form.Item>
        <Form.Item name="venueId" label={t('sched.room')}><Select options={[{ value: '', label: t('sched.noRoom') }, ...venues.filter(({ isRetired }) => !isRetired).map(({ id, name }) => ({ value: String(id), label: pick(name, language) }))]} /></Form.Item>
        <Form.Item name="start" label={t('sched.start')} rules={needed} extra={t('sched.zone', { zone: ownTimeZone() })}><Input type="datetime-local" data-testid="new-start" /></Form.Item>
        <Form.Item name="durationMinutes" label={t('sched.duration')}><Select options={[15, 30, 45, 60, 90, 120, 180].map((value) => ({ value, label: t('sched.minutes', { count: value }) }))} /></Form.Item>
        <Form.Item name="repeat" label={t('cal.repeat')} extra={patternText}><Select options={(['once', 'weekly', 'fortnightly', 'monthly'] as const).map((value) => ({ value, label: t(`cal.repeat.${value}`) }))} data-testid="new-repeat" /></Form.Item>
        <Form.Item name="count" label={t('cal.count')} hidden={repeat === 'once'}><InputNumber min={1} max={MAX_OCCURRENCES} precision={0} style={{ width: '100%' }} /></Form.Item>
        <Form.Item name="exceptions" hidden><Input /></Form.Item>
        {rule !== null && (
          <fieldset className="cal-wide cal-dates">
            <legend>{t('cal.exceptions')} · {t('cal.dates', { count: datesOf(rule).length - exceptions.length })}</legend>
            <p className="hz-small hz-muted">{t('cal.exceptionsHelp')}</p>
            {datesOf(rule).map((date) => {
              const isOut = exceptions.includes(date);
              return <button key={date} type="button" aria-pressed={isOut} onClick={() => form.setFieldValue('exceptions', isOut ? exceptions.filter((one) => one !== date) : [...exceptions, date])}>{isOut ? <s>{date}</s> : date}</button>;
            })}
          </fieldset>
        )}
        <Form.Item className="cal-wide" name="hasWaitingRoom" valuePropName="checked"><Checkbox>{t('cal.waitingRoom')}</Checkbox></Form.Item>
      </Form>
      {error && <ErrorNotice error={error} />}
    </Modal>
  );
}
