import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useStore } from 'zustand';
import type { PanelMember, PlannedSession } from '#shared/domain/consultation/request';
import { personIdSchema } from '#shared/domain/ids';
import type { RequestDetail } from '#shared/protocol/consultation';
import { clockTime, fullName } from '../../i18n/format.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { isOpenStep, partyOf, useRequests } from './requestContext.ts';
import { Section } from './Section.tsx';
import { useTake } from './useTake.ts';

const ANSWERS = { pending: ['caution', <ClockCircleOutlined key="i" />], accepted: ['good', <CheckCircleOutlined key="i" />], declined: ['bad', <CloseCircleOutlined key="i" />] } as const;

/** When, who, where; what the experts answered, and who could come instead of one who declined. */
export function AppointmentSection({ detail, appointment }: { readonly detail: RequestDetail; readonly appointment: PlannedSession }) {
  const { t, language } = useText();
  const { wallMs } = useNow(60_000);
  const nameOf = (id: string) => {
    const party = partyOf(detail, id);
    return party === null ? id : fullName(party, language);
  };
  return (
    <Section title={t('request.section.appointment')} testId="appointment">
      <dl className="rq-facts">
        <dt>{t('appointment.time')}</dt>
        <dd>
          <strong>{clockTime(appointment.startsAtMs, wallMs, language)}</strong> · {t('appointment.durationText', { count: appointment.durationMinutes })}
        </dd>
        <dt>{t('appointment.host')}</dt>
        <dd>{nameOf(appointment.hostPersonId)}</dd>
        {appointment.attendeeIds.length > 0 && (
          <>
            <dt>{t('appointment.attendees')}</dt>
            <dd>{appointment.attendeeIds.map(nameOf).join(t('common.listComma'))}</dd>
          </>
        )}
        {appointment.cartIds.length > 0 && (
          <>
            <dt>{t('appointment.carts')}</dt>
            <dd>{appointment.cartIds.map(nameOf).join(t('common.listComma'))}</dd>
          </>
        )}
      </dl>
      <strong>{t('appointment.panel')}</strong>
      <ul>
        {appointment.panel.map((member) => (
          <Member key={member.personId} member={member} detail={detail} name={nameOf(member.personId)} />
        ))}
      </ul>
    </Section>
  );
}

function Member({ member, detail, name }: { readonly member: PanelMember; readonly detail: RequestDetail; readonly name: string }) {
  const { t, language } = useText();
  const { model } = useRequests();
  const { take, taking, isOff } = useTake();
  const substitutes = useStore(model.store, (s) => (s.substitutes?.personId === member.personId ? s.substitutes : null));
  const [tone, icon] = ANSWERS[member.answer];
  return (
    <li data-testid={`panel-${member.personId}`}>
      <div className="rq-person">
        <span className="hz-grow">{name}</span>
        <Chip tone={tone} icon={icon}>{t(`appointment.answer.${member.answer}`)}</Chip>
        {isOpenStep(detail, 'substitute') && (
          <Button size="small" type={member.answer === 'declined' ? 'primary' : 'default'} disabled={isOff} aria-label={t('appointment.findSubstituteNamed', { name })} onClick={() => model.findSubstitutes(member.personId)} data-testid={`substitute-${member.personId}`}>
            {t('appointment.findSubstitute')}
          </Button>
        )}
      </div>
      {member.reason !== '' && <p className="rq-note">{member.reason}</p>}
      {substitutes && (
        <div className="rq-note" data-testid="substitutes">
          <div className="hz-row">
            <strong className="hz-grow">{t('appointment.substitutes', { name })}</strong>
            <Button size="small" onClick={model.closeSubstitutes}>{t('common.close')}</Button>
          </div>
          {substitutes.people === null && <p role="status">{t('appointment.searching')}</p>}
          {substitutes.people?.length === 0 && <p>{t('appointment.noSubstitutes')}</p>}
          {substitutes.people?.map(({ person, load, isWithinHours }) => (
            <div key={person.id} className="rq-person">
              <span className="hz-grow">
                {fullName(person, language)} <span className="hz-muted hz-small">{t('appointment.load', { count: load })}</span>
              </span>
              {!isWithinHours && <Chip tone="caution" icon={<ClockCircleOutlined />}>{t('appointment.outsideHours')}</Chip>}
              {person.kind === 'person' && (
                <Button
                  size="small"
                  type="primary"
                  disabled={isOff}
                  loading={taking === 'substitute'}
                  aria-label={t('appointment.chooseNamed', { name: fullName(person, language) })}
                  onClick={() => void take({ type: 'substitute', personId: member.personId, byPersonId: personIdSchema.parse(person.id), reason: member.reason.trim() || t('appointment.substituteReason', { name }) }).then((isTaken) => (isTaken ? model.closeSubstitutes() : undefined))}
                  data-testid={`choose-${person.id}`}
                >
                  {t('appointment.choose')}
                </Button>
              )}
            </div>
          ))}
        </div>
      )}
    </li>
  );
}

/** The reader's own invitation. */
export function OwnAnswer({ detail }: { readonly detail: RequestDetail }) {
  const { t } = useText();
  const { self } = useRequests();
  const { take, taking, isOff } = useTake();
  const [reason, setReason] = useState<string | null>(null);
  const [isAsked, setAsked] = useState(false);
  const member = detail.request.appointment?.panel.find(({ personId }) => personId === self.id);
  if (!member || !isOpenStep(detail, 'answer')) return null;
  const decline = () => {
    setAsked(true);
    if ((reason ?? '').trim() !== '') void take({ type: 'answer', answer: 'declined', reason: (reason ?? '').trim() });
  };
  return (
    <div className="rq-note rq-fields rq-invitation" data-testid="own-answer">
      <div className="rq-person">
        <strong className="hz-grow">{t('appointment.you')}</strong>
        {member.answer !== 'accepted' && (
          <Button type="primary" disabled={isOff} loading={taking === 'answer'} onClick={() => void take({ type: 'answer', answer: 'accepted', reason: '' })} data-testid="answer-accept">
            {t('appointment.accept')}
          </Button>
        )}
        {reason === null && (
          <Button danger disabled={isOff} onClick={() => setReason('')} data-testid="answer-decline">
            {t('appointment.decline')}
          </Button>
        )}
      </div>
      {reason !== null && (
        <div className="rq-line">
          <Input className="rq-wide" autoFocus aria-label={t('reason.label')} placeholder={t('reason.label')} value={reason} onChange={(event) => setReason(event.target.value)} onPressEnter={decline} maxLength={300} status={isAsked && reason.trim() === '' ? 'error' : ''} data-testid="decline-reason" />
          <Button danger type="primary" disabled={isOff} onClick={decline} data-testid="decline-confirm">{t('appointment.decline')}</Button>
          <Button onClick={() => setReason(null)}>{t('common.cancel')}</Button>
        </div>
      )}
      {isAsked && reason !== null && reason.trim() === '' && <p className="rq-problem" role="alert">{t('reason.required')}</p>}
    </div>
  );
}
