import { CheckOutlined, CloseOutlined } from '@ant-design/icons';
import { Button, Checkbox, Drawer, Input, Modal, Select } from 'antd';
import { type ReactNode, useState } from 'react';
import { useStore } from 'zustand';
import { type ConsultId, type ConsultRequestId, personIdSchema } from '#shared/domain/ids';
import type { Appointment, Resource } from '#shared/domain/scheduling';
import { clockTime, fullName, shortName } from '../../i18n/format.ts';
import type { CalendarModel, Substitute } from '../../state/schedule/calendarModel.ts';
import { Chip, type Tone } from '../../ui/parts/Chip.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { StateChip } from '../../ui/parts/StateChip.tsx';
import { specialtyName } from '../../ui/scheduleText.ts';
import { type Translate, useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { isToCome } from './calendarView.ts';

const TONES: Readonly<Record<'pending' | 'accepted' | 'declined', Tone>> = { pending: 'caution', accepted: 'good', declined: 'bad' };

export interface SessionDrawerProps {
  readonly model: CalendarModel;
  readonly appointment: Appointment;
  readonly selfId: string;
  readonly mayArrange: boolean;
  readonly nameOf: (resource: Resource) => string;
  readonly onMove: () => void;
  readonly onRehearse: ((requestId: ConsultRequestId, consultId: ConsultId) => void) | null;
  /** Who was told of a session that nobody applied for; null: the reader may not know. */
  readonly deliveries: ((consultId: ConsultId) => ReactNode) | null;
  readonly onClose: () => void;
}

type Asking = { readonly what: 'decline'; readonly scope: 'one' | 'series' } | { readonly what: 'cancel'; readonly scope: 'one' | 'following' } | { readonly what: 'substitute'; readonly personId: string; readonly found: readonly Substitute[] };

/** One session: who takes part and what they answered, and what the reader can do about it. */
export function SessionDrawer({ model, appointment, selfId, mayArrange, nameOf, onMove, onRehearse, deliveries, onClose }: SessionDrawerProps) {
  const { t, language } = useText();
  const { isWorking, error } = useStore(model.store);
  const { wallMs } = useNow(60_000);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [isForSeries, setForSeries] = useState(false);
  const own = appointment.panel.find(({ person }) => person.id === selfId);
  const scope = isForSeries && own?.answer === 'pending' ? 'series' : 'one';
  const canChange = mayArrange && isToCome(appointment);
  const { consultId, requestId } = appointment;
  const time = clockTime(appointment.startsAtMs, wallMs, language);
  const askSubstitute = (personId: string) => void model.substitutes(consultId, personIdSchema.parse(personId)).then((found) => (found ? setAsking({ what: 'substitute', personId, found }) : undefined));

  return (
    <Drawer open title={appointment.title || t(`kind.${appointment.kind}`)} onClose={onClose} size={460} destroyOnHidden>
      <div className="hz-column" data-testid="session-drawer">
        <div className="hz-row-wrap">
          <strong>{time}</strong> <span>{t('sched.minutes', { count: appointment.durationMinutes })}</span>
          <StateChip state={appointment.state} />
          <Chip>{t(`kind.${appointment.kind}`)}</Chip>
          {appointment.specialty && <Chip>{specialtyName(appointment.specialty, language)}</Chip>}
          {appointment.series && <Chip>{t('cal.series')}</Chip>}
          {requestId && <Chip tone="primary">{t('cal.ofRequest')}</Chip>}
        </div>
        {appointment.cancelReason && <p>{appointment.cancelReason}</p>}
        {own && isToCome(appointment) && (
          <section className="cal-answer" aria-label={t('cal.yourAnswer')}>
            <span className="hz-grow">
              {t('cal.yourAnswer')}: <Chip tone={TONES[own.answer]}>{t(`sched.answer.${own.answer}`)}</Chip>
            </span>
            {own.answer !== 'accepted' && (
              <Button type="primary" icon={<CheckOutlined />} loading={isWorking} onClick={() => void model.answer(consultId, scope, { answer: 'accepted' })} data-testid="accept">
                {t('cal.accept')}
              </Button>
            )}
            {own.answer !== 'declined' && (
              <Button icon={<CloseOutlined />} onClick={() => setAsking({ what: 'decline', scope })} data-testid="decline">
                {t('cal.decline')}
              </Button>
            )}
            {appointment.series && own.answer === 'pending' && (
              <Checkbox className="cal-answer-series" checked={isForSeries} onChange={({ target }) => setForSeries(target.checked)} data-testid="answer-series">
                {t('sched.answerSeries')}
              </Checkbox>
            )}
          </section>
        )}
        {error && asking === null && <ErrorNotice error={error} />}
        <section>
          <h3>{t('cal.panel')}</h3>
          <ul className="cal-panel">
            {appointment.panel.map(({ person, answer, reason }) => (
              <li key={person.id}>
                <span className="hz-grow">
                  {fullName(person, language)} {person.id === appointment.hostPersonId && <Chip>{t('sched.host')}</Chip>}
                  {reason && <span className="hz-small hz-muted"> {reason}</span>}
                </span>
                <Chip tone={TONES[answer]}>{t(`sched.answer.${answer}`)}</Chip>
                {canChange && person.kind === 'person' && (
                  <Button size="small" onClick={() => askSubstitute(person.id)} aria-label={`${t('cal.substitute')}: ${shortName(person, language)}`}>
                    {t('cal.substitute')}
                  </Button>
                )}
              </li>
            ))}
            {appointment.cartIds.map((id) => <li key={id}>{nameOf({ kind: 'cart', id })}</li>)}
            {appointment.venueId && <li>{nameOf({ kind: 'venue', id: appointment.venueId })}</li>}
          </ul>
        </section>
        <div className="hz-row-wrap">
          {canChange && <Button onClick={onMove} data-testid="move">{t('cal.move')}</Button>}
          {canChange && requestId === null && <Button danger onClick={() => setAsking({ what: 'cancel', scope: 'one' })} data-testid="cancel-one">{t('cal.cancelOne')}</Button>}
          {canChange && requestId === null && appointment.series && <Button danger onClick={() => setAsking({ what: 'cancel', scope: 'following' })} data-testid="cancel-following">{t('cal.cancelFollowing')}</Button>}
          {requestId && onRehearse && isToCome(appointment) && <Button onClick={() => onRehearse(requestId, consultId)} data-testid="rehearse">{t('cal.rehearse')}</Button>}
        </div>
        {deliveries && requestId === null && (
          <section>
            <h3>{t('cal.deliveries')}</h3>
            {deliveries(consultId)}
          </section>
        )}
        {canChange && requestId !== null && <p className="hz-small hz-muted">{t('cal.cancelInRequest')}</p>}
      </div>
      {asking && <AskDialog key={asking.what} model={model} appointment={appointment} asking={asking} time={time} t={t} onClose={() => { model.clearError(); setAsking(null); }} />}
    </Drawer>
  );
}

/** What takes something from somebody asks why, and names it. */
function AskDialog({ model, appointment, asking, time, t, onClose }: { readonly model: CalendarModel; readonly appointment: Appointment; readonly asking: Asking; readonly time: string; readonly t: Translate; readonly onClose: () => void }) {
  const { language } = useText();
  const { isWorking, error } = useStore(model.store);
  const [reason, setReason] = useState('');
  const [substituteId, setSubstitute] = useState<string | null>(asking.what === 'substitute' ? (asking.found[0]?.person.id ?? null) : null);
  const name = asking.what === 'substitute' ? appointment.panel.find(({ person }) => person.id === asking.personId)?.person : undefined;
  const needsReason = asking.what !== 'substitute' || appointment.requestId !== null;
  const title = asking.what === 'decline' ? t('cal.declineTitle', { title: appointment.title }) : asking.what === 'cancel' ? t('cal.cancelTitle', { title: appointment.title }) : t('cal.substituteTitle', { name: name ? shortName(name, language) : '' });
  const confirm = asking.what === 'decline' ? t('cal.decline') : asking.what === 'substitute' ? t('cal.substitute') : t(asking.scope === 'one' ? 'cal.cancelOne' : 'cal.cancelFollowing');
  const act = async () => {
    const text = reason.trim();
    if (asking.what === 'decline') return model.answer(appointment.consultId, asking.scope, { answer: 'declined', reason: text });
    if (asking.what === 'cancel') return model.cancel(appointment.consultId, asking.scope, text);
    return substituteId !== null && model.substitute(appointment, personIdSchema.parse(asking.personId), personIdSchema.parse(substituteId), text);
  };
  return (
    <Modal
      open centered title={title} onCancel={onClose}
      footer={
        <div className="hz-row-wrap" style={{ justifyContent: 'flex-end' }}>
          <Button size="large" onClick={onClose}>{t(asking.what === 'cancel' ? 'cal.keep' : 'common.cancel')}</Button>
          <Button size="large" type="primary" danger={asking.what !== 'substitute'} loading={isWorking} disabled={(needsReason && reason.trim() === '') || (asking.what === 'substitute' && substituteId === null)} onClick={() => void act().then((isDone) => (isDone ? onClose() : undefined))} data-testid="ask-confirm">{confirm}</Button>
        </div>
      }
    >
      <div className="hz-column cal-form">
        {asking.what === 'cancel' && <p>{t('cal.cancelText', { time, count: appointment.panel.length })}</p>}
        {asking.what === 'decline' && <p>{t(asking.scope === 'series' ? 'cal.declineSeriesText' : 'cal.declineText')}</p>}
        {asking.what === 'substitute' && asking.found.length === 0 && <p>{t('cal.noSubstitutes')}</p>}
        {asking.what === 'substitute' && asking.found.length > 0 && (
          <label>
            {t('cal.substitute')}
            <Select value={substituteId} onChange={setSubstitute} options={asking.found.map(({ person, load, isWithinHours }) => ({ value: String(person.id), label: `${fullName(person, language)} · ${t('cal.substituteLoad', { count: load })}${isWithinHours ? '' : ` · ${t('cal.outsideHours')}`}` }))} />
          </label>
        )}
        {needsReason && (
          <label>
            {t('sched.reason')}
            <Input value={reason} maxLength={300} onChange={({ target }) => setReason(target.value)} data-testid="ask-reason" />
          </label>
        )}
        {error && <ErrorNotice error={error} />}
      </div>
    </Modal>
  );
}
